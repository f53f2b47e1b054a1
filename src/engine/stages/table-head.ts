/** Which of a table's first rows are its head, where it is evident from the text. */
import type { Cell } from '../../schema/document.js';

export interface TypedCell extends Cell {
  /** All of its text is set in bold type. */
  readonly bold: boolean;
}

const NUMBER = /^[^\p{L}]*\d[^\p{L}]*$/u;
/** Heads of columns are years as often as words. */
const YEAR = /^(?:19|20)\d\d$/;
/** Of the cells with text below: least share of numbers under words, largest share of bold type under bold type. */
const NUMBERS_BELOW = 0.4;
const BOLD_BELOW = 0.5;

/** Words over numbers, or bold type over plain type, are a head. */
export function markHead(cells: readonly TypedCell[]): Cell[] {
  const end = cells.some(({ header }) => header) ? 0 : headEnd(cells);
  return cells.map(({ bold: _, ...cell }) => (cell.row < end ? { ...cell, header: true } : cell));
}

/** Number of rows. */
function headEnd(cells: readonly TypedCell[]): number {
  const row = cells.filter((cell) => cell.row === 0);
  // A row of one cell is the table's title.
  if (row.length < 2) return 0;
  // A head over several columns has theirs below it.
  const end = Math.max(...row.map(({ rowSpan, columnSpan }) => Math.max(rowSpan, columnSpan > 1 ? 2 : 1)));
  const first = row.filter(({ text }) => text !== '');
  const below = cells.filter((cell) => cell.row >= end && cell.text !== '');
  if (first.length === 0 || below.length === 0) return 0;
  const share = (is: (cell: TypedCell) => boolean) => below.filter(is).length / below.length;
  const overPlain = first.every(({ bold }) => bold) && share(({ bold }) => bold) <= BOLD_BELOW;
  const overNumbers =
    first.every(({ text }) => !NUMBER.test(text) || YEAR.test(text)) &&
    share(({ text }) => NUMBER.test(text)) >= NUMBERS_BELOW;
  return overPlain || overNumbers ? end : 0;
}
