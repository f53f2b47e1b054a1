/** Stage detect: page image -> boxes around its text lines, by a DB detector (Liao et al., 2020). */
import type { Quad } from '../../schema/document.js';
import type { DbOptions, Native, RgbImage } from '../native.js';
import { normalizationOf } from '../normalization.js';
import type { Model } from '../session.js';

export interface DetectedLine {
  readonly quad: Quad;
  /** Mean text probability inside the box. */
  readonly score: number;
}

/** The detector halves its input five times. */
const SIDE_MULTIPLE = 32;

/** A side beyond this costs seconds a page: PaddleOCR's own bound (`max_side_limit`). */
const MAX_SIDE_PX = 4000;

/**
 * Letters of this height are found as well as larger ones, at a fraction of the cost. Measured with the tiny model on
 * scans at 300 dpi and more, receipts and forms: word F1 is best from 14, falls at 10, and gains nothing at 20.
 */
const LETTER_HEIGHT_PX = 14;

/** Smaller letters are enlarged up to this; beyond it blur is found along with them. */
const MAX_SCALE = 1.5;

/** What to scale the page image by for the detector, given the median height of its letters. */
export function detectorScale(image: RgbImage, letterHeightPx: number | undefined): number {
  const wanted = letterHeightPx === undefined ? 1 : Math.min(MAX_SCALE, LETTER_HEIGHT_PX / letterHeightPx);
  return Math.min(wanted, MAX_SIDE_PX / Math.max(image.width, image.height));
}

export async function detectLines(
  image: RgbImage,
  model: Model,
  native: Native,
  scale: number,
): Promise<readonly DetectedLine[]> {
  const width = roundSide(image.width * scale);
  const height = roundSide(image.height * scale);
  const tensor = new Float32Array(3 * width * height);
  // The page fills the rounded size: stretched by up to 16 pixels a side rather than padded, as the detector's own training does.
  native.imageToTensor(image, width, height, width, height, normalizationOf(model.entry), tensor);
  const [map] = await model.run(tensor, [1, 3, height, width]);
  if (map === undefined) throw new Error('A detector has one output.');
  const { quads, scores } = native.detectBoxes(
    map.data,
    width,
    height,
    width,
    height,
    image.width,
    image.height,
    dbOptions(model),
  );
  return Array.from(scores, (score, i) => ({ quad: toQuad(quads, i), score }));
}

function roundSide(length: number): number {
  return Math.max(SIDE_MULTIPLE, Math.round(length / SIDE_MULTIPLE) * SIDE_MULTIPLE);
}

function dbOptions(model: Model): DbOptions {
  const { threshold, boxThreshold, unclipRatio, minSize, maxCandidates } = model.entry.thresholds ?? {};
  if (
    threshold === undefined ||
    boxThreshold === undefined ||
    unclipRatio === undefined ||
    minSize === undefined ||
    maxCandidates === undefined
  ) {
    throw new Error(`${model.entry.id} lacks a threshold of DB post-processing in the manifest.`);
  }
  return { threshold, boxThreshold, unclipRatio, minSize, maxCandidates, dilate: false };
}

function toQuad(quads: Float32Array, index: number): Quad {
  return [0, 2, 4, 6].map((offset) => ({
    x: quads[8 * index + offset] as number,
    y: quads[8 * index + offset + 1] as number,
  }));
}
