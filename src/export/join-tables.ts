/** The pieces of a table that page ends cut → one table. */
import type { Cell, Table } from '../schema/document.js';
import { tableRows } from './html-table.js';

/** Header rows that are looked for at the top of each further piece. */
const MAX_HEADER_ROWS = 4;

/** Further pieces lose the header rows they repeat. Cells keep the places they have on their own pages. */
export function joinTables(pieces: readonly Table[]): Table {
  const [first, ...others] = pieces;
  if (first === undefined) throw new TypeError('expected a table to be joined to others');
  const header = rowTexts(first);
  const cells: Cell[] = [...first.cells];
  let rows = first.rows;
  for (const piece of others) {
    const repeated = repeatedRows(header, piece);
    for (const cell of piece.cells) {
      if (cell.row >= repeated) cells.push({ ...cell, row: cell.row - repeated + rows });
    }
    rows += piece.rows - repeated;
  }
  return { rows, columns: first.columns, cells };
}

/** How many rows at the top of `piece` say the same as those of the header; never all of them. */
function repeatedRows(header: readonly string[], piece: Table): number {
  const texts = rowTexts(piece);
  let count = 0;
  while (count < Math.min(header.length, texts.length, piece.rows - 1) && header[count] === texts[count]) count += 1;
  // A cell that reaches from a header row into the body has to stay.
  while (count > 0 && piece.cells.some(({ row, rowSpan }) => row < count && row + rowSpan > count)) count -= 1;
  return count;
}

function rowTexts(table: Table): string[] {
  return tableRows(table)
    .slice(0, MAX_HEADER_ROWS)
    .map((cells) => cells.map(({ text }) => text.replace(/\s+/g, '').toLowerCase()).join('|'));
}
