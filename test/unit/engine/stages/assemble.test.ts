import { describe, expect, it } from 'vitest';
import { REGION_TYPES, type Region } from '../../../../src/engine/stages/layout.js';
import type { StyledLine } from '../../../../src/engine/stages/line-box.js';
import { assemble, line, outline, paragraph, quadOf } from './page-of-lines.js';

const left = ['left one goes on and', 'left two goes on and', 'left three ends here'];
const right = ['right one goes on and', 'right two goes on and', 'right three ends here'];

function styled(each: StyledLine, fontSizePx: number, bold = false): StyledLine {
  return { ...each, style: { fontSizePx, bold, italic: false } };
}

describe('reading order of blocks', () => {
  it('a title over two columns is read first, then the left column, then the right', () => {
    const page = assemble([
      ...paragraph(right, 520, 200, 400),
      line('A title over both of the columns', 80, 100, 840, 40),
      ...paragraph(left, 80, 200, 400),
    ]);
    expect(outline(page)).toEqual([
      'title: A title over both of the columns',
      `text: ${left.join(' ')}`,
      `text: ${right.join(' ')}`,
    ]);
  });

  it('columns whose lines do not stand level are read one after the other', () => {
    const page = assemble([...paragraph(left, 80, 200, 400), ...paragraph(right, 520, 212, 400)]);
    expect(outline(page)).toEqual([`text: ${left.join(' ')}`, `text: ${right.join(' ')}`]);
  });

  it('a figure that bridges the gutter divides what is above it from what is below', () => {
    const figure: Region = { type: 'figure', rect: { x: 80, y: 400, width: 840, height: 200 }, score: 0.9 };
    const page = assemble(
      [
        ...paragraph(left, 80, 200, 400),
        ...paragraph(right, 520, 200, 400),
        ...paragraph(['below left one and', 'below left two'], 80, 700, 400),
        ...paragraph(['below right one and', 'below right two'], 520, 700, 400),
      ],
      [figure],
    );
    expect(outline(page)).toEqual([
      `text: ${left.join(' ')}`,
      `text: ${right.join(' ')}`,
      'figure: ',
      'text: below left one and below left two',
      'text: below right one and below right two',
    ]);
    expect(page.blocks[2]?.rect).toEqual(figure.rect);
  });

  it.each([
    ['Hebrew', 'שורה ראשונה של הטקסט'],
    ['Arabic', 'السطر الأول من النص'],
  ])('columns of a page of %s are read from right to left, and so are the pieces of a row', (_, text) => {
    const page = assemble([
      ...paragraph([`${text} 1`, `${text} 2`, `${text} 3`], 80, 200, 400),
      ...paragraph([`${text} 4`, `${text} 5`, `${text} 6`], 520, 200, 400),
      line(`${text} 7`, 80, 400, 400),
      line('1.', 880, 400, 40),
      line('2.', 880, 440, 40),
      line(`${text} 8`, 480, 440, 380),
    ]);
    expect(
      page.blocks.flatMap((block) =>
        block.lines.map((each) => (each.text.at(-1) === '.' ? each.text : each.text.at(-1))),
      ),
    ).toEqual(['4', '5', '6', '1', '2', '3', '1.', '7', '2.', '8']);
    expect(page.blocks[0]?.rect).toEqual({ x: 520, y: 200, width: 400, height: 80 });
  });

  it('a paragraph of Arabic ends where its last line was left, at the left', () => {
    const text = 'السطر الأول من النص';
    const page = assemble([
      line(text, 80, 200, 840),
      line(`${text}.`, 620, 230, 300),
      line(text, 80, 260, 840),
      line(`${text}.`, 320, 290, 600),
    ]);
    expect(page.blocks.map((block) => block.lines.length)).toEqual([2, 2]);
  });

  it('labels and amounts of a receipt are read row by row', () => {
    const page = assemble([
      line('12.00', 700, 200),
      line('Bread', 100, 200),
      line('3.50', 700, 240),
      line('Milk', 100, 240),
      line('15.50', 700, 280),
      line('Total', 100, 280),
    ]);
    expect(page.blocks.flatMap((block) => block.lines.map((each) => each.text))).toEqual([
      'Bread',
      '12.00',
      'Milk',
      '3.50',
      'Total',
      '15.50',
    ]);
  });

  it('a skewed page is ordered in the frame of its own lines', () => {
    const slope = Math.tan((2 * Math.PI) / 180);
    const skew = (each: StyledLine): StyledLine => ({
      ...each,
      quad: each.quad.map(({ x, y }) => ({ x, y: y + x * slope })),
    });
    const page = assemble([...paragraph(right, 520, 200, 400), ...paragraph(left, 80, 200, 400)].map(skew));
    expect(outline(page)).toEqual([`text: ${left.join(' ')}`, `text: ${right.join(' ')}`]);
  });
});

describe('types of blocks', () => {
  it('marked lines are list items, and a line that hangs under one goes with it', () => {
    const page = assemble([
      line('The following was agreed upon by all of the parties who were present:', 80, 200, 800),
      line('• the first item goes on to the end of the line and then some more', 80, 230, 800),
      line('and hangs below.', 100, 260, 200),
      line('• the second item.', 80, 290, 220),
    ]);
    expect(outline(page)).toEqual([
      'text: The following was agreed upon by all of the parties who were present:',
      'list: • the first item goes on to the end of the line and then some more and hangs below.',
      'list: • the second item.',
    ]);
  });

  it('a running head and a page number are no part of the text', () => {
    const body = Array.from({ length: 12 }, (_, i) => `line ${i} of the text goes on and`);
    const page = assemble([line('Annual report', 80, 40), ...paragraph(body, 80, 200, 840), line('17', 490, 1340)]);
    expect(outline(page)).toEqual(['header: Annual report', `text: ${body.join(' ')}`, 'footer: 17']);
  });

  it('the first line of a page that begins with running text is no running head', () => {
    const body = Array.from({ length: 14 }, (_, i) => `line ${i} of the text goes on and`);
    const page = assemble(paragraph(body, 80, 40, 840));
    expect(outline(page)).toEqual([`text: ${body.join(' ')}`]);
  });

  it('headings of a text layer get levels by font size, below the title', () => {
    const text = (y: number) =>
      paragraph(['some text goes on and', 'on to its very end.'], 80, y, 840).map((each) => styled(each, 16));
    const page = assemble([
      styled(line('The title', 80, 100, 300, 40), 32),
      ...text(160),
      styled(line('A chapter', 80, 260, 200, 28), 24),
      ...text(300),
      styled(line('A section', 80, 400, 120, 24), 20),
      ...text(440),
      styled(line('Another chapter', 80, 540, 200, 28), 24),
      ...text(580),
    ]);
    const headings = page.blocks.filter((block) => block.level !== undefined);
    expect(headings.map((block) => [block.type, block.level, block.lines[0]?.text])).toEqual([
      ['title', 1, 'The title'],
      ['heading', 2, 'A chapter'],
      ['heading', 3, 'A section'],
      ['heading', 2, 'Another chapter'],
    ]);
  });

  it('a bold line of the text size is a heading, and keeps its style out of the result', () => {
    const page = assemble([
      styled(line('Liability', 80, 100), 16, true),
      ...paragraph(['some text goes on and', 'on to its very end.'], 80, 130, 840).map((each) => styled(each, 16)),
    ]);
    expect(outline(page)).toEqual(['heading: Liability', 'text: some text goes on and on to its very end.']);
    expect(Object.keys(page.blocks[0]?.lines[0] ?? {})).toEqual(['text', 'quad', 'confidence', 'source']);
  });

  it('pieces of a running head that stand apart are blocks of their own, its rows under each other are one', () => {
    const body = Array.from({ length: 12 }, (_, i) => `line ${i} of the text goes on and`);
    const page = assemble([
      line('Annual report', 80, 30),
      line('Notes', 80, 55),
      line('Part IV', 840, 30),
      ...paragraph(body, 80, 200, 840),
      line('Chapter 3', 80, 1340),
      line('17', 190, 1340),
    ]);
    expect(outline(page)).toEqual([
      'header: Annual report Notes',
      'header: Part IV',
      `text: ${body.join(' ')}`,
      'footer: Chapter 3 17',
    ]);
  });

  it('a running head further in is one by the number of the page at its end', () => {
    const body = Array.from({ length: 12 }, (_, i) => `line ${i} of the text goes on and`);
    const withHead = (number: string) =>
      outline(
        assemble([line('Education bulletin', 80, 150), line(number, 840, 150), ...paragraph(body, 80, 220, 840)]),
      );
    expect(withHead('74')).toEqual(['header: Education bulletin', 'header: 74', `text: ${body.join(' ')}`]);
    expect(withHead('Trenton')[0]).toMatch(/^text: Education bulletin Trenton/);
  });

  it('marked type at both edges of the text, close above it, is a running head; plain type is not', () => {
    const body = Array.from({ length: 12 }, (_, i) =>
      styled(line(`line ${i} of the text goes on and`, 80, 86 + 38 * i, 840), 16),
    );
    const withHead = (bold: boolean) =>
      outline(
        assemble([styled(line('Journal', 80, 40), 16, bold), styled(line('Vol. 3', 860, 40), 16, bold), ...body]),
      );
    expect(withHead(true).slice(0, 2)).toEqual(['header: Journal', 'header: Vol. 3']);
    expect(withHead(false)[0]).toMatch(/^text: Journal Vol. 3/);
  });

  it('a row of smaller type close above the text is a running head', () => {
    const body = Array.from({ length: 12 }, (_, i) => `line ${i} of the text goes on and`);
    const page = assemble([
      styled(line('Official gazette', 80, 8, 160, 12), 12),
      ...paragraph(body, 80, 30, 840).map((each) => styled(each, 16)),
    ]);
    expect(outline(page)).toEqual(['header: Official gazette', `text: ${body.join(' ')}`]);
  });

  it('a page number alone under the text is a footer even where the page was cropped', () => {
    const body = Array.from({ length: 12 }, (_, i) => `line ${i} of the text goes on and`);
    const page = assemble([...paragraph(body, 80, 700, 840), line('14', 490, 1230)]);
    expect(outline(page)).toEqual([`text: ${body.join(' ')}`, 'footer: 14']);
  });

  it('words set bold within a sentence do not part it', () => {
    const page = assemble([
      styled(line('Open the pool. Click Pools and then Actions on the panel that comes up', 80, 100, 840), 16),
      styled(line('Customize Columns, which shows the state of the encryption of each, as', 80, 130, 840), 16, true),
      styled(line('shown below.', 80, 160, 120), 16),
    ]);
    expect(page.blocks.map((block) => block.type)).toEqual(['text']);
  });

  it('a term that is set bold at the start of a paragraph is no column beside it', () => {
    const term = styled(line('generic.', 80, 100, 80), 16, true);
    const rest = styled(line('Relating to a group', 166, 100, 754), 16);
    const page = assemble([term, rest, styled(line('or class.', 80, 130, 90), 16)]);
    expect(outline(page)).toEqual(['text: generic. Relating to a group or class.']);
  });

  it.each([
    ['a number and a name alone between paragraphs', 'II. Lattice actions'],
    ['capitals alone between paragraphs', 'NUMERICAL RESULTS'],
  ])('%s are a heading', (_, text) => {
    const prose = ['some text goes on and on and', 'on to its very end.'];
    const page = assemble(
      [...paragraph(prose, 80, 100, 840), line(text, 400, 200, 200), ...paragraph(prose, 80, 270, 840)].map((each) =>
        styled(each, 16),
      ),
    );
    expect(page.blocks.map((block) => block.type)).toEqual(['text', 'heading', 'text']);
  });

  it('an address of the web is no heading, however large', () => {
    const prose = paragraph(['some text goes on and on and', 'on to its very end.'], 80, 100, 840);
    const page = assemble([
      ...prose.map((each) => styled(each, 16)),
      styled(line('www.example.org', 80, 300, 300, 40), 32),
    ]);
    expect(page.blocks.map((block) => block.type)).toEqual(['text', 'text']);
  });

  it('items whose bullets a symbol font writes as a letter are items', () => {
    const page = assemble([
      line('You can select any of the following options:', 80, 200, 440),
      line('v Creating a file', 80, 230),
      line('v Copying a file', 80, 260),
      line('v Deleting a file', 80, 290),
    ]);
    expect(outline(page)).toEqual([
      'text: You can select any of the following options:',
      'list: v Creating a file',
      'list: v Copying a file',
      'list: v Deleting a file',
    ]);
  });

  it('a label with its value under another is a form field, and its value may go on', () => {
    const page = assemble([
      line('Company Name: The Research', 80, 200),
      line('Institute', 80, 230),
      line('Employees: 2,101', 80, 260),
      line('Established: March 2, 1948', 80, 290),
    ]);
    expect(outline(page)).toEqual([
      'form_field: Company Name: The Research Institute',
      'form_field: Employees: 2,101',
      'form_field: Established: March 2, 1948',
    ]);
  });

  it('labels and values in columns are form fields, each label with what follows up to the next', () => {
    const page = assemble([
      line('CASE NAME:', 80, 200),
      line('Seller against Buyer', 300, 200),
      line('COURT:', 80, 230),
      line('Superior Court', 300, 230),
      line('of the county', 300, 260),
      line('FILED:', 80, 290),
      line('August 3', 300, 290),
    ]);
    expect(outline(page)).toEqual([
      'form_field: CASE NAME: Seller against Buyer',
      'form_field: COURT: Superior Court of the county',
      'form_field: FILED: August 3',
    ]);
  });

  it('a label alone is a form field on a page of labels, and text elsewhere', () => {
    const labels = ['NAME:', 'STREET:', 'CITY:', 'COUNTRY:'].map((text, i) => line(text, 80, 200 + 150 * i));
    expect(assemble(labels).blocks.map(({ type }) => type)).toEqual(Array(4).fill('form_field'));
    expect(assemble(labels.slice(0, 2)).blocks.map(({ type }) => type)).toEqual(['text', 'text']);
  });

  it('an office under a name is no heading, though the model saw a title', () => {
    const prose = paragraph(['some text goes on and on and', 'on to its very end.'], 80, 100, 840);
    const title: Region = { type: 'title', rect: { x: 590, y: 285, width: 200, height: 30 }, score: 0.8 };
    const page = assemble([...prose, line('J. Doe', 600, 260), line('Treasurer', 600, 290)], [title]);
    expect(page.blocks.map(({ type }) => type)).toEqual(['text', 'text', 'text']);
    const alone = assemble([...prose, line('Treasurer', 600, 290)], [title]);
    expect(alone.blocks.map(({ type }) => type)).toEqual(['text', 'heading']);
  });

  it('a section of a Chinese text is told by its number', () => {
    const page = assemble([
      line('一、识字与写字', 80, 200, 140),
      line('在古代中国，书写是一门艺术，它需要多年的练习才能掌握并且流传下来的作品', 80, 230, 840),
      line('很少。', 80, 260, 60),
      line('二、体会描写', 80, 290, 120),
      line('读一读下面的句子。', 80, 320, 180),
    ]);
    expect(page.blocks.map(({ type }) => type)).toEqual(['heading', 'text', 'heading', 'text']);
  });

  it.each([
    ['1．', '2．'],
    ['1、', '2、'],
    ['1.', '2.'],
    ['（一）', '（二）'],
    ['①', '②'],
    ['⑴', '⑵'],
  ])('%s and %s mark the items of a list, with a line below each', (one, two) => {
    const page = assemble([
      line('请在考试以前仔细检查下面的每一个项目并且签名：', 80, 200, 600),
      line(`${one}认真阅读所有的说明，然后在答题纸上写下你的姓名、班级和准考证号码，字迹要清楚并且`, 80, 230, 840),
      line('工整。', 100, 260, 60),
      line(`${two}检查试卷。`, 80, 290, 140),
    ]);
    expect(page.blocks.map((block) => [block.type, block.lines.length])).toEqual([
      ['text', 1],
      ['list', 2],
      ['list', 1],
    ]);
  });

  it('items with numbers are references where the model saw such, those with bullets are a list all the same', () => {
    const region: Region = { type: 'reference', rect: { x: 70, y: 190, width: 860, height: 80 }, score: 0.9 };
    const typesOf = (marks: readonly string[]) =>
      assemble(
        marks.map((mark, i) => line(`${mark} the first words of it`, 80, 200 + 30 * i)),
        [region],
      ).blocks.map(({ type }) => type);
    expect(typesOf(['[1]', '[2]'])).toEqual(['reference', 'reference']);
    expect(typesOf(['•', '•'])).toEqual(['list', 'list']);
  });

  it('numbers of paragraphs in brackets are items of their own', () => {
    const page = assemble([
      line('【００１６】', 80, 200, 120),
      line('無機アルカリ化合物として、水酸化カリウムと炭酸カリウムを配合する場合、研磨用組', 80, 230, 840),
      line('成物の割合が好ましい。', 80, 260, 220),
      line('【００１７】', 80, 290, 120),
      line('砥粒としては、この分野で常用されるものを使用できる。', 80, 320, 520),
    ]);
    expect(page.blocks.map((block) => block.type)).toEqual(['list', 'text', 'list', 'text']);
  });

  it('an indented line after a finished one begins a paragraph', () => {
    const page = assemble([
      line('The first paragraph runs over the whole of the column and', 80, 200, 800),
      line('ends here.', 80, 230, 120),
      line('The second begins with an indent and runs over it all', 120, 260, 760),
      line('too.', 80, 290, 50),
    ]);
    expect(outline(page)).toEqual([
      'text: The first paragraph runs over the whole of the column and ends here.',
      'text: The second begins with an indent and runs over it all too.',
    ]);
  });

  it('three rows of three level cells are a table, read row by row', () => {
    const rows = ['a', 'b', 'c'].flatMap((row, i) =>
      [1, 2, 3].map((column) => line(`${row}${column}`, 100 + 250 * column, 200 + 40 * i, 40)),
    );
    expect(outline(assemble(rows))).toEqual(['table: a1 a2 a3 b1 b2 b3 c1 c2 c3']);
  });

  it('a table of the model takes the lines inside it, in row order', () => {
    const table: Region = { type: 'table', rect: { x: 90, y: 190, width: 500, height: 80 }, score: 0.8 };
    const page = assemble(
      [line('d', 300, 240), line('b', 300, 200), line('c', 100, 240), line('a', 100, 200), line('After it.', 90, 400)],
      [table],
    );
    expect(outline(page)).toEqual(['table: a b c d', 'text: After it.']);
  });

  it('a figure of the model that is full of running text in columns is text', () => {
    const figure: Region = { type: 'figure', rect: { x: 70, y: 190, width: 860, height: 100 }, score: 0.9 };
    const page = assemble([...paragraph(left, 80, 200, 400), ...paragraph(right, 520, 200, 400)], [figure]);
    expect(outline(page)).toEqual([`text: ${left.join(' ')}`, `text: ${right.join(' ')}`]);
  });

  it('lines turned against the page come after its text; in the margin they are a stamp, no part of it', () => {
    const turned = (x: number): StyledLine => ({
      text: 'arXiv:1234',
      quad: [
        { x, y: 600 },
        { x, y: 300 },
        { x: x + 30, y: 300 },
        { x: x + 30, y: 600 },
      ],
      confidence: 1,
      source: 'test',
    });
    expect(outline(assemble([turned(20), turned(500), ...paragraph(left, 80, 200, 400)]))).toEqual([
      `text: ${left.join(' ')}`,
      'header: arXiv:1234',
      'text: arXiv:1234',
    ]);
    // Beside a wide margin a stamp may stand further in, as long as all other text does.
    const indented = paragraph(left, 140, 200, 400);
    expect(outline(assemble([turned(85), ...indented]))).toContain('header: arXiv:1234');
    expect(outline(assemble([turned(85), ...indented, line('Date', 60, 900)]))).toContain('text: arXiv:1234');
  });
});

describe('the page as a whole', () => {
  it('a page without lines has no blocks and full confidence', () => {
    const page = assemble([]);
    expect(page.blocks).toEqual([]);
    expect(page.confidence).toBe(1);
  });

  it('confidence is the mean over characters', () => {
    const page = assemble([
      { ...line('abc', 80, 200), confidence: 1 },
      { ...line('d', 80, 600), confidence: 0.6 },
    ]);
    expect(page.confidence).toBeCloseTo(0.9, 10);
  });

  it('no line is lost or doubled, whatever the page', () => {
    // A linear congruential generator (Numerical Recipes): the same pages every time.
    let state = 7;
    const random = (limit: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state / 2 ** 32) * limit;
    };
    const texts = [
      'word',
      '• item',
      '1) point',
      'A long line that goes on and on and on',
      '12',
      'Table 3',
      'Ends.',
      '',
    ];
    for (let round = 0; round < 300; round++) {
      const lines = Array.from({ length: Math.floor(random(60)) }, (_, i): StyledLine => {
        const text = `${texts[Math.floor(random(texts.length))]}#${i}`;
        const upright = quadOf(random(950), random(1350), 5 + random(600), 3 + random(60));
        const turns = random(1) < 0.1 ? 1 + Math.floor(random(3)) : 0;
        const quad = [...upright.slice(turns), ...upright.slice(0, turns)];
        const style =
          random(1) < 0.5 ? {} : { style: { fontSizePx: 5 + random(30), bold: random(1) < 0.3, italic: false } };
        return { text, quad, confidence: random(1), source: 'test', ...style };
      });
      const regions = Array.from(
        { length: Math.floor(random(8)) },
        (): Region => ({
          type: REGION_TYPES[Math.floor(random(REGION_TYPES.length))] as Region['type'],
          rect: { x: random(800), y: random(1200), width: 20 + random(800), height: 20 + random(600) },
          score: random(1),
        }),
      );
      const read = assemble(lines, regions).blocks.flatMap((block) => block.lines.map((each) => each.text));
      expect(read.sort(), `round ${round}`).toEqual(lines.map((each) => each.text).sort());
    }
  });

  it.each([
    ['one row', (i: number) => [20 * i, 100]],
    ['one column', (i: number) => [10, 20 * i]],
    ['a grid', (i: number) => [20 * (i % 200), 20 * Math.floor(i / 200)]],
    ['one place', () => [100, 100]],
  ] as const)('20,000 words in %s are assembled within seconds', (_, place) => {
    const words = Array.from({ length: 20_000 }, (_, i) => {
      const [x, y] = place(i) as [number, number];
      return line('word', x, y, 14, 10);
    });
    const startedAt = process.cpuUsage();
    expect(assemble(words).blocks.flatMap((block) => block.lines)).toHaveLength(20_000);
    // Half a second of this thread; a quadratic step takes tens of seconds.
    expect(process.cpuUsage(startedAt).user).toBeLessThan(5_000_000);
  });

  it('500 lines are assembled in milliseconds', () => {
    const lines = Array.from({ length: 500 }, (_, i) =>
      line(`line ${i} of a page with many lines`, i % 2 === 0 ? 50 : 520, 50 + 5 * Math.floor(i / 2), 430, 4),
    );
    assemble(lines);
    const startedAt = process.cpuUsage();
    for (let i = 0; i < 10; i++) assemble(lines);
    // A quadratic step shows as hundreds of milliseconds a page.
    expect(process.cpuUsage(startedAt).user / 1000 / 10).toBeLessThan(100);
  });
});
