/**
 * Lines that are not straight, as arched headlines and the lines of a bent page are: a detector finds them as quads one
 * after the other, and they are straightened for a recognizer by setting these side by side.
 */
import type { Point, Quad } from '../../schema/document.js';
import type { Native, Normalization, RgbImage } from '../native.js';
import { between } from './quad.js';

export interface BentLine {
  readonly slices: readonly Quad[];
  /** Lengths along the middle, up to the end of each slice. */
  readonly ends: readonly number[];
  /** Length along the middle of the line and across it. */
  readonly sides: readonly [along: number, across: number];
  /** Around a part of the line, from one fraction of its length to another: corners as those of a straight line. */
  readonly partOf: (from: number, to: number) => Quad;
}

type Corners = readonly [Point, Point, Point, Point];

const distance = (p: Point, q: Point) => Math.hypot(q.x - p.x, q.y - p.y);

/** REQUIRES: at least one slice; each begins where the one before it ends. */
export function bentLine(slices: readonly Quad[]): BentLine {
  const ends: number[] = [];
  let across = 0;
  for (const slice of slices) {
    const [a, b, c, d] = slice as unknown as Corners;
    ends.push((ends.at(-1) ?? 0) + distance(between(a, d, 0.5), between(b, c, 0.5)));
    across = Math.max(across, distance(a, d));
  }
  const along = ends.at(-1) as number;
  /** The upper and the lower point at a fraction of the length. */
  const edgesAt = (fraction: number): readonly [Point, Point] => {
    const index = Math.max(
      0,
      ends.findIndex((end) => end >= fraction * along),
    );
    const start = ends[index - 1] ?? 0;
    const [a, b, c, d] = slices[index] as unknown as Corners;
    const t = (fraction * along - start) / Math.max(Number.EPSILON, (ends[index] as number) - start);
    return [between(a, b, t), between(d, c, t)];
  };
  return {
    slices,
    ends,
    sides: [along, across],
    partOf(from, to) {
      const [topLeft, bottomLeft] = edgesAt(from);
      const [topRight, bottomRight] = edgesAt(to);
      return [topLeft, topRight, bottomRight, bottomLeft];
    },
  };
}

/** Pixels: of the straightened line, and of the row of a batch that it is at the start of. */
interface CropSize {
  readonly width: number;
  readonly height: number;
  readonly rowWidth: number;
}

/** Straightens a line into `row`, `[3, height, rowWidth]`, whose columns right of `width` stay as they are. */
export function packBentLine(
  image: RgbImage,
  { slices, ends, sides: [along] }: BentLine,
  { width, height, rowWidth }: CropSize,
  normalization: Normalization,
  native: Native,
  row: Float32Array,
): void {
  let from = 0;
  for (const [i, slice] of slices.entries()) {
    const to = Math.round((width * (ends[i] as number)) / along);
    const columns = to - from;
    // Narrower than a pixel.
    if (columns === 0) continue;
    const pixels = new Float32Array(3 * height * columns);
    const corners = Float32Array.from(slice.flatMap(({ x, y }) => [x, y]));
    native.packCrops(image, corners, Uint32Array.of(columns), Uint8Array.of(0), height, columns, normalization, pixels);
    for (let line = 0; line < 3 * height; line++) {
      row.set(pixels.subarray(line * columns, (line + 1) * columns), line * rowWidth + from);
    }
    from = to;
  }
}
