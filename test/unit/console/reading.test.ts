import { describe, expect, test } from 'vitest';
import { type Layout, placesOf, type Run, readingOf } from '../../../src/console/reading.js';
import { block, line, page } from './pages.js';

const text = (run: Run) =>
  run
    .map(
      ({ unit, from, to, separator }, index) => unit.text.slice(from, to) + (index < run.length - 1 ? separator : ''),
    )
    .join('');

const texts = (layout: Layout | undefined) =>
  layout?.kind === 'paragraphs' ? layout.paragraphs.map((lines) => lines.map(text)) : undefined;

describe('a block', () => {
  test('of wrapped text is one paragraph, whose lines keep their places', () => {
    const reading = readingOf(
      page(block('text', [line('The reading room opens a-', 0, 0), line('gain in March.', 0, 0.03)])),
    );
    expect(texts(reading.blocks[0]?.layouts[0])).toEqual([['The reading room opens again in March.']]);
    expect(reading.units.map(({ ref }) => ref)).toEqual(['1.1', '1.2']);
  });

  test('that is a list loses its labels from the text, not from the units', () => {
    const reading = readingOf(page(block('list', [line('1. Seeds', 0, 0), line('2. Paper bags', 0, 0.03)])));
    const layout = reading.blocks[0]?.layouts[0];
    expect(layout?.kind === 'list' && layout.items.map(({ label, run }) => [label, text(run)])).toEqual([
      ['1.', 'Seeds'],
      ['2.', 'Paper bags'],
    ]);
    expect(reading.units.map((unit) => unit.text)).toEqual(['1. Seeds', '2. Paper bags']);
  });

  test('whose lines stand side by side keeps each of them apart', () => {
    const reading = readingOf(page(block('form_field', [line('TOTAL', 0, 0), line('14.15', 0.5, 0)])));
    expect(texts(reading.blocks[0]?.layouts[0])).toEqual([['TOTAL 14.15']]);
    expect(reading.units.map((unit) => unit.text)).toEqual(['TOTAL', '14.15']);
  });

  test('that is a table has its cells as units, row by row and left to right', () => {
    const cell = (row: number, column: number, content: string) => ({
      row,
      column,
      row_span: 1,
      column_span: 1,
      text: content,
      geometry: { x: 0.1 * column, y: 0.1 * row, width: 0.1, height: 0.1 },
      header: row === 0,
    });
    const table = { rows: 2, columns: 2, cells: [cell(0, 1, 'B'), cell(0, 0, 'A'), cell(1, 0, 'C')], html: '' };
    const [read] = readingOf(page({ ...block('table', []), table })).blocks;
    const layout = read?.layouts[0];
    expect(layout?.kind === 'table' && layout.rows.map((cells) => cells.map(({ unit }) => unit.text))).toEqual([
      ['A', 'B'],
      ['C'],
    ]);
  });
});

describe('words', () => {
  const words = ['The', 'lagoon'].map((word, index) => ({
    text: word,
    polygon: [
      [index, 0],
      [index + 1, 0],
      [index + 1, 1],
      [index, 1],
    ] as [number, number][],
    confidence: 0.9,
  }));

  test('know where in their line they stand', () => {
    const [unit] = readingOf(page(block('text', [{ ...line('The lagoon', 0, 0), words }]))).units;
    expect(unit?.words.map(({ ref, from, to }) => [ref, from, to])).toEqual([
      ['1.1.1', 0, 3],
      ['1.1.2', 4, 10],
    ]);
  });

  test('are the place of what is found in them', () => {
    const [unit] = readingOf(page(block('text', [{ ...line('The lagoon', 0, 0), words }]))).units;
    expect(unit && placesOf(unit, 5, 8)).toEqual([words[1]?.polygon]);
  });

  test('that are not known leave as much of the line as it has of the characters', () => {
    const [unit] = readingOf(page(block('text', [line('0123456789', 0, 0)]))).units;
    expect(unit && placesOf(unit, 5, 10).map((polygon) => polygon.map(([x]) => x))).toEqual([[0.05, 0.1, 0.1, 0.05]]);
  });
});
