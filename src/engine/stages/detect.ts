/** Stage detect: page image -> boxes around its text lines, by a DB detector (Liao et al., 2020). */
import type { Quad } from '../../schema/document.js';
import type { DbOptions, Native, RgbImage } from '../native.js';
import type { Model } from '../session.js';
import { detectorMap, SIDE_MULTIPLE } from './detector-map.js';

export interface DetectedLine {
  readonly quad: Quad;
  /** Mean text probability inside the box. */
  readonly score: number;
}

/**
 * Letters of this height are found as well as larger ones, at a fraction of the cost. Measured with the tiny model on
 * scans at 300 dpi and more, receipts and forms: word F1 is best from 14, falls at 10, and gains nothing at 20.
 */
const LETTER_HEIGHT_PX = 14;

/** Smaller letters are enlarged up to this; beyond it blur is found along with them. */
const MAX_SCALE = 1.5;

/**
 * A page of large print may have a line of small print: it is scaled down to a half at most, and further only while its
 * long side keeps as many pixels as a page of books has at the scale of its letters.
 */
const MIN_SCALE = 0.5;
const MIN_SIDE_PX = 1600;

/** Of the map: half as many again as of the largest that is one tile. Beyond that a page costs tens of seconds. */
const MAX_MAP_PIXELS = 24_000_000;

/** What to scale the page image by for the detector, given the median height of its letters. */
export function detectorScale(image: RgbImage, letterHeightPx: number | undefined): number {
  const longest = Math.max(image.width, image.height);
  const bySide = MIN_SIDE_PX / longest;
  const wanted =
    letterHeightPx === undefined
      ? Math.min(1, bySide)
      : Math.max(Math.min(MAX_SCALE, LETTER_HEIGHT_PX / letterHeightPx), Math.min(MIN_SCALE, bySide));
  // A strip's map is at least SIDE_MULTIPLE high.
  const largest = Math.min(
    Math.sqrt(MAX_MAP_PIXELS / (image.width * image.height)),
    MAX_MAP_PIXELS / SIDE_MULTIPLE / longest,
  );
  return Math.min(wanted, largest);
}

export async function detectLines(
  image: RgbImage,
  model: Model,
  native: Native,
  scale: number,
): Promise<readonly DetectedLine[]> {
  const { data, width, height } = await detectorMap(image, model, native, scale);
  const { quads, scores } = native.detectBoxes(
    data,
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
