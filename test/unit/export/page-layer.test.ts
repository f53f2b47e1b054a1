import { expect, it } from 'vitest';
import { pageLayer } from '../../../src/export/page-layer.js';
import { block, line, page } from './page.js';

it('a layer has the words of each line, and what parts them', () => {
  const word = (text: string, left: number) => ({ text, quad: line(text, left).quad, confidence: 1 });
  const lines = [
    { ...line('one two'), words: [word('one', 0), word('two', 40)] },
    { ...line('中文1 x'), words: [word('中文', 0), word('1', 20), word('x', 40)] },
  ];
  const layer = pageLayer(page([block('text', [], { lines })], { pageIndex: 3, rotation: 90 }));
  expect(layer).toMatchObject({ pageIndex: 3, widthPx: 1000, heightPx: 2000, rotation: 90 });
  expect(layer.lines.map((words) => words.map(({ text, spaced }) => [text, spaced]))).toEqual([
    [
      ['one', true],
      ['two', false],
    ],
    [
      ['中文', false],
      ['1', true],
      ['x', false],
    ],
  ]);
});

it("lines of the PDF's own text are in it already", () => {
  const lines = [{ ...line('own'), source: 'text-layer' }, line('read')];
  expect(pageLayer(page([block('text', [], { lines })])).lines.map((words) => words.map(({ text }) => text))).toEqual([
    ['read'],
  ]);
});
