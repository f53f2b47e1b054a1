/** Figures of a PDF page by what it draws: its images, and drawings of many shapes. No picture of the page is needed. */
import type { Point } from '../../schema/document.js';
import type { Region } from './layout.js';
import { type Box, boxOf, shareInside, unionOf } from './line-box.js';

/** Something drawn that is neither a straight stroke nor a rectangle, in points. */
export interface Shape extends Box {
  /** Its outline is drawn; else it is filled. */
  readonly stroked: boolean;
}

/** Smaller images and drawings, in points, are bullets, rules and letters. */
const MIN_SIDE_PT = 16;
/** An image of this share of the page's width or height that reaches its edges is a background or a bar of colour. */
const BACKGROUND_SHARE = 0.9;
/** Images this near, in points, are the pieces of one picture: strips and tiles of a large one. */
const IMAGE_GAP_PT = 2;
/** And shapes of one drawing: nodes of a graph, letters of a logo. Cells of a table of icons are further apart. */
const SHAPE_GAP_PT = 20;
/** Fewer shapes are ornaments: frames with round corners, arrows, bullets. */
const MIN_SHAPES = 4;
/** A page of more images is a mosaic, of more shapes a map: they are not compared each with each. */
const MAX_PIECES = 2000;
/** So many outlines are a drawing even where its labels stand like cells of a table. */
const MIN_OUTLINES = 6;
/** Of a figure's area, in a table: it belongs to the table. And of a table's, in a drawing: its cells are labels. */
const INSIDE = 0.5;

/**
 * Tables and figures of the page. `images` and `shapes` are in points of the page; regions in pixels, `scale` of them a
 * point.
 */
export function withDrawnFigures(
  tables: readonly Region[],
  images: readonly { readonly from: Point; readonly to: Point }[],
  shapes: readonly Shape[],
  page: { readonly widthPx: number; readonly heightPx: number },
  scale: number,
): readonly Region[] {
  const size = { width: page.widthPx / scale, height: page.heightPx / scale };
  const pictures = images
    .map(({ from, to }): Box => ({ left: from.x, top: from.y, right: to.x, bottom: to.y }))
    .filter((box) => !isBackground(box, size));
  const drawings = clusters(
    shapes.filter((shape) => !isBackground(shape, size)),
    SHAPE_GAP_PT,
  ).filter(({ members }) => members.length >= MIN_SHAPES);
  const outlined = drawings
    .filter(({ members }) => members.filter(({ stroked }) => stroked).length >= MIN_OUTLINES)
    .map(({ box }) => scaled(box, scale));
  const kept = tables.filter(({ rect }) => !outlined.some((box) => shareInside(boxOf(rect), box) > INSIDE));
  const figures = [...clusters(pictures, IMAGE_GAP_PT), ...drawings]
    .filter(({ box: { left, top, right, bottom } }) => Math.min(right - left, bottom - top) >= MIN_SIDE_PT)
    .map(({ box }) => scaled(box, scale))
    .filter((box) => !kept.some(({ rect }) => shareInside(box, boxOf(rect)) > INSIDE));
  return [
    ...kept,
    ...figures.map(
      ({ left, top, right, bottom }): Region => ({
        type: 'figure',
        rect: { x: left, y: top, width: right - left, height: bottom - top },
        score: 1,
      }),
    ),
  ];
}

function isBackground(box: Box, page: { readonly width: number; readonly height: number }): boolean {
  const isWide = box.right - box.left > BACKGROUND_SHARE * page.width;
  const isHigh = box.bottom - box.top > BACKGROUND_SHARE * page.height;
  return isHigh && (isWide || box.left <= 1 || box.right >= page.width - 1);
}

interface Cluster<T> {
  readonly box: Box;
  readonly members: readonly T[];
}

/** Boxes that are nearer than `gap` to one another, or to what lies around those. */
function clusters<T extends Box>(boxes: readonly T[], gap: number): Cluster<T>[] {
  if (boxes.length > MAX_PIECES) return [];
  const found: Cluster<T>[] = [];
  for (const each of boxes) {
    let cluster: Cluster<T> = { box: each, members: [each] };
    for (let i = found.length - 1; i >= 0; i--) {
      const other = found[i] as Cluster<T>;
      if (!touch(cluster.box, other.box, gap)) continue;
      cluster = { box: unionOf([cluster.box, other.box]), members: cluster.members.concat(other.members) };
      found.splice(i, 1);
      // What was too far away may touch what has grown.
      i = found.length;
    }
    found.push(cluster);
  }
  return found;
}

function touch(a: Box, b: Box, gap: number): boolean {
  return a.left < b.right + gap && b.left < a.right + gap && a.top < b.bottom + gap && b.top < a.bottom + gap;
}

function scaled({ left, top, right, bottom }: Box, scale: number): Box {
  return { left: left * scale, top: top * scale, right: right * scale, bottom: bottom * scale };
}
