import { describe, expect, it } from 'vitest';
import { parseTokens, type TableStructure } from '../../../../src/engine/stages/table-structure.js';

/** The box of a step is told apart by its left side. */
const boxAt = (step: number) => ({ left: step, top: 0, right: step + 1, bottom: 1 });

const parse = (...tokens: string[]) => parseTokens(tokens, boxAt);

/** Row, column, row span, column span of each cell. */
const gridOf = ({ cells }: TableStructure) =>
  cells.map(({ row, column, rowSpan, columnSpan }) => [row, column, rowSpan, columnSpan]);

const CELL = '<td></td>';
const ROW = ['<tr>', CELL, CELL, '</tr>'];

describe('the tokens of a table', () => {
  it('give rows of cells, each with the box of its own step', () => {
    const structure = parse('sos', '<tbody>', ...ROW, ...ROW, '</tbody>', 'eos');
    expect(structure).toMatchObject({ rows: 2, columns: 2, complete: true });
    expect(gridOf(structure)).toEqual([
      [0, 0, 1, 1],
      [0, 1, 1, 1],
      [1, 0, 1, 1],
      [1, 1, 1, 1],
    ]);
    expect(structure.cells.map(({ box }) => box.left)).toEqual([3, 4, 7, 8]);
  });

  it('mark the cells of the head', () => {
    const { cells } = parse('<thead>', ...ROW, '</thead>', '<tbody>', ...ROW, '</tbody>', 'eos');
    expect(cells.map(({ header }) => header)).toEqual([true, true, false, false]);
  });

  it('push cells aside that another one spans', () => {
    const structure = parse(
      ...['<tr>', '<td', ' rowspan="2"', '>', '</td>', '<td', ' colspan="2"', '>', '</td>', '</tr>'],
      ...ROW,
      ...['<tr>', CELL, CELL, CELL, '</tr>', 'eos'],
    );
    expect(structure).toMatchObject({ rows: 3, columns: 3 });
    expect(gridOf(structure)).toEqual([
      [0, 0, 2, 1],
      [0, 1, 1, 2],
      [1, 1, 1, 1],
      [1, 2, 1, 1],
      [2, 0, 1, 1],
      [2, 1, 1, 1],
      [2, 2, 1, 1],
    ]);
  });

  it('may span rows and columns at once', () => {
    const span = ['<td', ' rowspan="2"', ' colspan="2"', '>', '</td>'];
    const structure = parse('<tr>', ...span, CELL, '</tr>', '<tr>', CELL, '</tr>', 'eos');
    expect(gridOf(structure)).toEqual([
      [0, 0, 2, 2],
      [0, 2, 1, 1],
      [1, 2, 1, 1],
    ]);
  });

  it('span no rows beyond the last', () => {
    expect(gridOf(parse('<tr>', '<td', ' rowspan="9"', '>', '</td>', '</tr>', ...ROW, 'eos'))[0]).toEqual([0, 0, 2, 1]);
  });

  it('after the end count for nothing, and without an end the table is not complete', () => {
    expect(parse(...ROW, 'eos', ...ROW)).toMatchObject({ rows: 1, complete: true });
    expect(parse(...ROW)).toMatchObject({ rows: 1, complete: false });
  });

  it('that are no table give no cells', () => {
    expect(parse('sos', 'eos')).toEqual({ rows: 0, columns: 0, cells: [], complete: true });
    expect(parse(CELL, '</td>', 'eos')).toEqual({ rows: 0, columns: 0, cells: [], complete: true });
  });
});
