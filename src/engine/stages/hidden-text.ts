/**
 * Which lines of a text layer a reader cannot see although they were painted: in the colour of their ground, under a
 * filled rectangle, or under an image. Told from the order of painting; what is only suspected is settled by pixels.
 */
import type { GrayImage } from '../native.js';
import { type Box, boundsOf } from './line-box.js';
import type { TextLayerLine } from './open.js';

/** A filled shape or an image. */
export interface Painted extends Box {
  readonly kind: 'rectangle' | 'shape' | 'image';
  /** Of shapes. */
  readonly dark: boolean;
}

export interface PaintedLine {
  readonly line: TextLayerLine;
  /** Nearly white. */
  readonly pale: boolean;
}

export type Sight = 'seen' | 'under-image' | 'suspect';

/** Letters are higher than the cells are; a shape counts only in the cells that it fills. */
const CELL_PT = 4;
/** Cells that are painted before the rest is left alone: drawings of a million shapes hide no text worth the time. */
const MAX_CELLS = 4_000_000;

const GROUND = { paper: 0, dark: 1, image: 2 } as const;

/** One sight a line, in the order of painting. `size`: of the page, in points as all coordinates. */
export function sightOf(
  painting: readonly (Painted | PaintedLine)[],
  size: { readonly width: number; readonly height: number },
): readonly Sight[] {
  const columns = Math.max(1, Math.ceil(size.width / CELL_PT));
  const rows = Math.max(1, Math.ceil(size.height / CELL_PT));
  if (columns * rows > MAX_CELLS) return painting.flatMap((item) => ('line' in item ? ['seen' as const] : []));
  const ground = new Uint8Array(columns * rows);
  /** Place in the order of what was painted last over the whole of the cell. */
  const cover = new Uint32Array(columns * rows);
  let budget = MAX_CELLS;

  const cellOf = ({ line }: PaintedLine) => {
    const { left, right, top, bottom } = boundsOf(line.quad);
    const column = Math.min(columns - 1, Math.max(0, Math.floor((left + right) / 2 / CELL_PT)));
    const row = Math.min(rows - 1, Math.max(0, Math.floor((top + bottom) / 2 / CELL_PT)));
    return row * columns + column;
  };
  const paint = ({ kind, dark, left, top, right, bottom }: Painted, order: number) => {
    const from = Math.max(0, Math.ceil(left / CELL_PT));
    const to = Math.min(columns, Math.floor(right / CELL_PT));
    const last = Math.min(rows, Math.floor(bottom / CELL_PT));
    for (let row = Math.max(0, Math.ceil(top / CELL_PT)); row < last && from < to && budget > 0; row++) {
      budget -= to - from;
      const start = row * columns;
      ground.fill(kind === 'image' ? GROUND.image : dark ? GROUND.dark : GROUND.paper, start + from, start + to);
      if (kind !== 'shape') cover.fill(order, start + from, start + to);
    }
  };

  const lines: { readonly cell: number; readonly order: number; readonly faint: boolean }[] = [];
  painting.forEach((item, order) => {
    if ('line' in item) {
      const cell = cellOf(item);
      lines.push({ cell, order, faint: item.pale && ground[cell] === GROUND.paper });
    } else {
      paint(item, order);
    }
  });
  return lines.map(({ cell, order, faint }) => {
    if ((cover[cell] as number) > order) return ground[cell] === GROUND.image ? 'under-image' : 'suspect';
    return faint ? 'suspect' : 'seen';
  });
}

/** Levels by which print differs from its ground at least, and the share of a line's middle that it covers. */
const MIN_DIFFERENCE = 24;
const MIN_INK = 0.01;

/** Whether the picture shows anything where the line stands. `scale`: its pixels a point. */
export function showsInk({ data, width, height }: GrayImage, scale: number, { quad }: TextLayerLine): boolean {
  const box = boundsOf(quad);
  // The middle alone: a cover need not reach to the very edge of the letters' boxes.
  const inset = (box.bottom - box.top) / 4;
  const left = Math.max(0, Math.floor((box.left + inset) * scale));
  const right = Math.min(width, Math.max(left + 1, Math.ceil((box.right - inset) * scale)));
  const top = Math.max(0, Math.floor((box.top + inset) * scale));
  const bottom = Math.min(height, Math.max(top + 1, Math.ceil((box.bottom - inset) * scale)));
  const counts = new Uint32Array(256);
  for (let y = top; y < bottom; y++) {
    for (const level of data.subarray(y * width + left, y * width + right))
      counts[level] = (counts[level] as number) + 1;
  }
  const ground = counts.indexOf(Math.max(...counts));
  const total = Math.max(0, right - left) * Math.max(0, bottom - top);
  const ink = counts.reduce((sum, count, level) => (Math.abs(level - ground) > MIN_DIFFERENCE ? sum + count : sum), 0);
  return ink > MIN_INK * total;
}
