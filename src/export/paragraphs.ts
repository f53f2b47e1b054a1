/** Rows → paragraphs: which line ends are only the column's edge, and which the author meant. */
import { type Row, rowHeight } from './rows.js';

/** A paragraph's rows, by the lines the author broke; rows inside one are wrapped text. */
export type Paragraph = readonly (readonly Row[])[];

/**
 * From this share of meant line ends on, the block is written line by line (an address, a receipt), and a row that
 * happens to reach the edge is no exception. Prose has one meant end a paragraph, so well under half.
 */
const LINEWISE_SHARE = 0.5;

/** Rows in a run that only prose makes; in fewer, a line of its own happened to reach the edge. */
const WRAPPED_RUN = 3;

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
  const pairs = rows.slice(1).map((row, index) => ({ above: rows[index] as Row, row }));
  const meant = pairs.map(({ above, row }) => endsByIntent(above, row, edge));
  const meantCount = meant.filter(Boolean).length;
  const isLinewise = meantCount > 0 && meantCount >= LINEWISE_SHARE * meant.length;
  const usualLeft = median(rows.map((row) => row.left));
  const usualGap = median(pairs.map(({ above, row }) => gap(above, row)));

  const groups: { rows: Row[]; meant: boolean[] }[] = [{ rows: rows.slice(0, 1), meant: [] }];
  pairs.forEach(({ above, row }, index) => {
    const isMeant = meant[index] === true;
    const starts =
      gap(above, row) > usualGap + PARAGRAPH_GAP * rowHeight(row) ||
      (!isLinewise && (isMeant || isIndented(row, usualLeft) || REFERENCE_MARK.test(row.text)));
    const group = groups.at(-1);
    if (starts || group === undefined) groups.push({ rows: [row], meant: [] });
    else {
      group.rows.push(row);
      group.meant.push(isMeant);
    }
  });
  return groups.map((group) => (isLinewise ? keptLines(group.rows, group.meant) : [group.rows]));
}

/** The lines of a block that is written line by line, but for a run of wrapped text that stands among them. */
function keptLines(rows: readonly Row[], meant: readonly boolean[]): Paragraph {
  const lines: Row[][] = [];
  for (let first = 0; first < rows.length; ) {
    let last = first;
    while (last < meant.length && meant[last] === false) last += 1;
    const run = rows.slice(first, last + 1);
    if (run.length >= WRAPPED_RUN) lines.push(run);
    else lines.push(...run.map((row) => [row]));
    first = last + 1;
  }
  return lines;
}

/** Whether the row ends although the next one's first word would have fitted behind it, or either is no running text. */
export function endsByIntent(row: Row, next: Row, edge: number): boolean {
  if (row.gapped || next.gapped) return true;
  if (LABELLED.test(row.text) && LABELLED.test(next.text)) return true;
  const characterWidth = (next.right - next.left) / next.text.length;
  // Unspaced scripts break between any two characters.
  const firstWord = /^\p{Script=Han}|^\p{Script=Hiragana}|^\p{Script=Katakana}|^\S+/u.exec(next.text)?.[0] ?? '';
  // Half a row height more than the word and its space, as its letters may be wider than most.
  const needed = (firstWord.length + 1) * characterWidth + rowHeight(row) / 2;
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
