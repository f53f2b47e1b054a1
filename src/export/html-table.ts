/** Table → HTML, with spans. One row a line; no attributes but the spans. */
import type { Cell, Table } from '../schema/document.js';
import { escapeMarkup } from './markup.js';

export function tableHtml(table: Table): string {
  const rows = tableRows(table).map((cells) => `<tr>${cells.map(cellHtml).join('')}</tr>`);
  return ['<table>', ...rows, '</table>'].join('\n');
}

/** The cells of each row, left to right. A row that only cells from above reach into is empty. */
export function tableRows(table: Table): Cell[][] {
  const rows: Cell[][] = Array.from({ length: table.rows }, () => []);
  for (const cell of table.cells) rows[cell.row]?.push(cell);
  for (const row of rows) row.sort((a, b) => a.column - b.column);
  return rows;
}

function cellHtml(cell: Cell): string {
  const tag = cell.header ? 'th' : 'td';
  const rowSpan = cell.rowSpan > 1 ? ` rowspan="${cell.rowSpan}"` : '';
  const columnSpan = cell.columnSpan > 1 ? ` colspan="${cell.columnSpan}"` : '';
  const text = escapeMarkup(cell.text).replaceAll('\n', '<br>');
  return `<${tag}${rowSpan}${columnSpan}>${text}</${tag}>`;
}
