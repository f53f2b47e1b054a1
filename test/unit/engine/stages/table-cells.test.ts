import { describe, expect, it } from 'vitest';
import type { StyledLine } from '../../../../src/engine/stages/line-box.js';
import { fillCells } from '../../../../src/engine/stages/table-cells.js';
import { tableFrame } from '../../../../src/engine/stages/table-frame.js';
import type { StructureCell, TableStructure } from '../../../../src/engine/stages/table-structure.js';
import { line, quadOf } from './page-of-lines.js';

/** Cells of 100 × 40, in rows from the top; the first line of the tests begins near the first cell. */
function grid(rows: number, columns: number): TableStructure {
  const cells: StructureCell[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const box = { left: 100 * column, top: 40 * row, right: 100 * column + 90, bottom: 40 * row + 30 };
      cells.push({ row, column, rowSpan: 1, columnSpan: 1, header: row === 0, box });
    }
  }
  return { rows, columns, cells, complete: true };
}

/** Words of letters 10 px wide, at the given places of one row. */
function words(y: number, ...at: readonly (readonly [text: string, x: number, confidence?: number])[]): StyledLine {
  const parts = at.map(([text, x, confidence = 0.9]) => ({
    text,
    quad: quadOf(x, y, 10 * text.length, 20),
    confidence,
  }));
  const first = at[0]?.[1] ?? 0;
  const [lastText, lastX] = at.at(-1) ?? ['', 0];
  const text = at.map(([word]) => word).join(' ');
  return { ...line(text, first, y, lastX + 10 * lastText.length - first), words: parts };
}

const textsOf = (structure: TableStructure, lines: readonly StyledLine[]) =>
  fillCells(structure, lines, tableFrame(lines)).map((cell) => cell.text);

describe('the cells of a table', () => {
  it('take the lines that stand in them', () => {
    const lines = [line('a', 0, 0), line('b', 110, 0), line('c', 0, 40), line('d', 110, 40)];
    expect(textsOf(grid(2, 2), lines)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('divide a line that spans several at its words', () => {
    expect(textsOf(grid(1, 3), [words(0, ['one', 0], ['two', 40], ['12', 110], ['34', 210])])).toEqual([
      'one two',
      '12',
      '34',
    ]);
  });

  it('hold every word once, what stands in none of them in the nearest', () => {
    const lines = [words(0, ['in', 0], ['beyond', 400]), line('far', 30, 300), line('b', 110, 40)];
    const texts = textsOf(grid(2, 2), lines);
    expect(texts).toEqual(['in', 'beyond', 'far', 'b']);
  });

  it('read what wraps from the top, as one text', () => {
    const lines = [line('below', 0, 20, 50, 15), line('above', 0, 0, 50, 15), line('b', 110, 0)];
    expect(textsOf(grid(1, 2), lines)).toEqual(['above below', 'b']);
  });

  it('set no space where a script has none', () => {
    const lines = [line('你好', 0, 0, 40, 15), line('世界', 0, 20, 40, 15), line('b', 110, 0)];
    expect(textsOf(grid(1, 2), lines)).toEqual(['你好世界', 'b']);
  });

  it('are as sure as their words are on average; an empty one says nothing', () => {
    const lines = [words(0, ['a', 0, 0.5], ['b', 20, 1]), line('c', 110, 40)];
    const cells = fillCells(grid(2, 2), lines, tableFrame(lines));
    expect(cells.map(({ confidence }) => confidence)).toEqual([0.75, undefined, undefined, 0.9]);
    expect(cells[1]).not.toHaveProperty('confidence');
  });

  it('lie around their text, in pixels of the page', () => {
    const lines = [line('aa', 300, 500), line('b', 420, 500)];
    const [first] = fillCells(grid(1, 2), lines, tableFrame(lines));
    expect(first?.rect).toEqual({ x: 300, y: 500, width: 20, height: 20 });
  });

  it('of a span reach over all its rows, where its text may stand off its box', () => {
    const box = { left: 0, top: 0, right: 90, bottom: 30 };
    const spanning: StructureCell = { row: 0, column: 0, rowSpan: 2, columnSpan: 1, header: true, box };
    const others = grid(3, 2).cells.filter(({ row, column }) => column === 1 || row === 2);
    const structure = { rows: 3, columns: 2, complete: true, cells: [spanning, ...others] };
    const lines = [line('span', 0, 45), line('x', 110, 0), line('y', 110, 40), line('low', 0, 84), line('z', 110, 84)];
    expect(textsOf(structure, lines)).toEqual(['span', 'x', 'y', 'low', 'z']);
  });
});
