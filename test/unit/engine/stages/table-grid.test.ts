import { describe, expect, it } from 'vitest';
import { ruledGrids } from '../../../../src/engine/stages/table-grid.js';
import { type Ruling, rulingsIn, type Stroke } from '../../../../src/engine/stages/table-rulings.js';

const LETTER = 10;

const across = (at: number, from: number, to: number): Stroke => ({ from: { x: from, y: at }, to: { x: to, y: at } });
const down = (at: number, from: number, to: number): Stroke => ({ from: { x: at, y: from }, to: { x: at, y: to } });
const rulings = (...strokes: Stroke[]) => rulingsIn(strokes, (point) => point, LETTER);
const grids = (...strokes: Stroke[]) => ruledGrids(rulings(...strokes), [], LETTER);

/** Lines of three rows and two columns, 20 high and 50 wide, from the origin. */
const rows = [0, 20, 40, 60].map((y) => across(y, 0, 100));
const columns = [0, 50, 100].map((x) => down(x, 0, 60));

const spansOf = ([grid]: ReturnType<typeof grids>) =>
  grid?.cells.map(({ row, column, rowSpan, columnSpan }) => [row, column, rowSpan, columnSpan]);

describe('rulings', () => {
  const lengths = (lines: readonly Ruling[]) => lines.map(({ at, from, to }) => [at, from, to]);

  it('are one however many strokes drew them, and two where white parts them', () => {
    const { horizontal } = rulings(across(5, 0, 30), across(5, 30, 60), across(6, 58, 90), across(5, 100, 140));
    expect(lengths(horizontal)).toEqual([
      [expect.closeTo(5.35, 2), 0, 90],
      [5, 100, 140],
    ]);
  });

  it('are level lines alone: no slopes, and nothing as short as a dash', () => {
    const slope = { from: { x: 0, y: 0 }, to: { x: 100, y: 40 } };
    expect(rulings(slope, across(5, 0, 8), down(5, 0, 9))).toEqual({ horizontal: [], vertical: [] });
  });

  it('may be skewed by half a degree', () => {
    const { horizontal } = rulings({ from: { x: 0, y: 10 }, to: { x: 1000, y: 18 } });
    expect(lengths(horizontal)).toEqual([[14, 0, 1000]]);
  });
});

describe('a grid of ruling lines', () => {
  it('has a cell between each pair of neighbours', () => {
    const found = grids(...rows, ...columns);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ rows: 3, columns: 2, box: { left: 0, top: 0, right: 100, bottom: 60 } });
    expect(found[0]?.cells[3]).toEqual({
      row: 1,
      column: 1,
      rowSpan: 1,
      columnSpan: 1,
      header: false,
      box: { left: 50, top: 20, right: 100, bottom: 40 },
    });
  });

  it('finds the cell of a point, and the nearest one of a point outside', () => {
    const [grid] = grids(...rows, ...columns);
    expect(grid?.cellAt(70, 30)).toBe(3);
    expect(grid?.cellAt(-5, 200)).toBe(4);
  });

  it('has cells that span where a line is missing', () => {
    // The first row is one cell; in the first column the other two rows are one.
    const middle = down(50, 20, 60);
    const found = grids(
      across(0, 0, 100),
      across(20, 0, 100),
      across(40, 50, 100),
      across(60, 0, 100),
      down(0, 0, 60),
      middle,
      down(100, 0, 60),
    );
    expect(spansOf(found)).toEqual([
      [0, 0, 1, 2],
      [1, 0, 2, 1],
      [1, 1, 1, 1],
      [2, 1, 1, 1],
    ]);
  });

  it('may be open at the sides where its lines go on beside text', () => {
    const open = rulings(...rows.slice(1), ...columns.slice(0, 2));
    const text = (x: number, y: number) => ({ left: x - 10, top: y - 5, right: x + 10, bottom: y + 5 });
    const [grid] = ruledGrids(open, [text(75, 30), text(25, 10)], LETTER);
    expect(grid).toMatchObject({ rows: 3, columns: 2, box: { left: 0, top: 0, right: 100, bottom: 60 } });
    expect(ruledGrids(open, [text(25, 30)], LETTER)).toEqual([]);
  });

  describe('with a head above its first line', () => {
    const text = (left: number, right: number, top: number) => ({ left, top, right, bottom: top + 10 });
    const withTexts = (...texts: ReturnType<typeof text>[]) =>
      ruledGrids(rulings(...rows, ...columns), texts, LETTER)[0];

    it('has it as a row, each text over its column', () => {
      const grid = withTexts(text(5, 45, -15), text(55, 95, -15), text(55, 80, -27));
      expect(grid).toMatchObject({ rows: 4, columns: 2, box: { top: -27 } });
      expect(grid?.cells.slice(0, 2)).toMatchObject([
        { row: 0, column: 0, box: { top: -27, bottom: 0 } },
        { row: 0, column: 1 },
      ]);
    });

    it('leaves a caption, and the row of another table', () => {
      expect(withTexts(text(5, 95, -15))).toMatchObject({ rows: 3 });
      const roof = rulings(...rows, ...columns, across(-8, 0, 100));
      expect(ruledGrids(roof, [text(5, 45, -20), text(55, 95, -20)], LETTER)[0]).toMatchObject({ rows: 3 });
    });
  });

  it('is not there where the lines of a cell make no rectangle', () => {
    // The stroke that would part the first row from the second ends in the middle, without a line down from it.
    expect(
      grids(
        across(0, 0, 100),
        across(20, 0, 50),
        across(40, 0, 100),
        down(0, 0, 40),
        down(50, 20, 40),
        down(100, 0, 40),
      ),
    ).toEqual([]);
  });

  it('is one of several where they do not meet', () => {
    const right = [...rows, ...columns].map(({ from, to }) => ({
      from: { x: from.x + 200, y: from.y },
      to: { x: to.x + 200, y: to.y },
    }));
    expect(grids(...rows, ...columns, ...right)).toHaveLength(2);
  });

  it('needs two rows and two columns: a frame is none', () => {
    expect(grids(across(0, 0, 100), across(60, 0, 100), down(0, 0, 60), down(100, 0, 60))).toEqual([]);
    expect(grids(...rows, down(0, 0, 60), down(100, 0, 60))).toEqual([]);
  });
});
