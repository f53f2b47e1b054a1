/**
 * How far a table reaches of which a part was found: the layout model, and gutters, often leave out the column of labels,
 * or a head that stands apart.
 */
import type { Region } from './layout.js';
import { type LineBox, unionOf } from './line-box.js';
import { areColumns, gapsOf, interior } from './reading-order.js';

export interface Part {
  readonly lines: readonly LineBox[];
  readonly region: Region | undefined;
}

/** In letter heights: a head stands off from its table by a blank line or two. */
const MAX_APART = 2.5;
/** Of the narrower part's width, that parts of one table have in common. */
const MIN_COMMON_WIDTH = 0.8;
/** White between lines of one text, in letter heights. */
const MAX_LEADING = 0.7;
/** In letter heights: lines this wide are sentences, and parts of mostly such lines are captions, notes or text. */
const PROSE_EM = 12;

/** `free` are the lines that are in no part. Parts of figures stay as they are. */
export function wholeTables(parts: readonly Part[], free: readonly LineBox[], letterHeight: number): Part[] {
  const left = new Set(free);
  const take = (lines: readonly LineBox[]) => {
    for (const line of lines) left.delete(line);
    return lines;
  };
  const fixed = parts.filter(({ region }) => region?.type === 'figure');
  const grown = parts
    .filter(({ region }) => region?.type !== 'figure')
    .map((part) => {
      const column = columnInside(part.lines, free);
      for (const line of column) left.add(line);
      return { ...part, lines: part.lines.filter((line) => !column.includes(line)) };
    })
    .map(({ lines, region }) => ({ lines: [...lines, ...take(cellsBeside(lines, [...left]))], region }))
    .sort((a, b) => unionOf(a.lines).top - unionOf(b.lines).top);
  const whole: Part[] = [];
  for (const part of grown) {
    const above = whole.findLast((candidate) => continues(candidate.lines, part.lines, [...left], letterHeight));
    if (above === undefined) {
      whole.push(part);
      continue;
    }
    const lines = [...above.lines, ...part.lines];
    const all = [...lines, ...take(linesBetween(above.lines, part.lines, [...left]))];
    whole[whole.indexOf(above)] = {
      lines: [...all, ...take(cellsBeside(all, [...left]))],
      region: above.region ?? part.region,
    };
  }
  return [...fixed, ...whole];
}

/** What stands beside the rows and is no column of text. */
function cellsBeside(lines: readonly LineBox[], free: readonly LineBox[]): LineBox[] {
  const { left, top, right, bottom } = unionOf(lines);
  const beside = free.filter((line) => line.centerY > top && line.centerY < bottom);
  const items = (boxes: readonly LineBox[]) => boxes.map((line) => ({ ...line, atom: false as const }));
  const before = beside.filter((line) => line.right <= left);
  const after = beside.filter((line) => line.left >= right);
  const outside = free.filter((line) => line.right <= left || line.left >= right);
  const areCells = (side: readonly LineBox[], columns: boolean) =>
    side.length > 0 && !columns && !runsPast(side, free) && !endsColumn(side, outside);
  return [
    ...(areCells(before, areColumns(items(before), items(lines))) ? before : []),
    ...(areCells(after, areColumns(items(lines), items(after))) ? after : []),
  ];
}

/** Whether text goes on both above and below, without so much as a blank line: it is a column beside the table. */
function runsPast(lines: readonly LineBox[], free: readonly LineBox[]): boolean {
  const { left, top, right, bottom } = unionOf(lines);
  const goesOn = (gap: (line: LineBox) => number) =>
    free.some(
      (line) =>
        Math.abs(gap(line)) < MAX_LEADING * line.height &&
        Math.min(line.right, right) - Math.max(line.left, left) > 0.5 * Math.min(line.right - line.left, right - left),
    );
  const others = new Set(lines);
  return (
    goesOn((line) => (others.has(line) ? Infinity : top - line.bottom)) &&
    goesOn((line) => (others.has(line) ? Infinity : line.top - bottom))
  );
}

/** The least part at one side, behind a gutter, where it ends a column of text from above and the rest begins there. */
function columnInside(lines: readonly LineBox[], free: readonly LineBox[]): readonly LineBox[] {
  const cuts = interior(gapsOf(lines), unionOf(lines)).map((gutter) => {
    const before = lines.filter((line) => line.right <= gutter.from);
    const after = lines.filter((line) => line.left >= gutter.to);
    const above = free.filter((line) => line.right <= gutter.to || line.left >= gutter.from);
    return before.length < after.length ? { side: before, rest: after, above } : { side: after, rest: before, above };
  });
  const column = cuts
    .sort((a, b) => a.side.length - b.side.length)
    .find(({ side, rest, above }) => endsColumn(side, above) && !endsColumn(rest, above));
  return column?.side ?? [];
}

/** Rows of text close above: a caption or the head of a column is one or two. */
const COLUMN_ROWS = 3;

/** Whether the lines are the end of a column of text beside the table, of which `outside` are the lines. */
function endsColumn(lines: readonly LineBox[], outside: readonly LineBox[]): boolean {
  let { left, right, top } = unionOf(lines);
  for (let row = 0; row < COLUMN_ROWS; row++) {
    const above = outside.filter(
      (line) =>
        line.centerY < top && top - line.bottom < MAX_LEADING * line.height && line.left < right && line.right > left,
    );
    if (above.length === 0) return false;
    ({ left, right, top } = unionOf([...above, { left, right, top, bottom: top }]));
  }
  return true;
}

function linesBetween(above: readonly LineBox[], below: readonly LineBox[], free: readonly LineBox[]): LineBox[] {
  const { left, right } = unionOf([...above, ...below]);
  const from = unionOf(above).bottom;
  const to = unionOf(below).top;
  return free.filter((line) => line.centerY > from && line.centerY < to && line.right > left && line.left < right);
}

/** Whether `below` goes on, or overlaps, what is above it, in the same columns. */
function continues(
  above: readonly LineBox[],
  below: readonly LineBox[],
  free: readonly LineBox[],
  letterHeight: number,
): boolean {
  const a = unionOf(above);
  const b = unionOf(below);
  const common = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  if (common < MIN_COMMON_WIDTH * Math.min(a.right - a.left, b.right - b.left)) return false;
  if (b.top - a.bottom > MAX_APART * letterHeight || isProse(above) || isProse(below)) return false;
  return linesBetween(above, below, free).every((line) => line.widthEm < PROSE_EM);
}

function isProse(lines: readonly LineBox[]): boolean {
  return 2 * lines.filter((line) => line.widthEm >= PROSE_EM).length > lines.length;
}
