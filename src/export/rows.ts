/** The lines of a block as a reader sees them: what stands side by side is one row. */
import type { Block, Quad, TextLine } from '../schema/document.js';
import { readsRightToLeft } from '../schema/writing-direction.js';

/** Of a block of Arabic or Hebrew, mirrored: what comes first is left in every block. */
export interface Row {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Its parts stand apart, as in a receipt or a form: the row ends where its last part ends, not where text wraps. */
  readonly gapped: boolean;
}

/** Heights of the higher of two parts that stand apart: well above a justified line's spaces, and an index is low. */
const MIN_GAP = 1.5;

/** Lines that share at least half of the lower one's height stand on one row, as a label and its value do. */
const MIN_SHARED_HEIGHT = 0.5;

/** A line this much taller than wide runs down the page and shares a row with nothing. */
const VERTICAL_ASPECT = 2;

export function blockRows(block: Block): Row[] {
  const rows: Row[] = [];
  const mirror = mirrorOf(block);
  for (const line of block.lines) {
    const row = lineRow(line, mirror);
    if (row.text === '') continue;
    const previous = rows.at(-1);
    if (previous !== undefined && besideEachOther(previous, row)) rows[rows.length - 1] = merge(previous, row);
    else rows.push(row);
  }
  return rows;
}

export function rowHeight(row: Row): number {
  return row.bottom - row.top;
}

/** Between which its rows stand. */
export function blockEdges(block: Block): Pick<Row, 'left' | 'right'> {
  const { x, width } = block.rect;
  return mirrorOf(block) === 1 ? { left: x, right: x + width } : { left: -x - width, right: -x };
}

function mirrorOf({ lines }: Block): 1 | -1 {
  return readsRightToLeft(lines.map(({ text }) => text)) ? -1 : 1;
}

function lineRow(line: TextLine, mirror: 1 | -1): Row {
  return { text: line.text.replace(/\s+/g, ' ').trim(), ...bounds(line.quad, mirror), gapped: false };
}

function bounds(quad: Quad, mirror: 1 | -1): Pick<Row, 'left' | 'right' | 'top' | 'bottom'> {
  const xs = quad.map((point) => mirror * point.x);
  const ys = quad.map((point) => point.y);
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

function besideEachOther(left: Row, right: Row): boolean {
  const lower = Math.min(rowHeight(left), rowHeight(right));
  const shared = Math.min(left.bottom, right.bottom) - Math.max(left.top, right.top);
  const follows = right.left >= left.right - lower / 2;
  return follows && shared >= MIN_SHARED_HEIGHT * lower && !isVertical(left) && !isVertical(right);
}

function isVertical(row: Row): boolean {
  return row.text.length > 1 && rowHeight(row) > VERTICAL_ASPECT * (row.right - row.left);
}

function merge(left: Row, right: Row): Row {
  return {
    text: `${left.text} ${right.text}`,
    left: Math.min(left.left, right.left),
    right: Math.max(left.right, right.right),
    top: Math.min(left.top, right.top),
    bottom: Math.max(left.bottom, right.bottom),
    gapped: left.gapped || right.left - left.right > MIN_GAP * Math.max(rowHeight(left), rowHeight(right)),
  };
}
