/** Rows → paragraphs: which line ends are only the column's edge, and which the author meant. */
import { type Row, rowHeight } from './rows.js';

/** A paragraph's rows, by the lines the author broke; rows inside one are wrapped text. */
export type Paragraph = readonly (readonly Row[])[];

/**
 * From this share of meant line ends on, the block is written line by line (an address, a receipt), and a row that
 * happens to reach the edge is no exception. Prose has one meant end a paragraph, so well under half.
 */
const LINEWISE_SHARE = 0.5;

/** Row heights. An indent is smaller than a gap between columns, larger than the detector's jitter. */
const INDENT = { min: 0.8, max: 5 } as const;

/** A gap this many row heights wider than the usual one separates paragraphs. */
const PARAGRAPH_GAP = 0.6;

/** A form's "Label: value". */
const LABELLED = /^\p{Lu}[^:.!?]{0,30}:(?:\s|$)/u;

/** "[12] Author", which starts an entry of a bibliography. */
const REFERENCE_MARK = /^\[\d{1,4}\]\s?/;

/** Every row on a line of its own. */
export function linewise(rows: readonly Row[]): Paragraph[] {
  return rows.length === 0 ? [] : [rows.map((row) => [row])];
}

export function paragraphs(rows: readonly Row[]): Paragraph[] {
  if (rows.length === 0) return [];
  const edge = Math.max(...rows.map((row) => row.right));
  const breaks = rows.slice(1).map((row, index) => endsByIntent(rows[index] as Row, row, edge));
  const meant = breaks.filter(Boolean).length;
  if (meant > 0 && meant >= LINEWISE_SHARE * breaks.length) return linewise(rows);

  const usualLeft = median(rows.map((row) => row.left));
  const usualGap = median(rows.slice(1).map((row, index) => gap(rows[index] as Row, row)));
  const groups: Row[][] = [];
  rows.forEach((row, index) => {
    const previous = rows[index - 1];
    const starts =
      previous === undefined ||
      breaks[index - 1] === true ||
      isIndented(row, usualLeft) ||
      REFERENCE_MARK.test(row.text) ||
      gap(previous, row) > usualGap + PARAGRAPH_GAP * rowHeight(row);
    if (starts) groups.push([row]);
    else groups.at(-1)?.push(row);
  });
  return groups.map((group) => [group]);
}

/** Whether the row ends although the next one's first word would have fitted behind it, or both are labelled. */
export function endsByIntent(row: Row, next: Row, edge: number): boolean {
  if (LABELLED.test(row.text) && LABELLED.test(next.text)) return true;
  const characterWidth = (next.right - next.left) / next.text.length;
  // Unspaced scripts break between any two characters.
  const firstWord = /^\p{Script=Han}|^\p{Script=Hiragana}|^\p{Script=Katakana}|^\S+/u.exec(next.text)?.[0] ?? '';
  // One row height more than the word and its space, as ragged setting and hyphenation leave some room too.
  const needed = (firstWord.length + 1) * characterWidth + rowHeight(row);
  return row.right + needed < edge;
}

function isIndented(row: Row, usualLeft: number): boolean {
  const indent = (row.left - usualLeft) / rowHeight(row);
  return indent > INDENT.min && indent < INDENT.max;
}

function gap(above: Row, below: Row): number {
  return below.top - above.bottom;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
