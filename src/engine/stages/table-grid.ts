/**
 * Grids of ruling lines: where a page has ruled tables, and what cells the lines part. Geometry alone; whether a grid
 * with its text is a table at all is judged in `table-areas.ts`.
 */
import type { Box } from './line-box.js';
import { clusters, type Ruling, type Rulings } from './table-rulings.js';
import type { Grid, StructureCell } from './table-structure.js';

export interface RuledGrid extends Grid {
  readonly box: Box;
  /** Index of the cell at a point of the frame; of the nearest one for a point outside. */
  readonly cellAt: (x: number, y: number) => number;
}

/** In letter heights: lines that stop short of each other, or overshoot, by less still meet. */
const MEETS = 0.5;
/** In letter heights: no row or column is narrower; double rules are one. */
const MIN_LANE = 0.7;
/** Of a cell's side, from which a line is its wall. */
const WALL = 0.5;
/** A page with more rulings is a drawing, or graph paper. */
const MAX_RULINGS = 1000;
/** The largest spreadsheet printed on a page has some thousand cells. */
const MAX_CELLS = 20_000;

/**
 * Lines that meet, directly or by way of others, are one grid. Only those that part at least two rows and columns.
 * `texts` are the boxes of the page's lines of text: a table is open at a side where its lines go on beside text.
 */
export function ruledGrids(
  { horizontal, vertical }: Rulings,
  texts: readonly Box[],
  letterHeight: number,
): RuledGrid[] {
  if (horizontal.length > MAX_RULINGS || vertical.length > MAX_RULINGS) return [];
  return meetingGroups(horizontal, vertical, MEETS * letterHeight).flatMap((group) =>
    gridOf(group, horizontal, texts, letterHeight),
  );
}

function meetingGroups(horizontal: readonly Ruling[], vertical: readonly Ruling[], tolerance: number): Rulings[] {
  const parents = [...horizontal, ...vertical].map((_, i) => i);
  const root = rootsOf(parents);
  const byPosition = horizontal.map((ruling, i) => ({ ...ruling, i })).sort((a, b) => a.at - b.at);
  vertical.forEach((line, j) => {
    for (let k = firstFrom(byPosition, line.from - tolerance); k < byPosition.length; k++) {
      const other = byPosition[k] as (typeof byPosition)[number];
      if (other.at > line.to + tolerance) break;
      if (line.at < other.from - tolerance || line.at > other.to + tolerance) continue;
      parents[root(horizontal.length + j)] = root(other.i);
    }
  });
  const groups = new Map<number, { horizontal: Ruling[]; vertical: Ruling[] }>();
  parents.forEach((_, i) => {
    const group = groups.get(root(i)) ?? { horizontal: [], vertical: [] };
    groups.set(root(i), group);
    if (i < horizontal.length) group.horizontal.push(horizontal[i] as Ruling);
    else group.vertical.push(vertical[i - horizontal.length] as Ruling);
  });
  return [...groups.values()];
}

/** Index of the first whose position is at least `at`. */
function firstFrom(sorted: readonly Ruling[], at: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as Ruling).at < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Find of union-find, with path halving. */
function rootsOf(parents: number[]): (i: number) => number {
  return (i) => {
    let at = i;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at] as number] as number;
      at = parents[at] as number;
    }
    return at;
  };
}

function gridOf(
  { horizontal, vertical }: Rulings,
  allHorizontal: readonly Ruling[],
  texts: readonly Box[],
  letterHeight: number,
): RuledGrid[] {
  if (horizontal.length === 0 || vertical.length === 0) return [];
  const minLane = MIN_LANE * letterHeight;
  const middles = texts.map((box) => ({ x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 }));
  const along = (rulings: readonly Ruling[]) => ({
    from: Math.min(...rulings.map(({ from }) => from)),
    to: Math.max(...rulings.map(({ to }) => to)),
  });
  const across = along(horizontal);
  const down = along(vertical);
  const isText = (fromX: number, toX: number, fromY: number, toY: number) =>
    middles.some(({ x, y }) => x > fromX && x < toX && y > fromY && y < toY);
  const xs = withOpenEnds(lanes(vertical, minLane), across, (from, to) => isText(from, to, down.from, down.to));
  const inner = withOpenEnds(lanes(horizontal, minLane), down, (from, to) => isText(across.from, across.to, from, to));
  const top = inner[0] ?? Infinity;
  const roof = Math.max(-Infinity, ...allHorizontal.map(({ at }) => at).filter((at) => at < top - minLane));
  const head = headAbove(top, roof, xs, texts, letterHeight);
  const ys = head === undefined ? inner : [head, ...inner];
  const rows = ys.length - 1;
  const columns = xs.length - 1;
  if (rows < 2 || columns < 2 || rows * columns > MAX_CELLS) return [];
  const { beside: headSides, below: headFoot } =
    head === undefined ? { beside: [], below: [] } : wallsOfHead(head, inner, xs);
  const beside = walls([...vertical, ...headSides], xs, ys, minLane);
  const below = walls([...horizontal, ...headFoot], ys, xs, minLane);
  const parents = Array.from({ length: rows * columns }, (_, i) => i);
  const root = rootsOf(parents);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      if (column + 1 < columns && !beside(column + 1, row)) parents[root(at + 1)] = root(at);
      if (row + 1 < rows && !below(row + 1, column)) parents[root(at + columns)] = root(at);
    }
  }
  const cells = cellsOf(rows, columns, root);
  return cells === undefined ? [] : laidOut(cells, xs, ys);
}

function lanes(rulings: readonly Ruling[], minLane: number): number[] {
  return clusters(rulings, ({ at }) => at, minLane).map(
    (lane) =>
      lane.reduce((sum, { at, from, to }) => sum + at * (to - from), 0) /
      lane.reduce((sum, r) => sum + r.to - r.from, 0),
  );
}

/** Tables are often open at the sides: there the lines across end, beside text. */
function withOpenEnds(
  lanes: readonly number[],
  across: { readonly from: number; readonly to: number },
  isTextBetween: (from: number, to: number) => boolean,
): number[] {
  const first = lanes[0];
  const last = lanes.at(-1);
  return [
    ...(first !== undefined && isTextBetween(across.from, first) ? [across.from] : []),
    ...lanes,
    ...(last !== undefined && isTextBetween(last, across.to) ? [across.to] : []),
  ];
}

function wallsOfHead(head: number, ys: readonly number[], xs: readonly number[]) {
  const foot = ys[0] as number;
  return {
    beside: xs.map((at): Ruling => ({ at, from: head, to: foot })),
    below: [{ at: foot, from: xs[0] as number, to: xs.at(-1) as number }],
  };
}

/** In letter heights: the white under a head that stands above its table's first line, and between its own lines. */
const HEAD_GAP = 1.2;
/** Lines that a head has at most, and the share of the columns that have one. */
const MAX_HEAD_LINES = 4;
const MIN_HEADED = 0.5;

/** Where a head begins that stands between two lines, each of its texts over one column; undefined for none. */
function headAbove(
  top: number,
  roof: number,
  xs: readonly number[],
  texts: readonly Box[],
  letterHeight: number,
): number | undefined {
  const slack = MEETS * letterHeight;
  const [left = 0] = xs;
  const right = xs.at(-1) ?? 0;
  const columnOf = (box: Box) => xs.findIndex((x, i) => box.left > x - slack && box.right < (xs[i + 1] ?? x) + slack);
  const above = texts
    .filter((box) => box.right > left && box.left < right && (box.top + box.bottom) / 2 < top && box.top > roof)
    .sort((a, b) => b.bottom - a.bottom);
  const headed = new Set<number>();
  let from = top;
  let lines = 0;
  for (const box of above) {
    if (from - box.bottom > HEAD_GAP * letterHeight || columnOf(box) < 0) break;
    if (box.bottom < from) lines++;
    if (lines > MAX_HEAD_LINES) return undefined;
    headed.add(columnOf(box));
    from = Math.min(from, box.top);
  }
  return headed.size < Math.max(2, MIN_HEADED * (xs.length - 1)) ? undefined : from;
}

/** Whether there is a wall on lane `lane` along the cell `at`, as `(lane, at)`. */
function walls(
  rulings: readonly Ruling[],
  lanes: readonly number[],
  along: readonly number[],
  minLane: number,
): (lane: number, at: number) => boolean {
  const cells = along.length - 1;
  const covered = new Float64Array(lanes.length * cells);
  for (const { at, from, to } of rulings) {
    const lane = nearest(lanes, at);
    if (Math.abs((lanes[lane] as number) - at) > minLane) continue;
    for (let i = 0; i < cells; i++) {
      const overlap = Math.min(to, along[i + 1] as number) - Math.max(from, along[i] as number);
      if (overlap > 0) covered[lane * cells + i] = (covered[lane * cells + i] as number) + overlap;
    }
  }
  return (lane, at) =>
    (covered[lane * cells + at] as number) >= WALL * ((along[at + 1] as number) - (along[at] as number));
}

function nearest(sorted: readonly number[], value: number): number {
  let best = 0;
  sorted.forEach((candidate, i) => {
    if (Math.abs(candidate - value) < Math.abs((sorted[best] as number) - value)) best = i;
  });
  return best;
}

interface Extent {
  readonly row: number;
  readonly column: number;
  readonly endRow: number;
  readonly endColumn: number;
}

/** Undefined where some cell is no rectangle: a wall is missing, or what was drawn is no table. */
function cellsOf(rows: number, columns: number, root: (at: number) => number): Extent[] | undefined {
  const extents = new Map<number, { -readonly [side in keyof Extent]: number } & { count: number }>();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const key = root(row * columns + column);
      const extent = extents.get(key);
      if (extent === undefined) extents.set(key, { row, column, endRow: row + 1, endColumn: column + 1, count: 1 });
      else {
        extent.column = Math.min(extent.column, column);
        extent.endColumn = Math.max(extent.endColumn, column + 1);
        extent.endRow = row + 1;
        extent.count++;
      }
    }
  }
  const cells = [...extents.values()];
  const areRectangles = cells.every(
    ({ row, column, endRow, endColumn, count }) => count === (endRow - row) * (endColumn - column),
  );
  return areRectangles ? cells : undefined;
}

/** Lanes that no cell begins at, left by strokes within cells, are none. */
function laidOut(cells: readonly Extent[], xs: readonly number[], ys: readonly number[]): RuledGrid[] {
  const rowStarts = [...new Set(cells.map(({ row }) => row))].sort((a, b) => a - b);
  const columnStarts = [...new Set(cells.map(({ column }) => column))].sort((a, b) => a - b);
  const rows = rowStarts.length;
  const columns = columnStarts.length;
  if (rows < 2 || columns < 2) return [];
  const count = (starts: readonly number[], from: number, to: number) =>
    starts.filter((start) => start >= from && start < to).length;
  const rowOf = new Map(rowStarts.map((start, i) => [start, i]));
  const columnOf = new Map(columnStarts.map((start, i) => [start, i]));
  const placed = cells
    .map(({ row, column, endRow, endColumn }) => ({
      row: rowOf.get(row) as number,
      column: columnOf.get(column) as number,
      rowSpan: count(rowStarts, row, endRow),
      columnSpan: count(columnStarts, column, endColumn),
      header: false,
      box: {
        left: xs[column] as number,
        top: ys[row] as number,
        right: xs[endColumn] as number,
        bottom: ys[endRow] as number,
      },
    }))
    .sort((a, b) => a.row - b.row || a.column - b.column);
  const box = {
    left: xs[0] as number,
    top: ys[0] as number,
    right: xs[xs.length - 1] as number,
    bottom: ys[ys.length - 1] as number,
  };
  const lefts = columnStarts.map((start) => xs[start] as number);
  const tops = rowStarts.map((start) => ys[start] as number);
  return [{ rows, columns, cells: placed, box, cellAt: finder(placed, rows, columns, lefts, tops) }];
}

function finder(
  cells: readonly StructureCell[],
  rows: number,
  columns: number,
  lefts: readonly number[],
  tops: readonly number[],
): (x: number, y: number) => number {
  const owners = new Int32Array(rows * columns);
  cells.forEach(({ row, column, rowSpan, columnSpan }, i) => {
    for (let r = row; r < row + rowSpan; r++) owners.fill(i, r * columns + column, r * columns + column + columnSpan);
  });
  const laneOf = (starts: readonly number[], value: number) =>
    Math.max(
      0,
      starts.findLastIndex((start) => start <= value),
    );
  return (x, y) => owners[laneOf(tops, y) * columns + laneOf(lefts, x)] as number;
}
