/** What goes on over the end of a page: a table, a list, a sentence. */
import type { Block, Page } from '../schema/document.js';
import { isCutSentence, isCutUnspaced } from './join-lines.js';
import { blockEdges, blockRows, rowHeight } from './rows.js';

/** A block as its neighbour on the other page needs to know it. */
export interface EdgeBlock {
  readonly blockIndex: number;
  readonly type: Block['type'];
  /** As fractions of the page's width. */
  readonly left: number;
  readonly right: number;
  /** Of a table whose structure was read. */
  readonly columns: number | undefined;
  readonly firstLine: string;
  readonly lastLine: string;
  readonly isWrapped: boolean;
  /** The last line ends where the column does. */
  readonly isFull: boolean;
  readonly isIndented: boolean;
}

/** Where both edges of the columns of one table stand on two pages, as a fraction of the width (a scan shifts). */
const SAME_EDGE = 0.03;

/** Unordered mark or ordinal that begins a list's item; the ordinal is what has to count on. */
const ITEM = /^(?:[•‣⁃∙●○◦■▪▫◆◇❖➢➤►▶✓✔✦·\-–—*]\s*|[(（]?(\d{1,3})[.)．）、]\s*)\S/u;

/** Heights of a line by which it may miss the edge and still be full. */
const FULL_LINE = 1.5;

export function edgeBlock(block: Block, blockIndex: number, page: Page): EdgeBlock {
  const rows = blockRows(block);
  const [first, last] = [rows[0], rows.at(-1)];
  const edges = blockEdges(block);
  return {
    blockIndex,
    type: block.type,
    left: block.rect.x / page.widthPx,
    right: (block.rect.x + block.rect.width) / page.widthPx,
    columns: block.table === undefined || block.table.cells.length === 0 ? undefined : block.table.columns,
    firstLine: first?.text ?? '',
    lastLine: last?.text ?? '',
    isWrapped: rows.length > 1,
    isFull: last !== undefined && last.right >= edges.right - FULL_LINE * rowHeight(last),
    isIndented: first !== undefined && first.left > edges.left + rowHeight(first) / 2,
  };
}

/** Whether `next`, which begins a page, goes on with `last`, which ended the page before. */
export function goesOn(last: EdgeBlock, next: EdgeBlock): boolean {
  if (last.type === 'table' || next.type === 'table') {
    return (
      last.columns !== undefined &&
      last.columns === next.columns &&
      Math.abs(last.left - next.left) <= SAME_EDGE &&
      Math.abs(last.right - next.right) <= SAME_EDGE
    );
  }
  if (last.type === 'list' && next.type === 'list') {
    return itemFollows(last, next) || isCutSentence(last.lastLine, next.firstLine);
  }
  if (!isProse(last) || !isProse(next) || !last.isWrapped) return false;
  if (isCutSentence(last.lastLine, next.firstLine)) return true;
  return last.isFull && !next.isIndented && isCutUnspaced(last.lastLine, next.firstLine);
}

function isProse({ type }: EdgeBlock): boolean {
  return type === 'text' || type === 'list';
}

/** A list that begins anew at 1 is another one. */
function itemFollows(last: EdgeBlock, next: EdgeBlock): boolean {
  const item = ITEM.exec(next.firstLine);
  if (item === null) return false;
  const isOrdered = item[1] !== undefined;
  return !isOrdered || (item[1] !== '1' && /\d/.test(last.firstLine));
}
