import { describe, expect, it } from 'vitest';
import { settleDocument } from '../../../src/export/document.js';
import { pageResult } from '../../../src/export/page-result.js';
import type { Block, Page } from '../../../src/schema/document.js';
import { block, cell, documentMarkdown, line, page } from './page.js';

const BODY = ['Some text that stands in the middle of the page', 'and ends.'];

/** Pages of a document, each with a paragraph of its own between what is given. */
function pagesOf(...contents: readonly (readonly Block[])[]): Page[] {
  return contents.map((blocks, pageIndex) => page(blocks, { pageIndex }));
}

function at(type: Block['type'], y: number, ...texts: string[]): Block {
  return block(type, texts, { rect: { x: 0, y, width: 0, height: 0 } });
}

function types(pages: readonly Page[]): string[][] {
  return settleDocument(pages).map(({ blocks }) => blocks.map(({ type }) => type));
}

/** A heading whose letters are `height` pixels high. */
function heading(text: string, height: number, more: Partial<Block> = {}): Block {
  const quad = line(text).quad.map(({ x, y }) => ({ x, y: y === 0 ? 500 : 500 + height }));
  return block('heading', [], { lines: [{ ...line(text), quad }], level: 2, ...more });
}

function levels(...contents: readonly (readonly Block[])[]): (readonly [string, number | undefined])[][] {
  return settleDocument(pagesOf(...contents)).map(({ blocks }) =>
    blocks.map(({ type, level }) => [type, level] as const),
  );
}

describe('running headers and footers', () => {
  it('the same words at the same place of three pages are a header or a footer', () => {
    const pages = pagesOf(
      ...[0, 1, 2].map(() => [
        at('text', 60, 'Annual Report'),
        at('text', 900, ...BODY),
        at('text', 1900, 'ACME Inc.'),
      ]),
    );
    expect(types(pages)).toEqual([0, 1, 2].map(() => ['header', 'text', 'footer']));
    expect(documentMarkdown(pages.slice(0, 1))).toContain('Annual Report');
    expect(documentMarkdown(pages)).not.toContain('Annual Report');
  });

  it('odd and even pages have headers of their own', () => {
    const pages = pagesOf(
      ...[0, 1, 2, 3, 4, 5].map((index) => [
        at('text', 60, index % 2 === 0 ? 'The Book' : 'The Chapter'),
        at('text', 900, ...BODY),
      ]),
    );
    expect(types(pages)).toEqual([0, 1, 2, 3, 4, 5].map(() => ['header', 'text']));
  });

  it('a number that counts with the pages is a page number from the second page on', () => {
    const numbered = (...numbers: string[]) =>
      pagesOf(...numbers.map((number) => [at('text', 900, ...BODY), at('text', 1900, number)]));
    expect(types(numbered('Page 7 of 9', 'Page 8 of 9'))).toEqual([0, 1].map(() => ['text', 'footer']));
    expect(types(numbered('iii', 'iv', 'v'))).toEqual([0, 1, 2].map(() => ['text', 'footer']));
    expect(types(numbered('120', '87', '14'))).toEqual([0, 1, 2].map(() => ['text', 'text']));
  });

  it('headings that begin two pages alike, or count with the pages, stay headings', () => {
    const invoice = [at('heading', 60, 'Invoice'), at('text', 900, ...BODY)];
    expect(types(pagesOf(invoice, invoice))).toEqual([0, 1].map(() => ['heading', 'text']));
    const exercises = [1, 2, 3].map((number) => [at('heading', 60, `Exercise ${number}`), at('text', 900, ...BODY)]);
    expect(types(pagesOf(...exercises))).toEqual([0, 1, 2].map(() => ['heading', 'text']));
  });

  it('the same words in the middle of pages, or at another place of each, are text', () => {
    const middle = [0, 1, 2].map(() => [at('text', 900, 'Signature')]);
    const moving = [20, 120, 220].map((y) => [at('text', y, 'Signature'), at('text', 900, ...BODY)]);
    expect(types(pagesOf(...middle)).flat()).toEqual(['text', 'text', 'text']);
    expect(types(pagesOf(...moving)).flat()).not.toContain('header');
  });
});

describe('headings', () => {
  it('numbers give the depth where they go up', () => {
    expect(
      levels(
        [heading('1 Introduction', 40), heading('1.1 Scope', 30), heading('1.2 Terms', 30)],
        [heading('2 Methods', 30), heading('2.1.1 Details', 30)],
      ),
    ).toEqual([
      [
        ['heading', 2],
        ['heading', 3],
        ['heading', 3],
      ],
      [
        ['heading', 2],
        ['heading', 4],
      ],
    ]);
  });

  it('a heading without a number is as deep as numbered ones of its size, or one deeper than the next larger', () => {
    const [first] = levels([
      heading('Abstract', 40),
      heading('1 Introduction', 40),
      heading('Remarks', 25),
      heading('2 Methods', 40),
    ]);
    expect(first?.map(([, level]) => level)).toEqual([2, 2, 3, 2]);
  });

  it('letters as high are of one level on all pages', () => {
    expect(levels([heading('Part', 50)], [heading('Section', 30)], [heading('Another', 50)]).flat()).toEqual([
      ['heading', 2],
      ['heading', 3],
      ['heading', 2],
    ]);
  });

  it('a document has one title', () => {
    const title = (text: string) => heading(text, 60, { type: 'title', level: 1 });
    expect(levels([title('Report'), heading('One', 30)], [title('Annex')]).flat()).toEqual([
      ['title', 1],
      ['heading', 3],
      ['heading', 2],
    ]);
  });

  it('a single page keeps the levels the engine gave', () => {
    expect(levels([heading('Small', 20, { level: 3 }), heading('Smaller', 12, { level: 5 })]).flat()).toEqual([
      ['heading', 3],
      ['heading', 5],
    ]);
  });
});

describe('tables over a page break', () => {
  const table = (texts: readonly (readonly string[])[], width = 800): Block => {
    const cells = texts.flatMap((row, y) => row.map((text, x) => cell(y, x, text)));
    return block('table', ['x'], {
      rect: { x: 100, y: 300, width, height: 100 },
      table: { rows: texts.length, columns: texts[0]?.length ?? 0, cells },
    });
  };
  const first = table([
    ['Name', 'Price'],
    ['Bread', '2'],
  ]);
  const second = table([
    ['Name', 'Price'],
    ['Wine', '8'],
  ]);

  it('one table is written, without the header that its second piece repeats', () => {
    const number = (text: string) => at('footer', 1900, text);
    const pages = pagesOf([first, number('1')], [number('2'), second]);
    expect(documentMarkdown(pages)).toBe('| Name | Price |\n| --- | --- |\n| Bread | 2 |\n| Wine | 8 |');
  });

  it('the pages keep their pieces, the second of which is said to go on', () => {
    const [before, after] = settleDocument(pagesOf([first], [second])).map((page) =>
      pageResult(page, { words: false }),
    );
    expect(before?.content_blocks[0]?.continues).toBeUndefined();
    expect(after?.content_blocks[0]).toMatchObject({ continues: true, table: { rows: 2 } });
  });

  it('tables of other columns or another width, and tables with text between them, are two', () => {
    const isJoined = (...pages: readonly (readonly Block[])[]) =>
      settleDocument(pagesOf(...pages)).some(({ blocks }) => blocks.some(({ continues }) => continues));
    expect(isJoined([first], [second])).toBe(true);
    expect(isJoined([first], [table([['Wine', '8', 'x']])])).toBe(false);
    expect(isJoined([first], [table([['Wine', '8']], 500)])).toBe(false);
    expect(isJoined([first], [at('caption', 100, 'Table 2: more'), second])).toBe(false);
    expect(isJoined([first], [], [second])).toBe(false);
  });
});

describe('text over a page break', () => {
  it('a sentence goes on behind the notes and numbers between its halves', () => {
    const pages = pagesOf(
      [
        at('text', 1000, 'A sentence that begins on the first page and', 'goes on over its'),
        at('footnote', 1700, '1 A note.'),
        at('text', 1900, '1'),
      ],
      [at('text', 200, 'end as if nothing at all', 'were there.'), at('text', 1900, '2')],
    );
    expect(documentMarkdown(pages)).toBe(
      'A sentence that begins on the first page and goes on over its end as if nothing at all were there.\n\n1 A note.',
    );
  });

  it('a list goes on with its next number, and a new one begins at 1', () => {
    const list = (...texts: string[]) => [at('list', 300, ...texts)];
    const goesOn = settleDocument(pagesOf(list('1. one', '2. two'), list('3. three')));
    expect(goesOn[1]?.blocks[0]?.continues).toBe(true);
    expect(documentMarkdown(pagesOf(list('1. one', '2. two'), list('3. three')))).toBe('1. one\n2. two\n3. three');
    const anew = settleDocument(pagesOf(list('1. one', '2. two'), list('1. another')));
    expect(anew[1]?.blocks[0]?.continues).toBeUndefined();
  });

  it('Chinese text goes on where the line was full', () => {
    const pages = pagesOf(
      [at('text', 900, '这是一个段落它在页面的', '最后一行被截断的句子然')],
      [at('text', 200, '后继续。')],
    );
    expect(documentMarkdown(pages)).toBe('这是一个段落它在页面的最后一行被截断的句子然后继续。');
  });
});

it('running lines are found over thousands of pages', () => {
  const pages = pagesOf(
    ...Array.from({ length: 2000 }, (_, index) => [
      at('text', 60, 'The Book'),
      ...Array.from({ length: 10 }, (_, place) => at('text', 300 + place * 100, ...BODY)),
      at('text', 1900, `${index + 1}`),
    ]),
  );
  // Work that grows with the square of the pages would take longer than a test may.
  expect(types(pages).every((ofPage) => ofPage[0] === 'header' && ofPage.at(-1) === 'footer')).toBe(true);
});
