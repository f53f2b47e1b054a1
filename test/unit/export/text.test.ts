import { expect, it } from 'vitest';
import { pageText } from '../../../src/export/text.js';
import { block, cell, line, page, written } from './page.js';

it('everything that was read is there, in reading order, with its own line ends', () => {
  const blocks = [
    block('header', ['ACME']),
    block('title', ['# Report']),
    block('text', ['an inter-', 'national *fair*']),
    block('figure', []),
    block('footer', ['Page 1']),
  ];
  expect(pageText(page(blocks))).toBe('ACME\n\n# Report\n\nan inter-\nnational *fair*\n\nPage 1');
});

it('what stands side by side is one line', () => {
  expect(pageText(page([block('text', [], { lines: [line('Name:', 0, 0), line('John', 300, 2)] })]))).toBe(
    'Name: John',
  );
});

it('cells of a table are parted by tabs', () => {
  const cells = [cell(0, 0, 'a'), cell(0, 1, 'b'), cell(1, 0, 'c'), cell(1, 1, '')];
  expect(pageText(page([block('table', [], { table: { rows: 2, columns: 2, cells } })]))).toBe('a\tb\nc\t');
});

it('a blank line parts pages, and a page without text leaves none', () => {
  expect(written('txt', [page([block('text', ['a'])]), page([]), page([block('text', ['b'])])])).toBe('a\n\nb');
});
