import { describe, expect, it } from 'vitest';
import type { Region } from '../../../../src/engine/stages/layout.js';
import { type LineBox, levelLines, type StyledLine } from '../../../../src/engine/stages/line-box.js';
import { type Part, wholeTables } from '../../../../src/engine/stages/table-extent.js';
import { line } from './page-of-lines.js';

const LETTER = 20;
const boxes = (lines: readonly StyledLine[]) => levelLines(lines, 1000, 1400).level;
const part = (lines: readonly StyledLine[], type?: Region['type']): Part => ({
  lines: boxes(lines),
  region: type && { type, rect: { x: 0, y: 0, width: 1, height: 1 }, score: 1 },
});
const textsOf = (parts: readonly Part[]) => parts.map(({ lines }) => lines.map((box: LineBox) => box.line.text));

/** Rows of two numbers, 40 apart, at x = 500 and 700. */
const numbers = (from: number, rows: number) =>
  Array.from({ length: rows }, (_, i) => [line(`${i}1`, 500, from + 40 * i), line(`${i}2`, 700, from + 40 * i)]).flat();
const labels = ['North', 'South', 'East', 'West'].map((text, i) => line(text, 100, 300 + 40 * i));

describe('a table that was found in part', () => {
  it('has the labels that stand beside its rows', () => {
    const [table] = textsOf(wholeTables([part(numbers(300, 4))], boxes([...labels, line('Text', 100, 600)]), LETTER));
    expect(table).toEqual([...numbers(300, 4), ...labels].map(({ text }) => text));
  });

  it('leaves a column of text beside it', () => {
    const column = Array.from({ length: 12 }, (_, i) =>
      line('text that fills a column of its own', 50, 200 + 27 * i, 400),
    );
    expect(textsOf(wholeTables([part(numbers(300, 4))], boxes(column), LETTER))[0]).toHaveLength(8);
  });

  it('leaves text beside it that goes on above and below', () => {
    const column = Array.from({ length: 6 }, (_, i) => line('words', 100, 260 + 30 * i));
    expect(textsOf(wholeTables([part(numbers(300, 2))], boxes(column), LETTER))[0]).toHaveLength(4);
  });

  it('leaves the end of a column of text, but not labels under a caption', () => {
    const end = [160, 190, 220, 250, 280, 310].map((y) => line('words', 100, y));
    expect(textsOf(wholeTables([part(numbers(300, 2))], boxes(end), LETTER))[0]).toHaveLength(4);
    const caption = [line('Table 2.', 100, 250), line('Sales', 100, 275)];
    expect(textsOf(wholeTables([part(numbers(300, 4))], boxes([...caption, ...labels]), LETTER))[0]).toHaveLength(12);
  });

  it('gives back the end of a column of text that the model took in', () => {
    const column = [160, 190, 220, 250, 280].map((y) => line('words', 100, y));
    const end = [300, 340].map((y) => line('words', 100, y));
    const table = part([...end, ...numbers(300, 2)], 'table');
    expect(textsOf(wholeTables([table], boxes(column), LETTER))[0]).toEqual(['01', '02', '11', '12']);
    // Labels go on above as their numbers do where the model missed rows.
    const rows = [180, 210, 240, 270].flatMap((y) => [line('words', 100, y), line('1', 500, y), line('2', 700, y)]);
    expect(textsOf(wholeTables([table], boxes(rows), LETTER))[0]).toHaveLength(6);
  });

  it('is one with what goes on below in its columns, and the lines between', () => {
    const whole = wholeTables([part(numbers(300, 2)), part(numbers(410, 2))], boxes([line('of it', 520, 385)]), LETTER);
    expect(textsOf(whole)).toEqual([['01', '02', '11', '12', '01', '02', '11', '12', 'of it']]);
  });

  it('is another where a caption, or white, lies between', () => {
    const caption = line('Table 2. What was found in the second year', 480, 385);
    const parts = [part(numbers(300, 2)), part(numbers(410, 2))];
    expect(wholeTables(parts, boxes([caption]), LETTER)).toHaveLength(2);
    expect(wholeTables([part(numbers(300, 2)), part(numbers(450, 2))], [], LETTER)).toHaveLength(2);
  });

  it('stays as it is in a figure', () => {
    expect(textsOf(wholeTables([part(numbers(300, 4), 'figure')], boxes(labels), LETTER))[0]).toHaveLength(8);
  });
});
