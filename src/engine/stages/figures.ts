/** Figures of a PDF page by what it draws: where its images stand. No picture of the page is needed. */
import type { Point } from '../../schema/document.js';
import type { Region } from './layout.js';
import type { Box } from './line-box.js';

/** Smaller images, in points, are bullets, rules and letters. */
const MIN_SIDE_PT = 16;
/** An image of this share of the page's width or height that reaches its edges is a background or a bar of colour. */
const BACKGROUND_SHARE = 0.9;
/** Images this near, in points, are the pieces of one picture: strips and tiles of a large one. */
const PIECE_GAP_PT = 2;
/** A page of more images is a mosaic: they are not compared each with each. */
const MAX_IMAGES = 1000;

/** `images` in points of the page; regions in pixels, `scale` of them a point. */
export function drawnFigures(
  images: readonly { readonly from: Point; readonly to: Point }[],
  page: { readonly widthPx: number; readonly heightPx: number },
  scale: number,
): readonly Region[] {
  if (images.length > MAX_IMAGES) return [];
  const width = page.widthPx / scale;
  const height = page.heightPx / scale;
  const pictures: Box[] = [];
  for (const { from, to } of images) {
    let box: Box = { left: from.x, top: from.y, right: to.x, bottom: to.y };
    if (box.right - box.left > BACKGROUND_SHARE * width && box.bottom - box.top > BACKGROUND_SHARE * height) continue;
    if (box.bottom - box.top > BACKGROUND_SHARE * height && (box.left <= 1 || box.right >= width - 1)) continue;
    for (let i = pictures.length - 1; i >= 0; i--) {
      const other = pictures[i] as Box;
      if (!touch(box, other)) continue;
      box = around(box, other);
      pictures.splice(i, 1);
    }
    pictures.push(box);
  }
  return pictures
    .filter(({ left, top, right, bottom }) => Math.min(right - left, bottom - top) >= MIN_SIDE_PT)
    .map(({ left, top, right, bottom }) => ({
      type: 'figure',
      rect: { x: left * scale, y: top * scale, width: (right - left) * scale, height: (bottom - top) * scale },
      score: 1,
    }));
}

function touch(a: Box, b: Box): boolean {
  return (
    a.left < b.right + PIECE_GAP_PT &&
    b.left < a.right + PIECE_GAP_PT &&
    a.top < b.bottom + PIECE_GAP_PT &&
    b.top < a.bottom + PIECE_GAP_PT
  );
}

function around(a: Box, b: Box): Box {
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}
