/**
 * Reading order of boxes on a page: a recursive cut into zones of equal column structure, columns and rows.
 *
 * A plain XY-cut (Nagy & Seth, 1984) takes the widest white gap, and so cuts columns apart wherever their paragraphs
 * happen to line up. Here a page is first swept from top to bottom into zones that share their column gutters, a
 * gutter must prove that it parts columns of text and not cells of a table, and a few boxes that bridge a gutter are
 * set aside to divide what lies above them from what lies below.
 */
import { type Box, median, unionOf, weightedMedian } from './line-box.js';

export interface OrderItem extends Box {
  /** Of its letters, in pixels; of a picture or table, the page's usual letter height. */
  readonly height: number;
  /** Width in letter heights; see `LineBox.widthEm`. */
  readonly widthEm: number;
  /** A picture or table: it stands alone in its row and counts as wide text. */
  readonly atom: boolean;
}

/** Items of one row, left to right. */
export type Row<T> = readonly T[];
/** Rows that are read one after the other in one column. */
export type Flow<T> = readonly Row<T>[];

/**
 * Smallest gutter, in letter heights. Detectors widen a line by about a third of its height at either end, which
 * leaves little of the narrowest gutters in print (about 1 em); what a gutter parts must prove it to be one.
 */
const MIN_GUTTER = 0.2;
/** A column of text is at least this wide: some 20 Latin letters, 10 Chinese ones. Cells of tables are mostly below. */
const MIN_COLUMN_EM = 9;
/** Shorter pieces are bits of formulas and drawings, which are no lines of a column. */
const MIN_LINE_EM = 3;
/** Columns whose rows stand level and whose lines are more ragged than this are a table. */
const MIN_ALIGNED_FILL = 0.7;
/** White between rows of a table of texts, over that between lines, in letter heights; a blank half line is usual. */
const SECTION_GAP = 0.4;
/** So many rows, and this share of them level, are no coincidence of paragraphs. */
const MIN_SECTIONS = 3;
const LEVEL_SECTIONS = 0.7;
/** Letter heights. Between white lines that go through both, columns of text begin within 0.5 of each other every other time. */
const SECTION_LEVEL_TOLERANCE = 0.3;
const RAGGED_SECTIONS = 0.4;
/** Rows of a table are level to a tenth of the letter height; lines of text of other leading are by chance, 1 in 4. */
const LEVEL_TOLERANCE = 0.2;
/** Share of a band's lines that may stand level with others by chance; more, and the band is several rows. */
const MAX_LEVEL_IN_CELLS = 0.5;
/** Share of a page's text that may bridge a gutter and still leave it one. */
const MAX_BRIDGING = 0.3;

export interface Interval {
  readonly from: number;
  readonly to: number;
}

export const EVERYWHERE: readonly Interval[] = [{ from: -Infinity, to: Infinity }];

export function readingOrder<T extends OrderItem>(items: readonly T[]): Flow<T>[] {
  if (items.length === 0) return [];
  const minGutter = MIN_GUTTER * median(items.map((item) => item.height));
  return orderZone(items, minGutter).flows.filter((flow) => flow.length > 0);
}

interface Ordered<T> {
  readonly flows: readonly Flow<T>[];
  /** One flow that was not cut into columns: it may go on in the next zone. */
  readonly single: boolean;
}

function orderZone<T extends OrderItem>(items: readonly T[], minGutter: number): Ordered<T> {
  if (items.length <= 1) return leaf(items);
  const bands = splitBands(items);
  const zones = joinBands(bands, minGutter);
  if (zones.length > 1) {
    return chain(
      zones.map((zone) =>
        orderZone(
          zone.flatMap((band) => band.items),
          minGutter,
        ),
      ),
    );
  }
  const free = intersect(gapsOf(items), EVERYWHERE, minGutter);
  const gaps = interior(free, unionOf(items));
  const gutters = columnGutters(items, gaps);
  if (gutters.length > 0) {
    const parallel = parallelRows(items, bands, gutters);
    if (parallel !== undefined) return { flows: [parallel], single: true };
    return {
      flows: partition(items, gutters).flatMap((column) => orderZone(column, minGutter).flows),
      single: false,
    };
  }
  if (gaps.length > 0) return { flows: [bands.flatMap((band) => rowsOfCells(band.items, gaps))], single: true };
  return orderAroundBridges(items, minGutter) ?? leaf(items);
}

/**
 * Texts side by side that begin level again and again are the rows of a table (or a text and its translation), however
 * wide: they are read across. Undefined where they are columns.
 */
function parallelRows<T extends OrderItem>(
  items: readonly T[],
  bands: readonly Band<T>[],
  gutters: readonly Interval[],
): Flow<T> | undefined {
  const leading = bands.slice(1).map((band, i) => band.from - (bands[i] as Band<T>).to);
  const tight = [...leading].sort((a, b) => a - b)[leading.length >> 2] ?? 0;
  const letter = median(items.map((item) => item.height));
  const sections: T[][] = [];
  bands.forEach((band, i) => {
    const apart = (leading[i - 1] ?? Infinity) > tight + SECTION_GAP * letter;
    if (apart) sections.push([...band.items]);
    else (sections[sections.length - 1] as T[]).push(...band.items);
  });
  if (sections.length < MIN_SECTIONS || items.length < 1.5 * sections.length * (gutters.length + 1)) return undefined;
  let level = 0;
  let ragged = 0;
  for (const section of sections) {
    const cells = partition(section, gutters);
    const tops = cells.map((cell) => Math.min(...cell.map((item) => item.top)));
    const bottoms = cells.map((cell) => Math.max(...cell.map((item) => item.bottom)));
    if (Math.max(...tops) - Math.min(...tops) < SECTION_LEVEL_TOLERANCE * letter) level++;
    if (Math.max(...bottoms) - Math.min(...bottoms) > letter) ragged++;
  }
  // Columns on a common grid begin and end level at a common blank line; cells end as their texts do.
  if (level < LEVEL_SECTIONS * sections.length || ragged < RAGGED_SECTIONS * sections.length) return undefined;
  return sections.map((section) => partition(section, gutters).flatMap((cell) => rowsOf(cell).flat()));
}

/** A band of a table is one row, cell by cell, where the lines of its cells do not stand level. */
function rowsOfCells<T extends OrderItem>(items: readonly T[], gaps: readonly Interval[]): Flow<T> {
  const rows = rowsOf(items);
  if (rows.length === 1 || items.some((item) => item.atom)) return rows;
  const level = rows.reduce((sum, row) => sum + (row.length > 1 ? row.length : 0), 0);
  if (level > MAX_LEVEL_IN_CELLS * items.length) return rows;
  const cells = partition(items, interior(gaps, unionOf(items)));
  return cells.filter((cell) => cell.length > 0).length === 1 ? rows : [cells.flatMap((cell) => rowsOf(cell).flat())];
}

function leaf<T extends OrderItem>(items: readonly T[]): Ordered<T> {
  return { flows: [rowsOf(items)], single: true };
}

/** Puts flows one after the other; neighbours that were not cut into columns become one flow. */
function chain<T>(parts: readonly Ordered<T>[]): Ordered<T> {
  const flows: Flow<T>[] = [];
  let open = false;
  for (const part of parts) {
    const [first] = part.flows;
    if (part.single && open && first !== undefined) flows.push([...(flows.pop() as Flow<T>), ...first]);
    else flows.push(...part.flows);
    open = part.single;
  }
  return { flows, single: flows.length === 1 };
}

/** Boxes level with each other, top to bottom, each row left to right. */
export function rowsOf<T extends OrderItem>(items: readonly T[]): Flow<T> {
  const middle = (item: T) => (item.top + item.bottom) / 2;
  const sorted = [...items].sort((a, b) => middle(a) - middle(b));
  const rows: T[][] = [];
  let row: T[] = [];
  let level = 0;
  for (const item of sorted) {
    const last = row[row.length - 1];
    // Letters of one row may differ in height; their middles stay within 0.4 of the smaller one's.
    const fits =
      last !== undefined &&
      !item.atom &&
      !last.atom &&
      Math.abs(middle(item) - level) < 0.4 * Math.min(item.height, last.height);
    if (fits) {
      level += (middle(item) - level) / (row.length + 1);
      row.push(item);
    } else {
      row = [item];
      rows.push(row);
      level = middle(item);
    }
  }
  for (const each of rows) each.sort((a, b) => a.left - b.left);
  return rows;
}

/** What a box covers vertically for cutting: lines lose their margins, since boxes of neighbouring lines overlap. */
function core(item: OrderItem): Interval {
  const cut = item.atom ? Math.min(0.3 * item.height, 0.2 * (item.bottom - item.top)) : 0.2 * (item.bottom - item.top);
  return { from: item.top + cut, to: item.bottom - cut };
}

interface Band<T> {
  readonly items: readonly T[];
  readonly from: number;
  readonly to: number;
  /** What no item of the band covers, the margins included. */
  readonly gaps: readonly Interval[];
  readonly left: number;
  readonly right: number;
}

/** Cuts wherever a horizontal line meets no box. */
function splitBands<T extends OrderItem>(items: readonly T[]): Band<T>[] {
  const sorted = items
    .map((item) => {
      const { from, to } = core(item);
      return { item, from, to };
    })
    .sort((a, b) => a.from - b.from);
  const bands: Band<T>[] = [];
  let members: T[] = [];
  let from = 0;
  let to = -Infinity;
  const close = () => {
    if (members.length === 0) return;
    const gaps = gapsOf(members);
    bands.push({
      items: members,
      from,
      to,
      gaps,
      left: (gaps[0] as Interval).to,
      right: (gaps[gaps.length - 1] as Interval).from,
    });
  };
  for (const entry of sorted) {
    if (entry.from >= to) {
      close();
      members = [];
      from = entry.from;
      to = entry.to;
    }
    members.push(entry.item);
    to = Math.max(to, entry.to);
  }
  close();
  return bands;
}

/** What the boxes leave free from left to right, the outer margins included. */
export function gapsOf(items: readonly Box[]): Interval[] {
  const sorted = [...items].sort((a, b) => a.left - b.left);
  const gaps: Interval[] = [];
  let reached = -Infinity;
  for (const item of sorted) {
    if (item.left > reached) gaps.push({ from: reached, to: item.left });
    reached = Math.max(reached, item.right);
  }
  gaps.push({ from: reached, to: Infinity });
  return gaps;
}

export function intersect(a: readonly Interval[], b: readonly Interval[], minWidth: number): Interval[] {
  const common: Interval[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const p = a[i] as Interval;
    const q = b[j] as Interval;
    const from = Math.max(p.from, q.from);
    const to = Math.min(p.to, q.to);
    if (to - from >= minWidth) common.push({ from, to });
    if (p.to < q.to) i++;
    else j++;
  }
  return common;
}

/** Gaps that have text on both sides. */
export function interior(
  gaps: readonly Interval[],
  extent: { readonly left: number; readonly right: number },
): Interval[] {
  return gaps.filter((gap) => gap.from >= extent.left && gap.to <= extent.right);
}

interface Zone {
  readonly gaps: readonly Interval[];
  readonly left: number;
  readonly right: number;
}

function zoneOf<T>({ gaps, left, right }: Band<T>, minGutter: number): Zone {
  return { gaps: intersect(gaps, EVERYWHERE, minGutter), left, right };
}

function joined<T>(zone: Zone, band: Band<T>, minGutter: number): Zone {
  return {
    gaps: intersect(zone.gaps, band.gaps, minGutter),
    left: Math.min(zone.left, band.left),
    right: Math.max(zone.right, band.right),
  };
}

function columnsIn(zone: Zone): number {
  return interior(zone.gaps, zone).length;
}

function hasColumns(zone: Zone): boolean {
  return columnsIn(zone) > 0;
}

function fits(zone: Zone, band: Zone, both: Zone): boolean {
  // A heading over several columns must not hide one of their gutters.
  if (!hasColumns(zone)) return columnsIn(both) >= columnsIn(band);
  return hasColumns(both);
}

/** Sweeps the bands from top to bottom into zones whose columns go through, each a run of bands. */
function joinBands<T>(bands: readonly Band<T>[], minGutter: number): (readonly Band<T>[])[] {
  const zones: (readonly Band<T>[])[] = [];
  let start = 0;
  let zone = zoneOf(bands[0] as Band<T>, minGutter);
  for (let i = 1; i < bands.length; i++) {
    const band = bands[i] as Band<T>;
    const both = joined(zone, band, minGutter);
    if (fits(zone, zoneOf(band, minGutter), both)) {
      zone = both;
      continue;
    }
    const next = zoneStart(bands, start, i, minGutter);
    zones.push(bands.slice(start, next.index));
    start = next.index;
    zone = next.zone;
  }
  zones.push(bands.slice(start));
  return zones;
}

/**
 * Where the zone begins that band `at` does not fit into the one from `start` with: bands above it that could be part
 * of either go with it when the widest white of them is above them.
 */
function zoneStart<T>(
  bands: readonly Band<T>[],
  start: number,
  at: number,
  minGutter: number,
): { readonly index: number; readonly zone: Zone } {
  const white = (index: number) => (bands[index] as Band<T>).from - (bands[index - 1] as Band<T>).to;
  let zone = zoneOf(bands[at] as Band<T>, minGutter);
  const columns = columnsIn(zone);
  let best = { index: at, zone };
  for (let i = at - 1; i > start; i--) {
    const band = bands[i] as Band<T>;
    if (columns === 0 && hasColumns(zoneOf(band, minGutter))) break;
    zone = joined(zone, band, minGutter);
    if (columns === 0 ? hasColumns(zone) : columnsIn(zone) < columns) break;
    if (white(i) > white(best.index)) best = { index: i, zone };
  }
  return best;
}

function partition<T extends OrderItem>(items: readonly T[], gutters: readonly Interval[]): T[][] {
  const columns: T[][] = Array.from({ length: gutters.length + 1 }, () => []);
  const starts = gutters.map((gutter) => gutter.from);
  for (const item of items) (columns[countUpTo(starts, (item.left + item.right) / 2)] as T[]).push(item);
  return columns;
}

/** How many of the values, which are sorted, are at most `limit`. */
function countUpTo(values: readonly number[], limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const at = (low + high) >> 1;
    if ((values[at] as number) <= limit) low = at + 1;
    else high = at;
  }
  return low;
}

/** Those of the gutters that part columns of text; the others part cells, labels or numbers. */
function columnGutters<T extends OrderItem>(items: readonly T[], gutters: readonly Interval[]): Interval[] {
  const columns = partition(items, gutters);
  return gutters.filter((_, i) => areColumns(columns[i] as T[], columns[i + 1] as T[]));
}

/** Whether these are columns of text side by side, rather than cells of one table. */
export function areColumns(left: readonly OrderItem[], right: readonly OrderItem[]): boolean {
  if (left.some((item) => item.atom) || right.some((item) => item.atom)) return true;
  const wide = Math.min(typicalWidth(left), typicalWidth(right)) >= MIN_COLUMN_EM;
  const level = levelShare(left, right);
  // One line beside one is a row, whatever stands between them.
  if (left.length + right.length < 3) return false;
  if (wide) return level < 0.7 || Math.min(fill(left), fill(right)) >= MIN_ALIGNED_FILL;
  // Narrow texts side by side (labels of a drawing, names under a letter) are columns where their rows do not match.
  return left.length >= 3 && right.length >= 3 && level < 0.4;
}

/** Half of the text stands in lines of this width or more: bits of formulas and drawings are many, and weigh little. */
function typicalWidth(items: readonly OrderItem[]): number {
  return weightedMedian(items.map((item) => ({ value: item.widthEm, weight: item.widthEm })));
}

/** How much of its column a typical line fills, the column being as wide as all but the longest tenth of its lines. */
function fill(items: readonly OrderItem[]): number {
  const widths = items
    .filter((item) => item.widthEm >= MIN_LINE_EM)
    .map((item) => item.right - item.left)
    .sort((a, b) => a - b);
  return (widths[widths.length >> 1] ?? 0) / (widths[Math.floor(0.9 * widths.length)] ?? 1);
}

/** Share of the shorter side's lines that stand level with a line of the other side. */
function levelShare(a: readonly OrderItem[], b: readonly OrderItem[]): number {
  const [few, many] = a.length <= b.length ? [a, b] : [b, a];
  const middles = many.map((item) => (item.top + item.bottom) / 2).sort((p, q) => p - q);
  let level = 0;
  for (const item of few) {
    const middle = (item.top + item.bottom) / 2;
    const low = countUpTo(middles, middle);
    const nearest = Math.min(
      Math.abs((middles[low] ?? Infinity) - middle),
      Math.abs((middles[low - 1] ?? Infinity) - middle),
    );
    if (nearest < LEVEL_TOLERANCE * item.height) level++;
  }
  return level / few.length;
}

/**
 * Columns whose lines interleave leave no white line across the page, so that a heading or picture that bridges
 * their gutter hides it. The gutter is then where the least text crosses; what crosses it divides the page.
 */
function orderAroundBridges<T extends OrderItem>(items: readonly T[], minGutter: number): Ordered<T> | undefined {
  const gutter = leastCrossed(items, minGutter);
  if (gutter === undefined) return undefined;
  const at = (gutter.from + gutter.to) / 2;
  const bridges = items.filter((item) => item.left < at && item.right > at);
  if (bridges.length === 0 || bridges.length > MAX_BRIDGING * items.length) return undefined;
  const others = items.filter((item) => !(item.left < at && item.right > at));
  const left = others.filter((item) => item.right <= at);
  const right = others.filter((item) => item.left >= at);
  if (left.length < 3 || right.length < 3 || !areColumns(left, right)) return undefined;
  const middle = (item: T) => (item.top + item.bottom) / 2;
  const sorted = [...bridges].sort((a, b) => middle(a) - middle(b));
  const levels = sorted.map(middle);
  const segments: T[][] = Array.from({ length: sorted.length + 1 }, () => []);
  for (const item of others) (segments[countUpTo(levels, middle(item))] as T[]).push(item);
  const parts: Ordered<T>[] = [];
  segments.forEach((segment, i) => {
    if (segment.length > 0) parts.push(orderZone(segment, minGutter));
    const bridge = sorted[i];
    if (bridge !== undefined) parts.push(leaf([bridge]));
  });
  return chain(parts);
}

/** The widest of the intervals inside the page that the least text crosses, by summed letter height. */
function leastCrossed(items: readonly OrderItem[], minGutter: number): Interval | undefined {
  const steps = items
    .flatMap((item) => [
      { x: item.left, by: item.bottom - item.top },
      { x: item.right, by: item.top - item.bottom },
    ])
    .sort((a, b) => a.x - b.x);
  const profile: { from: number; to: number; crossed: number }[] = [];
  let crossed = 0;
  steps.forEach((step, i) => {
    crossed += step.by;
    const to = steps[i + 1]?.x;
    if (to !== undefined && to > step.x) profile.push({ from: step.x, to, crossed });
  });
  const most = Math.max(...profile.map((part) => part.crossed));
  let best: { from: number; to: number; crossed: number } | undefined;
  let run: { from: number; to: number; crossed: number } | undefined;
  const from = profile[0]?.from ?? 0;
  const to = profile[profile.length - 1]?.to ?? 0;
  for (const part of profile) {
    // The outer tenths are ragged line ends, not gutters.
    const inside = part.from > from + 0.1 * (to - from) && part.to < to - 0.1 * (to - from);
    if (!inside || part.crossed > MAX_BRIDGING * most) {
      run = undefined;
      continue;
    }
    run = run === undefined ? part : { from: run.from, to: part.to, crossed: Math.max(run.crossed, part.crossed) };
    if (run.to - run.from < minGutter) continue;
    if (best === undefined || run.crossed < best.crossed || run.to - run.from > best.to - best.from) best = run;
  }
  return best;
}
