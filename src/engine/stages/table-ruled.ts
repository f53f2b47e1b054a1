/**
 * Ruled tables: grids of ruling lines that hold text as tables do. Frames around paragraphs, the axes of charts and the
 * boxes of drawings are grids as well; the text in them tells.
 */
import { type Box, median, readingAngle, type StyledLine, unionOf, wordsOfLine } from './line-box.js';
import { EVERYWHERE, gapsOf, interior, intersect } from './reading-order.js';
import { type TableFrame, tableFrame } from './table-frame.js';
import { type RuledGrid, ruledGrids } from './table-grid.js';
import { rulingsIn, type Stroke } from './table-rulings.js';
import type { StructureCell } from './table-structure.js';

export interface RuledTable {
  /** Cell by cell. Not empty. */
  readonly lines: readonly StyledLine[];
  readonly grid: RuledGrid;
  readonly frame: TableFrame;
  /** False where rows or columns stand in its cells that no line parts. */
  readonly complete: boolean;
}

/** In any of the four directions of text: a table may lie on its side on an upright page. */
export function ruledTables(lines: readonly StyledLine[], strokes: readonly Stroke[]): RuledTable[] {
  // Four lines make a grid of two by two.
  if (strokes.length < 4) return [];
  const byDirection = new Map<number, StyledLine[]>();
  for (const line of lines) {
    const quarter = Math.round(readingAngle(line.quad) / 90) & 3;
    const members = byDirection.get(quarter) ?? [];
    byDirection.set(quarter, members);
    members.push(line);
  }
  return [...byDirection.values()].flatMap((members) => tablesOfDirection(members, strokes));
}

function tablesOfDirection(lines: readonly StyledLine[], strokes: readonly Stroke[]): RuledTable[] {
  const frame = tableFrame(lines);
  const boxed = lines.map((line) => ({ line, box: frame.boundsIn(line.quad) }));
  const letterHeight = median(boxed.map(({ line, box }) => line.style?.fontSizePx ?? box.bottom - box.top));
  const rulings = rulingsIn(
    strokes,
    (point) => {
      const { left: x, top: y } = frame.boundsIn([point]);
      return { x, y };
    },
    letterHeight,
  );
  const texts = boxed.map(({ box }) => box);
  return ruledGrids(rulings, texts, letterHeight).flatMap((grid) => {
    const table = tableOf(grid, boxed, frame, letterHeight);
    return table === undefined ? [] : [table];
  });
}

interface BoxedLine {
  readonly line: StyledLine;
  readonly box: Box;
}

/** Fewer cells with text, and the grid is that of a chart or an empty form. */
const MIN_FILLED = 0.2;
/** Of the words, that may stand across a line, as labels of an axis do: boxes are larger than their words. */
const MAX_CROSSING = 0.15;
/** How far a word lies outside its cell, in its own width or height, to count. */
const CROSSES = 0.3;
/** Of the rows with text, those that have it in two cells or more; beside an axis, one label stands in each. */
const MIN_SHARED_ROWS = 0.3;
/** On average: more lines a cell are paragraphs in boxes. */
const MAX_LINES_IN_CELL = 10;

function tableOf(
  grid: RuledGrid,
  lines: readonly BoxedLine[],
  frame: TableFrame,
  letterHeight: number,
): RuledTable | undefined {
  const inside = lines.filter(({ box }) => holds(grid.box, box));
  const contents = new Map<number, BoxedLine[]>();
  let count = 0;
  let crossing = 0;
  for (const { line, box } of inside) {
    const words = wordsOfLine(line) ?? [];
    const parts = words.length === 0 ? [line] : words;
    const owners = new Set<number>();
    for (const part of parts) {
      const word = frame.boundsIn(part.quad);
      const owner = grid.cellAt((word.left + word.right) / 2, (word.top + word.bottom) / 2);
      const cell = (grid.cells[owner] as StructureCell).box;
      owners.add(owner);
      count++;
      if (
        Math.max(cell.left - word.left, word.right - cell.right) > CROSSES * (word.right - word.left) ||
        Math.max(cell.top - word.top, word.bottom - cell.bottom) > CROSSES * (word.bottom - word.top)
      )
        crossing++;
    }
    for (const owner of owners) contents.set(owner, [...(contents.get(owner) ?? []), { line, box }]);
  }
  const filled = [...contents.keys()].map((at) => grid.cells[at] as StructureCell);
  const perRow = new Map<number, number>();
  for (const { row } of filled) perRow.set(row, (perRow.get(row) ?? 0) + 1);
  const shared = [...perRow.values()].filter((count) => count > 1).length;
  const columns = new Set(filled.map(({ column }) => column)).size;
  if (perRow.size < 2 || columns < 2 || filled.length < MIN_FILLED * grid.cells.length) return undefined;
  if (shared < MIN_SHARED_ROWS * perRow.size) return undefined;
  if (crossing > MAX_CROSSING * count || inside.length > MAX_LINES_IN_CELL * filled.length) return undefined;
  const ordered = new Set(
    [...contents.entries()].sort(([a], [b]) => a - b).flatMap(([, members]) => members.map(({ line }) => line)),
  );
  return { lines: [...ordered], grid, frame, complete: isComplete(grid, contents, letterHeight) };
}

function holds(outer: Box, inner: Box): boolean {
  const x = (inner.left + inner.right) / 2;
  const y = (inner.top + inner.bottom) / 2;
  return x > outer.left && x < outer.right && y > outer.top && y < outer.bottom;
}

/** In letter heights, between texts that stand level in one cell: those of two columns. */
const COLUMN_GAP = 1.5;
/** Of the cells with text, that may hold several columns: a label and a value, say. */
const MAX_SPLIT_CELLS = 0.2;
/** Of an entry that is a cell of its own: the white above it, in letter heights. */
const BLANK = 0.8;
/** Of the table's lines, that may stand in such rows. */
const MAX_UNRULED = 0.3;

function isComplete(
  grid: RuledGrid,
  contents: ReadonlyMap<number, readonly BoxedLine[]>,
  letterHeight: number,
): boolean {
  let split = 0;
  const byRow = new Map<number, Filled[]>();
  for (const [at, members] of contents) {
    const cell = grid.cells[at] as StructureCell;
    byRow.set(cell.row, [...(byRow.get(cell.row) ?? []), { cell, rows: textRows(members, letterHeight) }]);
    if (hasColumns(members, letterHeight)) split++;
  }
  if (split > MAX_SPLIT_CELLS * contents.size) return false;
  let total = 0;
  let unruled = 0;
  for (const cells of byRow.values()) {
    const lines = cells.reduce((sum, { rows }) => sum + rows.length, 0);
    total += lines;
    if (areRows(cells, letterHeight)) unruled += lines;
  }
  return unruled <= MAX_UNRULED * total;
}

interface Filled {
  readonly cell: StructureCell;
  /** Top to bottom. */
  readonly rows: readonly TextRow[];
}

interface TextRow {
  readonly text: string;
  readonly box: Box;
}

const middle = ({ box }: { readonly box: Box }) => (box.top + box.bottom) / 2;

/** What stands level is one row: words of justified text stand so far apart that they are lines of their own. */
function textRows(members: readonly BoxedLine[], letterHeight: number): TextRow[] {
  const rows: BoxedLine[][] = [];
  for (const member of [...members].sort((a, b) => middle(a) - middle(b))) {
    const row = rows.at(-1);
    const last = row?.at(-1);
    if (row !== undefined && last !== undefined && middle(member) - middle(last) < 0.4 * letterHeight) row.push(member);
    else rows.push([member]);
  }
  return rows.map((row) => {
    const across = row.sort((a, b) => a.box.left - b.box.left);
    return { text: across.map(({ line }) => line.text.trim()).join(' '), box: unionOf(across.map(({ box }) => box)) };
  });
}

/** Whether white goes down between lines of about the same number: words of justified text stand apart now and then. */
function hasColumns(members: readonly BoxedLine[], letterHeight: number): boolean {
  const boxes = members.map(({ box }) => box);
  const gaps = intersect(gapsOf(boxes), EVERYWHERE, COLUMN_GAP * letterHeight);
  return interior(gaps, unionOf(boxes)).some((gap) => {
    const left = boxes.filter((box) => box.right <= gap.from).length;
    return 2 * Math.min(left, boxes.length - left) >= Math.max(left, boxes.length - left);
  });
}

/** Whether the cells of one row hold several rows: lines that stand level across, and are no text that wraps. */
function areRows(cells: readonly Filled[], letterHeight: number): boolean {
  const several = cells.filter(({ rows }) => rows.length > 1);
  return several.some(
    (one, i) =>
      areEntries(one, letterHeight) &&
      several.some((other, j) => i !== j && areLevel(one.rows, other.rows, letterHeight)),
  );
}

function areLevel(rows: readonly TextRow[], others: readonly TextRow[], letterHeight: number): boolean {
  const level = rows.filter((row) =>
    others.some((other) => Math.abs(middle(other) - middle(row)) < 0.2 * letterHeight),
  );
  return level.length >= 0.8 * rows.length;
}

const NUMBER = /^[^\p{L}]*\d[^\p{L}]*$/u;

/** Numbers, texts with a blank line between, or lines that were left although the next word would have fitted. */
function areEntries({ cell, rows }: Filled, letterHeight: number): boolean {
  const numbers = rows.filter(({ text }) => NUMBER.test(text)).length;
  if (numbers >= 0.7 * rows.length) return true;
  let short = 0;
  for (const [i, { box }] of rows.entries()) {
    const next = rows[i + 1];
    if (next === undefined) break;
    if (next.box.top - box.bottom > BLANK * letterHeight) return true;
    const word = /^\p{Script=Han}|^\S+/u.exec(next.text)?.[0] ?? '';
    const needed = ((next.box.right - next.box.left) * (word.length + 1)) / Math.max(1, next.text.length);
    if (cell.box.right - cell.box.left - (box.right - box.left) > needed + letterHeight) short++;
  }
  return rows.length > 2 && short >= 0.7 * (rows.length - 1);
}

/** Of the page's part that the table takes. */
export function boxOfRuled({ grid, lines, frame }: RuledTable): Box {
  return unionOf([grid.box, ...lines.map((line) => frame.boundsIn(line.quad))]);
}
