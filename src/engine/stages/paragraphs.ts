/** Rows of a column -> groups that belong together: paragraphs, headings, list items, rows of a table. */
import { type Box, type LineBox, median, unionOf } from './line-box.js';
import { EVERYWHERE, type Flow, gapsOf, type Interval, interior, intersect, type Row } from './reading-order.js';

/** A line in its column, with what the layout model said of it. */
export interface FlowLine extends LineBox {
  readonly atom: false;
  /** Index of the region the line lies in. */
  readonly region: number | undefined;
}

export interface Group {
  readonly rows: Flow<FlowLine>;
  /** Rows of several cells that stand in common columns. */
  readonly tabular: boolean;
  /** What its first row begins with. */
  readonly start: Start;
  /** Stands off from the rows above and below by more white than lines of a paragraph do, or ends the column there. */
  readonly apart: boolean;
  readonly apartAbove: boolean;
  readonly column: Box;
}

/** A marker of a list, a label with its value, or neither. */
export type Start = 'item' | 'label' | 'none';

/** A bullet, or a number or letter as lists, clauses and references use them; numbers of claims and paragraphs in 【】. */
export const LIST_MARKER =
  /^(?:[•‣⁃∙●○◦■▪▫◆◇❖➢➤►▶✓✔✦·☐☑]|[\uf020-\uf0ff]\s|【\P{Nd}{0,3}\p{Nd}{1,4}】|[-–—*]\s+(?=\S)|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,4})[.)]\s+(?=\S)|\[\d{1,3}\]|[（(][一二三四五六七八九十\d]{1,3}[）)]|\d{1,3}[．、）]|\d{1,3}[.)](?=\p{Script=Han})|[①-⑳⑴-⒇])/u;
/** A marker that stands alone, its text being a line of its own behind it. */
const LONE_MARKER =
  /^(?:[•‣⁃∙●○◦■▪▫◆◇❖➢➤►▶✓✔✦·–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,4})[.)]?|\[\d{1,3}\]|\d{1,2}(?:\.\d{1,2}){1,3}\.?|第[一二三四五六七八九十百零〇\d]{1,5}[章节節条條编編款]|[（(][一二三四五六七八九十\d]{1,3}[）)]|\d{1,3}[．、）]|[①-⑳⑴-⒇])$/u;

/** Numbers of claims and paragraphs that stand on a row of their own, but for the number of the line. */
const LONE_NUMBER = /^【\P{Nd}{0,3}\p{Nd}{1,4}】(?:\s\d{1,3})?$/u;
/** Numbers of chapters and articles, which begin a paragraph wherever a line begins with one. */
const ARTICLE_NUMBER = /^第[一二三四五六七八九十百零〇\d]{1,5}[章节節条條编編款](?:\s|$)/u;
/** A capital that marks an item where another has the letter before or behind it, and else begins a name. */
const INITIAL = /^([A-Z])\.\s/u;
/** Of a section in Chinese and Japanese; its name fills no line. */
const SECTION_NUMBER = /^[一二三四五六七八九十]{1,3}[、.．，,]/u;
/** Stands for a bullet where a symbol font's letter was taken for what it is in other fonts. */
const BULLET_LETTER = /^[vonlquüØ§wp]\s+(?=\S)/u;
/** A label and its value, as forms and fact sheets have them. */
const LABELLED_VALUE = /^[\p{Lu}\p{Lo}][^:：]{1,40}[:：](?!\/\/)\s*\S/u;
const LABEL = /^[\p{Lu}\p{Lo}][^:：]{1,40}[:：](?!\/\/)/u;
/** Behind the mark of a footnote stands its text, or its number. */
const NOTE_MARK = /^(?:[*†‡§]{1,3}\d{0,2})\s*(?=\p{L})/u;

export const SENTENCE_END = /[.!?。！？:：;；]["'”’)\]]*$/u;

/** Cells of a row stand at least this many letter heights apart; a justified word space stays below 1. */
const CELL_GAP = 1.3;
/** Lines of a cell beside its first. */
const MAX_WRAPPED = 2;
/** Least width of a gutter that rows of a table have in common, in letter heights. */
const MIN_COMMON_GAP = 0.5;
/** The text of a lone marker follows within this many letter heights. */
const MARKER_GAP = 4;
/** Pitch of two lines over the usual pitch of the column above which they part. Leading varies by about a tenth. */
const PITCH_BREAK = 1.3;
/** And from which a line stands apart, in smaller letters of the two: headings are often close to their text. */
const APART = 1.2;
/** Lines that are set one under the other stand further apart than this many letter heights. */
const MIN_PITCH = 0.7;
/** Largest pitch of one paragraph in letter heights: double spacing of typewritten text. */
const MAX_PITCH = 2.6;
/** Letter heights of one paragraph differ by less: detectors' boxes vary by a third, font sizes are exact. */
const HEIGHT_RATIO = { detected: 1.45, known: 1.12 } as const;
/** An indent that begins a paragraph, in letter heights. */
const INDENT = { min: 0.8, max: 6 } as const;
/** A table has at least so many rows and, on average, cells. */
const TABLE_ROWS = 3;
const TABLE_CELLS = 2.6;

/** Rows of items under each other are this many rows apart at most, and their left edges this many letter heights. */
const MAX_ITEM_ROWS = 4;
const SAME_EDGE = 0.5;

interface FlowRow {
  readonly lines: Row<FlowLine>;
  readonly box: Box;
  readonly height: number;
  readonly text: string;
  readonly cells: number;
  readonly first: FlowLine;
}

/** Pieces of a row that stand apart as cells of a table do. */
export function cellsOf(lines: Row<FlowLine>): number {
  let cells = 1;
  for (let i = 1; i < lines.length; i++) {
    const before = lines[i - 1] as FlowLine;
    const line = lines[i] as FlowLine;
    const gap = (line.left - before.right) / Math.max(before.height, line.height);
    const afterMarker = i === 1 && gap < MARKER_GAP && LONE_MARKER.test(before.line.text.trim());
    if (gap > CELL_GAP && !afterMarker) cells++;
  }
  return cells;
}

function describe(lines: Row<FlowLine>): FlowRow {
  return {
    lines,
    box: unionOf(lines),
    height: Math.max(...lines.map((line) => line.height)),
    text: textOf(lines),
    cells: cellsOf(lines),
    first: lines[0] as FlowLine,
  };
}

const middle = (row: FlowRow) => (row.box.top + row.box.bottom) / 2;

/** Which of the rows begin an item: by a marker of their own, or by what they have in common with others. */
function itemStarts(rows: readonly FlowRow[]): Start[] {
  const letters = new Set(rows.flatMap(({ text }) => INITIAL.exec(text)?.[1]?.charCodeAt(0) ?? []));
  const starts = rows.map(({ text }): Start => {
    const letter = INITIAL.exec(text)?.[1]?.charCodeAt(0);
    const isInitial = letter !== undefined && !letters.has(letter - 1) && !letters.has(letter + 1);
    return LIST_MARKER.test(text) && !isInitial ? 'item' : 'none';
  });
  for (const [pattern, start, maxRows] of [
    [BULLET_LETTER, 'item', MAX_ITEM_ROWS],
    [ARTICLE_NUMBER, 'item', 1],
    [LABELLED_VALUE, 'label', MAX_ITEM_ROWS],
  ] as const) {
    let previous: number | undefined;
    rows.forEach((row, i) => {
      if (!pattern.test(row.text)) return;
      const before = previous;
      previous = i;
      if (before === undefined || i - before > maxRows) return;
      const above = rows[before] as FlowRow;
      if (pattern !== ARTICLE_NUMBER && Math.abs(above.box.left - row.box.left) > SAME_EDGE * row.height) return;
      if (pattern === BULLET_LETTER && above.text[0] !== row.text[0]) return;
      starts[before] = start;
      starts[i] = start;
    });
  }
  return starts;
}

export function groupRows(flow: Flow<FlowLine>): Group[] {
  const rows = flow.map(describe);
  if (rows.length === 0) return [];
  const starts = itemStarts(rows);
  const column = unionOf(rows.map((row) => row.box));
  const tabular = tabularRuns(rows);
  const pitch = usualPitch(rows, tabular);
  const groups: { rows: Row<FlowLine>[]; tabular: boolean; start: Start }[] = [];
  rows.forEach((row, i) => {
    const above = rows[i - 1];
    const group = groups[groups.length - 1];
    const joins =
      above !== undefined &&
      group !== undefined &&
      (tabular[i] !== 0 || tabular[i - 1] !== 0
        ? tabular[i] === tabular[i - 1]
        : !parts(above, row, rows[i - 2], column, pitch, starts[i] as Start));
    if (joins) group.rows.push(row.lines);
    else groups.push({ rows: [row.lines], tabular: tabular[i] !== 0, start: starts[i] as Start });
  });
  let from = 0;
  return groups.flatMap((group) => {
    const to = from + group.rows.length;
    const apart = isApart(rows[from - 1], rows[from], pitch) && isApart(rows[to - 1], rows[to], pitch);
    const apartAbove = isApart(rows[from - 1], rows[from], pitch);
    from = to;
    return splitAtLabels({ ...group, apart, apartAbove, column });
  });
}

function isApart(above: FlowRow | undefined, row: FlowRow | undefined, usual: number): boolean {
  if (above === undefined || row === undefined) return true;
  return middle(row) - middle(above) > APART * Math.max(usual, 1) * Math.min(row.height, above.height);
}

/** For each row the number of the run of cells it belongs to, 0 for none. The rows of a run have a gutter in common. */
function tabularRuns(rows: readonly FlowRow[]): number[] {
  const runs = rows.map(() => 0);
  let number = 0;
  for (let from = 0; from < rows.length; ) {
    let to = from;
    let gutters: readonly Interval[] = EVERYWHERE;
    while (to < rows.length && (to === from || isNear(rows[to - 1] as FlowRow, rows[to] as FlowRow))) {
      const row = rows[to] as FlowRow;
      gutters = intersect(gutters, gapsOf(row.lines), MIN_COMMON_GAP * row.height);
      // A cell that wraps leaves rows of one cell, on one side of a gutter; more of them are text beside a number.
      const wrapped = rows.slice(Math.max(from, to - MAX_WRAPPED), to + 1);
      if (wrapped.length > MAX_WRAPPED && wrapped.every(({ cells }) => cells < 2)) break;
      if (interior(gutters, unionOf(rows.slice(from, to + 1).map(({ box }) => box))).length === 0) break;
      to++;
    }
    while (to > from && (rows[to - 1] as FlowRow).cells < 2) to--;
    if (to - from >= 2) {
      number++;
      for (let i = from; i < to; i++) runs[i] = number;
    }
    from = Math.max(to, from + 1);
  }
  return runs;
}

function isNear(above: FlowRow, row: FlowRow): boolean {
  return middle(row) - middle(above) <= 4 * Math.max(row.height, above.height);
}

/** Whether a text begins with a label, as the rows of a form do. */
export function isLabelled(text: string): boolean {
  return LABEL.test(text);
}

const textOf = (row: Row<FlowLine>) => row.map(({ line }) => line.text.trim()).join(' ');

/** Rows of cells that are labels and values: each label with what follows up to the next. */
function splitAtLabels(group: Group): Group[] {
  const labelled = group.rows.filter((row) => isLabelled(textOf(row))).length;
  if (!group.tabular || 2 * labelled < group.rows.length || labelled < 2 || looksLikeTable(group)) return [group];
  const fields: Row<FlowLine>[][] = [];
  for (const row of group.rows) {
    const last = fields[fields.length - 1];
    if (last === undefined || isLabelled(textOf(row))) fields.push([row]);
    else last.push(row);
  }
  return fields.map((rows) => ({ ...group, rows, tabular: false, start: 'label' }));
}

export function looksLikeTable(group: Group): boolean {
  if (!group.tabular || group.rows.length < TABLE_ROWS) return false;
  const cells = group.rows.map(cellsOf);
  return cells.reduce((sum, count) => sum + count, 0) / cells.length >= TABLE_CELLS;
}

function usualPitch(rows: readonly FlowRow[], tabular: readonly number[]): number {
  const pitches: number[] = [];
  for (let i = 1; i < rows.length; i++) {
    const above = rows[i - 1] as FlowRow;
    const row = rows[i] as FlowRow;
    if (tabular[i] !== 0 || tabular[i - 1] !== 0) continue;
    const pitch = (middle(row) - middle(above)) / Math.max(row.height, above.height);
    if (pitch < MAX_PITCH) pitches.push(pitch);
  }
  // Gaps between paragraphs only widen: the usual pitch lies in the lower part.
  pitches.sort((a, b) => a - b);
  return pitches[Math.floor(pitches.length * 0.4)] ?? 1.5;
}

/** Whether a new group begins between two rows that follow each other. */
function parts(
  above: FlowRow,
  row: FlowRow,
  before: FlowRow | undefined,
  column: Box,
  usual: number,
  start: Start,
): boolean {
  const a = above.first;
  const b = row.first;
  // Parts of a formula, sub- and superscripts overlap the line they belong to.
  if (middle(row) - middle(above) < MIN_PITCH * Math.max(above.height, row.height)) return false;
  const known = a.line.style !== undefined && b.line.style !== undefined;
  const ratio = Math.max(above.height, row.height) / Math.min(above.height, row.height);
  if (ratio > (known ? HEIGHT_RATIO.known : HEIGHT_RATIO.detected)) return true;
  if (a.region !== b.region) return true;

  const height = Math.max(above.height, row.height);
  const pitch = (middle(row) - middle(above)) / height;
  const oneRegion = a.region !== undefined;
  if (pitch > MAX_PITCH || pitch > Math.max(usual, 1) * (oneRegion ? PITCH_BREAK * 1.2 : PITCH_BREAK)) return true;
  if (before !== undefined && !oneRegion) {
    const last = (middle(above) - middle(before)) / height;
    if (last > 0.8 && last <= usual && pitch > last * PITCH_BREAK) return true;
  }
  if (known && isBold(above) !== isBold(row)) {
    // Words set bold within a sentence fill lines now and then.
    const inSentence = /^\p{Ll}/u.test(row.text) || (isBold(row) && !SENTENCE_END.test(above.text));
    if (!inSentence || isShort(above, row, column)) return true;
  }

  if (ARTICLE_NUMBER.test(row.text) || LONE_NUMBER.test(above.text) || LONE_NUMBER.test(row.text)) return true;
  if (SECTION_NUMBER.test(row.text)) return true;
  if (SECTION_NUMBER.test(above.text) && isShort(above, row, column)) return true;
  if (start === 'label') return true;
  if (NOTE_MARK.test(row.text) && (NOTE_MARK.test(above.text) || SENTENCE_END.test(above.text))) return true;
  if (start === 'item') {
    // "…in section / 3) above" is no item: an item begins where the line above was left or stood.
    if (
      LIST_MARKER.test(above.text) ||
      BULLET_LETTER.test(above.text) ||
      SENTENCE_END.test(above.text) ||
      isShort(above, row, column)
    )
      return true;
  }
  const indent = (row.box.left - above.box.left) / height;
  const hangs = LIST_MARKER.test(above.text);
  const centred = isCentred(above, column) && isCentred(row, column);
  if (indent > INDENT.min && indent < INDENT.max && !hangs && !centred) {
    // A hanging indent sets in behind the first line of its group; a paragraph's indent behind a finished line.
    if (SENTENCE_END.test(above.text) || isShort(above, row, column)) return true;
  }
  // The text of an item or of a hanging entry ends where a line goes back to the margin after a finished line.
  if (-indent > INDENT.min && before !== undefined && SENTENCE_END.test(above.text)) {
    const wasIndentedFirst = before.box.left < above.box.left - INDENT.min * height;
    if (wasIndentedFirst && isShort(above, row, column)) return true;
  }
  return !centred && SENTENCE_END.test(above.text) && isShort(above, row, column);
}

/** Whether the row was left although the first word of the next would have fitted with room to spare. */
function isShort(above: FlowRow, row: FlowRow, column: Box): boolean {
  const slack = column.right - above.box.right;
  const word = /^\p{Script=Han}|^\S+/u.exec(row.text)?.[0] ?? '';
  const needed = ((row.box.right - row.box.left) * (word.length + 1)) / Math.max(1, row.text.length);
  return slack > needed + 1.5 * above.height;
}

function isCentred(row: FlowRow, column: Box): boolean {
  const left = row.box.left - column.left;
  const right = column.right - row.box.right;
  return left > row.height && right > row.height && Math.abs(left - right) < row.height;
}

export function isBold(row: { readonly lines: Row<FlowLine> }): boolean {
  return row.lines.every((line) => line.line.style?.bold === true);
}

/** Middle letter height of the lines, weighted by nothing: a group's lines are alike. */
export function heightOf(lines: readonly LineBox[]): number {
  return median(lines.map((line) => line.height));
}
