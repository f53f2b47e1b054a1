/**
 * The probability map of a DB detector over a page image at some scale. A map too large for one inference is put
 * together from tiles: what stands on a seam is then found as if there were none.
 */
import type { Native, RgbImage } from '../native.js';
import { normalizationOf } from '../normalization.js';
import type { Model } from '../session.js';
import { type Dims, type ShapeGrid, shapeFor } from '../shape-grid.js';
import { cropPlane, repeatPlanes } from './planes.js';

export interface ProbabilityMap {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** The detector halves its input five times. */
export const SIDE_MULTIPLE = 32;

/** PaddleOCR's bound of a page's side (`max_side_limit`), by which the memory of an inference is bounded. */
const MAX_TILE_PX = 4000;

/** The largest tile where there is no grid. */
const FREE_TILE: Dims = [1, 3, MAX_TILE_PX, MAX_TILE_PX];

/** Shared by two neighbours, each of whose halves nearest to the seam is thrown away: more than a line is high. */
const OVERLAP_PX = 256;

/** A tile along one side of the map, and the part of it that the map takes. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly keepFrom: number;
  readonly keepTo: number;
}

export async function detectorMap(
  image: RgbImage,
  model: Model,
  native: Native,
  scale: number,
): Promise<ProbabilityMap> {
  const width = roundSide(image.width * scale);
  const height = roundSide(image.height * scale);
  const { columns, rows } = tilesOf(width, height, model.grid);
  if (columns.length === 1 && rows.length === 1) {
    const tensor = new Float32Array(3 * width * height);
    // The page fills the rounded size: stretched by up to 16 pixels a side rather than padded, as the detector's own training does.
    native.imageToTensor(image, width, height, width, height, normalizationOf(model.entry), tensor);
    return { data: await run(model, tensor, width, height), width, height };
  }
  const data = new Float32Array(width * height);
  for (const row of rows) {
    for (const column of columns) {
      const [tileWidth, tileHeight] = [column.to - column.from, row.to - row.from];
      const tensor = tileOf(image, column, row, image.width / width, image.height / height, model, native);
      const tile = await run(model, tensor, tileWidth, tileHeight);
      for (let y = row.keepFrom; y < row.keepTo; y++) {
        const start = (y - row.from) * tileWidth - column.from;
        data.set(tile.subarray(start + column.keepFrom, start + column.keepTo), y * width + column.keepFrom);
      }
    }
  }
  return { data, width, height };
}

/** As few tiles as can be, and of these the smallest; pure. Sides are multiples of 32. */
export function tilesOf(width: number, height: number, grid: ShapeGrid = [FREE_TILE]) {
  return grid
    .map(([, , tileHeight, tileWidth]) => ({
      columns: spansOf(width, tileWidth),
      rows: spansOf(height, tileHeight),
      tilePixels: tileHeight * tileWidth,
    }))
    .reduce((best, tiles) => {
      const count = (each: typeof tiles) => each.columns.length * each.rows.length;
      return (count(tiles) - count(best) || tiles.tilePixels - best.tilePixels) < 0 ? tiles : best;
    });
}

/** Spans of equal length that overlap and cover `length`, a multiple of 32. */
export function spansOf(length: number, maxTilePx = MAX_TILE_PX): readonly Span[] {
  const count = Math.max(1, Math.ceil((length - OVERLAP_PX) / (maxTilePx - OVERLAP_PX)));
  const size = Math.ceil((length + (count - 1) * OVERLAP_PX) / count / SIDE_MULTIPLE) * SIDE_MULTIPLE;
  const startOf = (index: number) =>
    count === 1 ? 0 : Math.round(((length - size) * index) / (count - 1) / SIDE_MULTIPLE) * SIDE_MULTIPLE;
  const seamBefore = (index: number) =>
    index === 0 ? 0 : index === count ? length : Math.round((startOf(index - 1) + size + startOf(index)) / 2);
  return Array.from({ length: count }, (_, index) => ({
    from: startOf(index),
    to: startOf(index) + size,
    keepFrom: seamBefore(index),
    keepTo: seamBefore(index + 1),
  }));
}

function tileOf(
  image: RgbImage,
  column: Span,
  row: Span,
  stepX: number,
  stepY: number,
  model: Model,
  native: Native,
): Float32Array {
  const [width, height] = [column.to - column.from, row.to - row.from];
  const [left, right] = [column.from * stepX, column.to * stepX];
  const [top, bottom] = [row.from * stepY, row.to * stepY];
  const corners = Float32Array.of(left, top, right, top, right, bottom, left, bottom);
  const tensor = new Float32Array(3 * width * height);
  const unturned = Uint8Array.of(0);
  native.packCrops(
    image,
    corners,
    Uint32Array.of(width),
    unturned,
    height,
    width,
    normalizationOf(model.entry),
    tensor,
  );
  return tensor;
}

/**
 * What is added up to a shape of the grid is the page itself again: the detectors weigh their features by means over
 * the whole input, which blank paper would shift.
 */
async function run(model: Model, tensor: Float32Array, width: number, height: number): Promise<Float32Array> {
  const dims = shapeFor(model.grid, [1, 3, height, width]);
  const [size, shape] = [
    { width, height },
    { width: dims[3], height: dims[2] },
  ];
  const [map] = await model.run(repeatPlanes(tensor, 3, size, shape), dims);
  if (map === undefined) throw new Error('A detector has one output.');
  return cropPlane(map.data, shape, size);
}

function roundSide(length: number): number {
  return Math.max(SIDE_MULTIPLE, Math.round(length / SIDE_MULTIPLE) * SIDE_MULTIPLE);
}
