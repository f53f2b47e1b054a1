/**
 * Stage recognize: boxes -> lines of text, by a CTC recognizer (CRNN, Shi et al., 2015; SVTR, Du et al., 2022).
 *
 * Crops are cut by perspective, scaled to the recognizer's height and grouped with others of about their width: what
 * a group pads its shorter lines by is computed and thrown away. Lines that are not straight are straightened.
 */
import type { Point, Quad, TextLine } from '../../schema/document.js';
import type { Native, RgbImage } from '../native.js';
import { normalizationOf } from '../normalization.js';
import type { Recognizer } from '../session.js';
import { type Dims, type ShapeGrid, shapeFor } from '../shape-grid.js';
import { type BentLine, bentLine, packBentLine } from './bent-lines.js';
import type { DetectedLine } from './detect.js';
import { type Character, type Reading, toReading } from './words.js';

/** Widths are rounded up to this, so that few shapes occur; four columns of a recognizer that has one every 8 pixels. */
const WIDTH_BUCKET_PX = 32;
/** The longest line the recognizers were exported for; a longer one is squeezed. */
const MAX_WIDTH_PX = 3200;
/** Lines narrower than a column are widened to it. */
const MIN_WIDTH_PX = 8;
/** Lines of about the same width are padded to that of the longest: they are read better with some room at their ends. */
const MAX_GROUP_LINES = 8;
const MAX_GROUP_PX = 8 * 640;
/** A group takes a line in only while this share of its width stays in use. */
const MIN_GROUP_FILL = 0.85;
/**
 * Of lines that are run together, unless one alone is longer. On a CPU that takes no less time than one by one, but
 * larger tensors, whose memory the system has to find and to clear: 1,600 pixels onto 18,710 classes take 15 MB.
 */
const MAX_BATCH_PX = 1600;

/** From this ratio of height to width a crop is read turned (PaddleOCR, `get_rotate_crop_image`). */
const TALL_RATIO = 1.5;
/** Up to this one it may as well be a single upright character, and is read both ways. */
const SINGLE_CHARACTER_RATIO = 3;

/**
 * Readings below are noise, stamps, pictures and scrawl rather than text. Of the words of readings at 0.5 to 0.7 on
 * forms, receipts and typed pages none in 90 is right with the small tier, one in 10 with the tiny; at 0.75 the first
 * right ones are lost.
 */
const MIN_CONFIDENCE = 0.7;
/** Of a single character, which has no neighbours to be sure by: marks of forms and digits of tables are right from here. */
const MIN_CHARACTER_CONFIDENCE = 0.5;

/**
 * A gap between two characters holds a space where the space, though second to the blank, was at least this probable
 * in one of its columns. Recognizers trained on scripts without spaces are shy of them. Measured on forms, receipts
 * and typed pages: word F1 is flat from 0.05 to 0.1 and falls on both sides.
 */
const MIN_SPACE_PROBABILITY = 0.1;

interface Crop {
  /** Index of the box the crop is a reading of. */
  readonly line: number;
  readonly box: Quad;
  readonly quarterTurns: number;
  /** Corners clockwise from the top-left of the text as this crop reads it. */
  readonly quad: Quad;
  readonly widthPx: number;
  /** Of a bent line. */
  readonly bend?: BentLine | undefined;
}

interface Batch {
  readonly crops: readonly Crop[];
  readonly widthPx: number;
}

/** One reading a box, in their order; undefined for a box that holds no text. `allowed`: see `Native.ctcDecode`. */
export async function recognizeLines(
  image: RgbImage,
  boxes: readonly DetectedLine[],
  recognizer: Recognizer,
  native: Native,
  allowed?: Uint8Array,
): Promise<readonly (Reading | undefined)[]> {
  const best: (Reading | undefined)[] = new Array(boxes.length);
  const crops = boxes.flatMap((box, line) => cropsOf(box, line, recognizer));
  for (const batch of batchesOf(crops, recognizer.grid)) {
    const readings = await readBatch(image, batch, recognizer, native, allowed);
    for (const [i, { line }] of batch.crops.entries()) {
      const reading = readings[i] as Reading;
      if (reading.line.confidence > (best[line]?.line.confidence ?? 0)) best[line] = reading;
    }
  }
  return Array.from(best, (reading) => (reading !== undefined && isText(reading.line) ? reading : undefined));
}

function isText({ text, confidence }: TextLine): boolean {
  return confidence >= ([...text].length === 1 ? MIN_CHARACTER_CONFIDENCE : MIN_CONFIDENCE);
}

/** The ways a box may be read: once as it lies, or, where it is tall, turned to either side as well. */
function cropsOf({ quad, slices }: DetectedLine, line: number, recognizer: Recognizer): Crop[] {
  const bend = slices && bentLine(slices);
  const [width, height] = sidesOf(quad);
  const turns =
    bend !== undefined || height < TALL_RATIO * width
      ? [0]
      : height < SINGLE_CHARACTER_RATIO * width
        ? [0, 1, 3]
        : [1, 3];
  const [, , inputHeight] = recognizer.entry.input.shape as [null, number, number, null];
  return turns.map((quarterTurns) => {
    const turned = turnQuad(quad, quarterTurns);
    const [along, across] = bend?.sides ?? sidesOf(turned);
    const natural = Math.ceil((inputHeight * along) / Math.max(across, 1));
    return {
      line,
      box: quad,
      quarterTurns,
      quad: turned,
      widthPx: Math.min(MAX_WIDTH_PX, Math.max(MIN_WIDTH_PX, natural)),
      bend,
    };
  });
}

/** Corners from the top-left of the quad turned by 90° counter-clockwise that many times. */
function turnQuad(quad: Quad, quarterTurns: number): Quad {
  return [0, 1, 2, 3].map((corner) => quad[(corner + quarterTurns) % 4] as Point);
}

/** Length along the text and across it, of the longer of each pair of sides. */
function sidesOf(quad: Quad): readonly [number, number] {
  const [a, b, c, d] = quad as [Point, Point, Point, Point];
  const length = (from: Point, to: Point) => Math.hypot(to.x - from.x, to.y - from.y);
  return [Math.max(length(a, b), length(d, c)), Math.max(length(a, d), length(b, c))];
}

/**
 * Crops sorted by width and cut into groups where one more would be padded too much, and these into batches. With a grid
 * a batch holds the crops of one of its widths.
 */
export function batchesOf(crops: readonly Crop[], grid?: ShapeGrid): readonly Batch[] {
  const sorted = crops.toSorted((a, b) => b.widthPx - a.widthPx);
  const batches: Batch[] = [];
  let first = 0;
  while (first < sorted.length) {
    const { widthPx, lines, minWidthPx, batchLines } = groupFor((sorted[first] as Crop).widthPx, grid);
    let end = first + 1;
    while (end < sorted.length && end - first < lines && (sorted[end] as Crop).widthPx >= minWidthPx) end += 1;
    for (; first < end; first += batchLines) {
      batches.push({ crops: sorted.slice(first, Math.min(end, first + batchLines)), widthPx });
    }
    first = end;
  }
  return batches;
}

/**
 * Of a group whose widest crop has this width: its own, the most lines, the width from which on they are taken in, and
 * how many of them make a batch.
 */
function groupFor(widestPx: number, grid: ShapeGrid | undefined) {
  if (grid === undefined) {
    const widthPx = Math.ceil(widestPx / WIDTH_BUCKET_PX) * WIDTH_BUCKET_PX;
    const lines = Math.min(MAX_GROUP_LINES, Math.floor(MAX_GROUP_PX / widthPx));
    const batchLines = Math.max(1, Math.floor(MAX_BATCH_PX / widthPx));
    return { widthPx, lines, minWidthPx: MIN_GROUP_FILL * widthPx, batchLines };
  }
  const cell = grid.findIndex(([, , , width]) => width >= widestPx);
  const [lines, , , widthPx] = grid[cell] as Dims;
  return { widthPx, lines, minWidthPx: (grid[cell - 1]?.[3] ?? 0) + 1, batchLines: lines };
}

async function readBatch(
  image: RgbImage,
  { crops, widthPx }: Batch,
  recognizer: Recognizer,
  native: Native,
  allowed: Uint8Array | undefined,
): Promise<readonly Reading[]> {
  const { entry, charset, grid } = recognizer;
  const [, channels, height] = entry.input.shape as [null, number, number, null];
  const dims = shapeFor(grid, [crops.length, channels, height, widthPx]);
  const widths = Uint32Array.from(crops, (crop) => crop.widthPx);
  const quads = Float32Array.from(crops.flatMap((crop) => crop.box.flatMap(({ x, y }) => [x, y])));
  const quarterTurns = Uint8Array.from(crops, (crop) => crop.quarterTurns);
  const [lines] = dims;
  const input = new Float32Array(lines * channels * height * widthPx);
  const rows = input.subarray(0, crops.length * channels * height * widthPx);
  native.packCrops(image, quads, widths, quarterTurns, height, widthPx, normalizationOf(entry), rows);
  for (const [i, { bend, widthPx: cropWidth }] of crops.entries()) {
    if (bend === undefined) continue;
    const row = rows.subarray(i * channels * height * widthPx, (i + 1) * channels * height * widthPx);
    packBentLine(image, bend, { width: cropWidth, height, rowWidth: widthPx }, normalizationOf(entry), native, row);
  }
  const [output] = await recognizer.run(input, dims);
  if (output === undefined) throw new Error('A recognizer has one output.');
  const [, steps, classes] = output.dims as [number, number, number];
  // One column more than the crop fills: the last character's may come late.
  const validSteps = widths.map((width) => Math.min(steps, Math.ceil((width / widthPx) * steps) + 1));
  const decoded = native.ctcDecode(
    output.data.subarray(0, crops.length * steps * classes),
    crops.length,
    steps,
    classes,
    validSteps,
    MIN_SPACE_PROBABILITY,
    allowed,
  );
  return crops.map((crop, i) => {
    const columnsInCrop = (crop.widthPx / widthPx) * steps;
    const characters: Character[] = [];
    for (let k = decoded.offsets[i] as number; k < (decoded.offsets[i + 1] as number); k++) {
      characters.push({
        text: charset[decoded.classes[k] as number] as string,
        probability: decoded.probabilities[k] as number,
        from: Math.min(1, (decoded.columns[2 * k] as number) / columnsInCrop),
        to: Math.min(1, ((decoded.columns[2 * k + 1] as number) + 1) / columnsInCrop),
      });
    }
    return toReading(characters, crop.quad, entry.id, crop.bend?.partOf);
  });
}
