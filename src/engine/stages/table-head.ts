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

/** A unit below the name of what a column counts: "(cm)", "(mg/l)". */
const UNIT = /^\([\p{L}%‰°µ€$£/·.²³⁻¹ -]{1,12}\)/u;
const UNIT_ONLY = new RegExp(`${UNIT.source}$`, 'u');
const UNIT_OF_NUMBER = new RegExp(`(${UNIT.source})\\s+(${NUMBER.source.slice(1)})`, 'u');
/** With less, it may be text in brackets. */
const MIN_UNITS = 2;

/** Words over numbers, or bold type over plain type, are a head; and units below it are part of it. */
export function markHead(cells: readonly TypedCell[]): Cell[] {
  const end = cells.some(({ header }) => header) ? 0 : headEnd(cells);
  return withUnits(cells.map(({ bold: _, ...cell }) => (cell.row < end ? { ...cell, header: true } : cell)));
}

/** Units that stand as a row of their own below the head, or that were read with the first numbers. */
function withUnits(cells: Cell[]): Cell[] {
  const end = Math.max(0, ...cells.map((cell) => (cell.header ? cell.row + cell.rowSpan : 0)));
  const below = cells.filter(({ row, text }) => row === end && text !== '');
  if (end === 0 || below.length < MIN_UNITS) return cells;
  if (below.every(({ text }) => UNIT_ONLY.test(text))) {
    return cells.map((cell) => (cell.row === end ? { ...cell, header: true } : cell));
  }
  const units = new Map(below.flatMap(({ column, text }) => [[column, UNIT_OF_NUMBER.exec(text)] as const]));
  const named = cells.filter(
    ({ header, row, rowSpan, column, columnSpan }) =>
      header && row + rowSpan === end && columnSpan === 1 && units.get(column) != null,
  );
  if (named.length < MIN_UNITS) return cells;
  return cells.map((cell) => {
    const unit = named.some(({ column }) => column === cell.column) ? units.get(cell.column) : undefined;
    if (unit == null) return cell;
    if (cell.row === end) return { ...cell, text: unit[2] as string };
    return cell.header && cell.row + cell.rowSpan === end ? { ...cell, text: `${cell.text} ${unit[1]}`.trim() } : cell;
  });
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
