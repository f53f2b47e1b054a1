/** A page → plain text in reading order: everything that was read, with the page's own line ends. */
import type { Block, Page } from '../schema/document.js';
import { tableRows } from './html-table.js';
import { blockRows } from './rows.js';

/** A blank line between blocks; a tab between the cells of a table. */
export function pageText(page: Page): string {
  return page.blocks.map(blockText).filter(Boolean).join('\n\n');
}

function blockText(block: Block): string {
  if (block.table === undefined || block.table.cells.length === 0) {
    return blockRows(block)
      .map((row) => row.text)
      .join('\n');
  }
  return tableRows(block.table)
    .map((cells) => cells.map((cell) => cell.text.replace(/\s+/g, ' ').trim()).join('\t'))
    .join('\n');
}
