import { describe, expect, it } from 'vitest';
import { pageMarkdown } from '../../../src/export/markdown.js';
import type { Block } from '../../../src/schema/document.js';
import { block, cell, documentMarkdown, line, page } from './page.js';

const markdown = (...blocks: Block[]) => pageMarkdown(page(blocks));

describe('headings', () => {
  it('a title is level 1 and a heading level 2 unless the block says otherwise', () => {
    const blocks = [
      block('title', ['Report']),
      block('heading', ['Scope']),
      block('heading', ['Details'], { level: 3 }),
    ];
    expect(markdown(...blocks)).toBe('# Report\n\n## Scope\n\n### Details');
  });

  it('a heading over two lines is one line', () => {
    expect(markdown(block('heading', ['The quick', 'brown fox']))).toBe('## The quick brown fox');
  });

  it('a heading sheds its bullet', () => {
    expect(markdown(block('heading', ['• Human factors']))).toBe('## Human factors');
  });
});

describe('paragraphs', () => {
  it('wrapped lines are joined', () => {
    expect(markdown(block('text', ['The contract begins on the', 'first of May.']))).toBe(
      'The contract begins on the first of May.',
    );
  });

  it('a hyphen that only broke a word goes', () => {
    expect(markdown(block('text', ['It was an inter-', 'national fair.']))).toBe('It was an international fair.');
  });

  it('a hyphen stays where the hyphenated word stands elsewhere', () => {
    const blocks = [block('text', ['It is well-known.']), block('text', ['A truly well-', 'known man.'])];
    expect(markdown(...blocks)).toBe('It is well-known.\n\nA truly well-known man.');
  });

  it('a hyphen stays before a capital, before a digit and in a word that has another', () => {
    expect(markdown(block('text', ['The Smith-', 'Jones case']))).toBe('The Smith-Jones case');
    expect(markdown(block('text', ['the years 2010-', '2015 and on']))).toBe('the years 2010-2015 and on');
    expect(markdown(block('text', ['a state-of-the-', 'art device']))).toBe('a state-of-the-art device');
  });

  it('a hyphen stays between two words of the document, unless they make one word', () => {
    const words = block('text', ['Every parent reported that the words stand under it.']);
    expect(markdown(words, block('text', ['The parent-', 'reported data.']))).toContain('The parent-reported data.');
    expect(markdown(words, block('text', ['They under-', 'stand it.']))).toContain('They understand it.');
  });

  it('an address in the web loses no hyphen and gains no space', () => {
    expect(markdown(block('text', ['See https://example.org/a-', 'b/c.html']))).toBe(
      'See https://example.org/a-b/c.html',
    );
  });

  it('Chinese and Japanese lines are joined without a space, Korean ones with it', () => {
    expect(markdown(block('text', ['这是第一行文字，', '这是第二行。']))).toBe('这是第一行文字，这是第二行。');
    expect(markdown(block('text', ['これは一行目の', '文です']))).toBe('これは一行目の文です');
    expect(markdown(block('text', ['안녕하세요 여러', '분 반갑습니다']))).toBe('안녕하세요 여러 분 반갑습니다');
  });

  it('lines the author broke are kept', () => {
    const address = ['Acme Corporation International', 'Main St 5', 'Springfield', 'USA'];
    expect(markdown(block('text', address))).toBe(address.join('  \n'));
  });

  it('a gap parts paragraphs, and a run of wrapped lines is joined among lines that are kept', () => {
    const note = [
      'This message is meant only for the one to',
      'whom it is addressed and it may hold what',
      'is privileged.',
    ];
    const texts = ['FAX', 'To: George', 'From: June', 'Pages: 3', 'Date: today', ...note, 'Thank you'];
    const lines = texts.map((text, index) => line(text, 0, index * 30 + (index > 0 ? 40 : 0)));
    expect(markdown(block('text', [], { lines }))).toBe(
      ['FAX\n\n**To:** George', '**From:** June', '**Pages:** 3', '**Date:** today', note.join(' '), 'Thank you'].join(
        '  \n',
      ),
    );
  });

  it('rows whose parts stand apart are kept, though all of them end at the same edge', () => {
    const lines = [line('2 Rye bread', 0, 0), line('7.80', 300, 0), line('1 Plum cake', 0, 30), line('4.25', 300, 30)];
    expect(markdown(block('text', [], { lines }))).toBe('2 Rye bread 7.80  \n1 Plum cake 4.25');
  });

  it('labelled lines of a form are kept on lines of their own, with bold labels', () => {
    expect(markdown(block('text', ['Name: John Smith', 'Date: 2024-01-15']))).toBe(
      '**Name:** John Smith  \n**Date:** 2024-01-15',
    );
    expect(markdown(block('text', ['Name:', 'Date:']))).toBe('**Name:**  \n**Date:**');
    expect(markdown(block('form_field', ['Invoice', 'Total due']))).toBe('Invoice  \nTotal due');
  });

  it('a label and its value beside it are one line', () => {
    const lines = [line('Name:', 0, 0), line('John', 300, 2), line('City:', 0, 30), line('Rome', 300, 31)];
    expect(markdown(block('form_field', [], { lines }))).toBe('**Name:** John  \n**City:** Rome');
  });

  it('a label needs no space behind it, a time and an address have none', () => {
    expect(markdown(block('text', ['Fax:(336) 335-7392', '日期：5月', 'Tel:1234']))).toBe(
      '**Fax:** (336) 335-7392  \n**日期：** 5月  \n**Tel:** 1234',
    );
    expect(markdown(block('text', ['Open 9:30']))).toBe('Open 9:30');
    expect(markdown(block('text', ['See Http://a.b']))).toBe('See Http://a.b');
  });

  it('an index does not part a row of running text', () => {
    const low = (text: string, left: number, top: number) => ({
      ...line(text, left, top),
      quad: line(text, left, top).quad.map(({ x, y }) => ({ x, y: y === top ? top + 10 : y })),
    });
    const lines = [
      line('The value of x', 0, 0),
      low('1', 140, 0),
      line('is', 170, 0),
      line('known to be very large.', 0, 30),
    ];
    expect(markdown(block('text', [], { lines }))).toBe('The value of x 1 is known to be very large.');
  });

  it('a short labelled line by itself is one of a form, a sentence behind a colon is none', () => {
    expect(markdown(block('text', ['Date: 2024-01-15']))).toBe('**Date:** 2024-01-15');
    expect(markdown(block('text', ['Note: bring your own cup.']))).toBe('Note: bring your own cup.');
  });

  it('a short last line ends a paragraph inside a block of prose', () => {
    const texts = [
      'The first paragraph goes on over',
      'the whole width of its column,',
      'and ends.',
      'The second one does the same on',
      'the lines that come below it, as',
      'a careful reader would expect it.',
    ];
    expect(markdown(block('text', texts))).toBe(
      'The first paragraph goes on over the whole width of its column, and ends.\n\n' +
        'The second one does the same on the lines that come below it, as a careful reader would expect it.',
    );
  });

  it('an indented line begins a paragraph', () => {
    const texts = [
      'The first paragraph goes on over',
      'the whole width of the column it',
      'fills up to the very end of it..',
      '   The second one is indented by',
      'three characters and goes on for',
      'a while.',
    ];
    expect(markdown(block('text', texts))).toBe(
      'The first paragraph goes on over the whole width of the column it fills up to the very end of it..\n\n' +
        'The second one is indented by three characters and goes on for a while.',
    );
  });

  it('a sentence cut by the end of a column or page goes on', () => {
    const first = block('text', ['The sentence which is cut by the page', 'goes on as it was written by an inter-']);
    const second = block('text', ['national reader sees', 'no seam.']);
    expect(documentMarkdown([page([first]), page([second])])).toBe(
      'The sentence which is cut by the page goes on as it was written by an international reader sees no seam.',
    );
  });
});

describe('lists', () => {
  it('bullets of every shape become dashes', () => {
    expect(markdown(block('list', ['• one', '– two', '▪three', '\uf0b7 four']))).toBe('- one\n- two\n- three\n- four');
  });

  it('numbers stay as they are printed', () => {
    expect(markdown(block('list', ['3. one', '4. two']))).toBe('3. one\n4. two');
    expect(markdown(block('list', ['(a) one', '(b) two']))).toBe('- (a) one\n- (b) two');
  });

  it('full-width numbers are numbers, and other marks of Chinese stay without a space', () => {
    expect(markdown(block('text', ['1．苹果', '2．梨']))).toBe('1. 苹果\n2. 梨');
    expect(markdown(block('text', ['9）苹果', '10）梨']))).toBe('9) 苹果\n10) 梨');
    expect(markdown(block('text', ['1、苹果', '2、梨']))).toBe('- 1、苹果\n- 2、梨');
    expect(markdown(block('text', ['（九）苹果', '（十）梨', '（十一）桃']))).toBe(
      '- （九）苹果\n- （十）梨\n- （十一）桃',
    );
    expect(markdown(block('text', ['①苹果', '② 梨']))).toBe('- ①苹果\n- ②梨');
    expect(markdown(block('text', ['二十、苹果', '二十一、梨']))).toBe('- 二十、苹果\n- 二十一、梨');
    expect(markdown(block('text', ['(1)苹果', '(2) 梨']))).toBe('- (1)苹果\n- (2)梨');
  });

  it('marks of Chinese begin no items where they do not count up', () => {
    expect(markdown(block('text', ['（一）苹果', '（三）梨']))).toBe('（一）苹果（三）梨');
    expect(markdown(block('text', ['(1) an apple', '(2) a pear']))).toBe('(1) an apple (2) a pear');
  });

  it('a hanging line goes on with its item', () => {
    expect(markdown(block('list', ['• one and', '  more of it', '• two']))).toBe('- one and more of it\n- two');
  });

  it('an indented item is nested', () => {
    expect(markdown(block('list', ['1. one', '   • inner', '   • next', '2. two']))).toBe(
      '1. one\n   - inner\n   - next\n2. two',
    );
  });

  it('bullets make a list of a text block, and the line before them stays a paragraph', () => {
    expect(markdown(block('text', ['Bring:', '• bread', '• wine']))).toBe('Bring:\n\n- bread\n- wine');
  });

  it('of Hebrew is read from the right: marks, what is beside them, and indents', () => {
    const rows = [
      line('1.', 880, 100),
      line('שורה ראשונה של הטקסט', 660, 100),
      line('וסופה', 810, 130),
      line('2.', 880, 160),
      line('שורה שנייה', 760, 160),
    ];
    expect(markdown(block('list', [], { lines: rows }))).toBe('1. שורה ראשונה של הטקסט וסופה\n2. שורה שנייה');
  });

  it('initials of names begin no items, letters that count up do', () => {
    expect(markdown(block('list', ['[39] S. R. Joshi, B. Saboo, A. Mithal,', 'U. Kaul and others']))).toBe(
      '- [39] S. R. Joshi, B. Saboo, A. Mithal, U. Kaul and others',
    );
    expect(markdown(block('list', ['A. one', 'B. two']))).toBe('- A. one\n- B. two');
    expect(markdown(block('list', ['I. one', 'II. two', 'V. five']))).toBe('- I. one\n- II. two\n- V. five');
  });

  it('items the layout found one by one are one tight list', () => {
    expect(markdown(block('list', ['• one']), block('list', ['• two']))).toBe('- one\n- two');
  });

  it('lines of a list without marks are items', () => {
    expect(markdown(block('list', ['apples and some more of them', 'pears', 'plums']))).toBe(
      '- apples and some more of them\n- pears\n- plums',
    );
  });

  it('two boxes to tick side by side are no items', () => {
    expect(markdown(block('text', ['□ Yes □ No']))).toBe('□ Yes □ No');
  });

  it('boxes to tick below each other are a task list', () => {
    expect(markdown(block('text', ['☐ Single', '☑ Married']))).toBe('- [ ] Single\n- [x] Married');
  });
});

describe('notes', () => {
  const text = (words: string) => block('text', [words]);
  const foot = (words: string) => block('footnote', [words], { rect: { x: 0, y: 1800, width: 0, height: 0 } });

  const tied = (...blocks: Block[]) => documentMarkdown([page(blocks)]);

  it('a page by itself keeps marks and notes as they are printed', () => {
    expect(markdown(text('As shown before¹.'), foot('1 See above.'))).toBe('As shown before¹.\n\n1 See above.');
  });

  it('a note whose number stands once in the text, raised or right behind a word, is tied to it', () => {
    expect(tied(text('As shown before¹ and elsewhere.2'), foot('1 See above.'), foot('2 See below.'))).toBe(
      'As shown before[^1] and elsewhere.[^2]\n\n[^1]: See above.\n\n[^2]: See below.',
    );
  });

  it('a note stays text where its mark is not found, or more than once', () => {
    expect(tied(text('In 1999 there were 3 of them.'), foot('3 See above.'))).toBe(
      'In 1999 there were 3 of them.\n\n3 See above.',
    );
    expect(tied(text('One¹ and two¹ marks.'), foot('1 See above.'))).toBe('One¹ and two¹ marks.\n\n1 See above.');
  });

  it('a number that an earlier page had is told apart by its page', () => {
    const pages = [0, 1].map((pageIndex) =>
      page(
        [
          block('text', [`A ${'very '.repeat(pageIndex)}long word¹ here.`]),
          foot(`1 Note ${'*'.repeat(pageIndex + 1)}.`),
        ],
        { pageIndex },
      ),
    );
    expect(documentMarkdown(pages)).toBe(
      'A long word[^1] here.\n\n[^1]: Note *.\n\nA very long word[^2-1] here.\n\n[^2-1]: Note \\*\\*.',
    );
  });
});

describe('tables', () => {
  it('a table without spans is a pipe table, with its pipes escaped', () => {
    const cells = [cell(0, 0, 'Name'), cell(0, 1, 'Price'), cell(1, 0, 'A|B'), cell(1, 1, '10\n€')];
    expect(markdown(block('table', [], { table: { rows: 2, columns: 2, cells } }))).toBe(
      '| Name | Price |\n| --- | --- |\n| A\\|B | 10 € |',
    );
  });

  it('a table with spans is HTML', () => {
    const cells = [cell(0, 0, 'A & B', { columnSpan: 2, header: true }), cell(1, 0, '1'), cell(1, 1, '2')];
    expect(markdown(block('table', [], { table: { rows: 2, columns: 2, cells } }))).toBe(
      '<table>\n<tr><th colspan="2">A &amp; B</th></tr>\n<tr><td>1</td><td>2</td></tr>\n</table>',
    );
  });

  it('rows and columns in which nothing was read are left out', () => {
    const cells = [
      cell(0, 0, 'Name'),
      cell(0, 1, ''),
      cell(0, 2, 'Sum'),
      cell(1, 0, ''),
      cell(1, 1, ''),
      cell(2, 0, 'A'),
    ];
    expect(markdown(block('table', [], { table: { rows: 3, columns: 3, cells } }))).toBe(
      '| Name | Sum |\n| --- | --- |\n| A |  |',
    );
    const spanning = [cell(0, 0, 'A', { rowSpan: 3 }), cell(0, 1, 'x'), cell(1, 1, ''), cell(2, 1, 'y')];
    expect(markdown(block('table', [], { table: { rows: 3, columns: 2, cells: spanning } }))).toBe(
      '<table>\n<tr><td rowspan="2">A</td><td>x</td></tr>\n<tr><td>y</td></tr>\n</table>',
    );
  });

  it('a table whose structure is not known keeps its rows', () => {
    const lines = [line('Bread', 0, 0), line('2.50', 200, 0), line('Wine', 0, 30), line('8.00', 200, 30)];
    expect(markdown(block('table', [], { lines }))).toBe('Bread 2.50  \nWine 8.00');
  });
});

describe('page furniture', () => {
  it('running headers and footers are left out', () => {
    const blocks = [block('header', ['ACME 2024']), block('text', ['Body.']), block('footer', ['Page 3'])];
    expect(markdown(...blocks)).toBe('Body.');
  });

  it('a page that has nothing else keeps them', () => {
    expect(markdown(block('header', ['ACME 2024']))).toBe('ACME 2024');
  });

  it('a figure without text leaves nothing', () => {
    expect(markdown(block('figure', []), block('caption', ['Figure 1: a', 'map']))).toBe('Figure 1: a map');
  });
});
