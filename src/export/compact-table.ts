/**
 * A table without the rows and columns that nothing was read in: a form's blank lines, which nobody would write down.
 * One in which nothing was read at all is left as it is.
 */
import type { Cell, Table } from '../schema/document.js';

export function compactTable(table: Table): Table {
  const rows = kept(table.rows, table.cells, (cell) => [cell.row, cell.rowSpan]);
  const columns = kept(table.columns, table.cells, (cell) => [cell.column, cell.columnSpan]);
  const cells = table.cells.flatMap((cell) => {
    const rowSpan = within(rows, cell.row, cell.rowSpan);
    const columnSpan = within(columns, cell.column, cell.columnSpan);
    if (rowSpan === 0 || columnSpan === 0) return [];
    const row = within(rows, 0, cell.row);
    const column = within(columns, 0, cell.column);
    return [{ ...cell, row, column, rowSpan, columnSpan }];
  });
  if (cells.length === 0) return table;
  return { rows: rows.filter(Boolean).length, columns: columns.filter(Boolean).length, cells };
}

/** Which lines of a table have a cell with text that is theirs alone or begins in them. */
function kept(count: number, cells: readonly Cell[], place: (cell: Cell) => readonly [number, number]): boolean[] {
  const lines = Array.from({ length: count }, () => false);
  for (const cell of cells) if (cell.text.trim() !== '') lines[place(cell)[0]] = true;
  return lines;
}

function within(lines: readonly boolean[], from: number, count: number): number {
  return lines.slice(from, from + count).filter(Boolean).length;
}
