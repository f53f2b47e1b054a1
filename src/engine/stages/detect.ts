/** Stage detect: page image -> boxes around its text lines, by a DB detector (Liao et al., 2020). */
import type { Quad } from '../../schema/document.js';
import type { DbOptions, Native, RgbImage } from '../native.js';
import type { Model } from '../session.js';
import { detectorMap, SIDE_MULTIPLE } from './detector-map.js';

export interface DetectedLine {
  readonly quad: Quad;
  /** Mean text probability inside the box. */
  readonly score: number;
  /** Of a line that is not straight: the parts that it is made of, in the order of its text. */
  readonly slices?: readonly Quad[];
}

/**
 * Letters of these heights are found as well as larger ones, at a fraction of the cost: a page of larger print is scaled
 * down to the upper one, one of smaller print enlarged to the lower. Measured with the tiny model on scans, receipts and
 * forms: word F1 is best from 14, falls from 12 on where receipts are scaled down to less, and on forms whose letters have
 * 7 to 11 it is the same at their own scale as half as large again.
 */
const LETTER_HEIGHT_PX = { min: 8, max: 14 } as const;

/** Smaller letters are enlarged up to this; beyond it blur is found along with them. */
const MAX_SCALE = 1.5;

/**
 * A page of large print may have a line of small print: it is scaled down to a half at most, and further only while its
 * long side keeps as many pixels as a page of books has at the scale of its letters.
 */
const MIN_SCALE = 0.5;
const MIN_SIDE_PX = 1600;

/**
 * Of a page whose letters stay as high as the smallest: scans of 300 dpi and more, pages of papers and newspapers at 200
 * are read as well by 1.5 million pixels as by 3.
 */
const USUAL_MAP_PIXELS = 1_500_000;

/** Of the map: half as many again as of the largest that is one tile. Beyond that a page costs tens of seconds. */
const MAX_MAP_PIXELS = 24_000_000;

/** What to scale the page image by for the detector, given the median height of its letters. */
export function detectorScale(image: RgbImage, letterHeightPx: number | undefined): number {
  const pixels = image.width * image.height;
  const longest = Math.max(image.width, image.height);
  // A strip's map is at least SIDE_MULTIPLE high.
  const largest = Math.min(Math.sqrt(MAX_MAP_PIXELS / pixels), MAX_MAP_PIXELS / SIDE_MULTIPLE / longest);
  const bySide = MIN_SIDE_PX / longest;
  if (letterHeightPx === undefined) return Math.min(1, bySide, largest);
  const smallest = Math.min(MAX_SCALE, LETTER_HEIGHT_PX.min / letterHeightPx);
  const wanted = Math.max(Math.min(1, LETTER_HEIGHT_PX.max / letterHeightPx), Math.min(MIN_SCALE, bySide));
  return Math.min(Math.max(smallest, Math.min(wanted, Math.sqrt(USUAL_MAP_PIXELS / pixels))), largest);
}

export async function detectLines(
  image: RgbImage,
  model: Model,
  native: Native,
  scale: number,
): Promise<readonly DetectedLine[]> {
  const { data, width, height } = await detectorMap(image, model, native, scale);
  const { quads, scores, sliceOffsets, slices } = native.detectBoxes(
    data,
    width,
    height,
    width,
    height,
    image.width,
    image.height,
    dbOptions(model),
  );
  return Array.from(scores, (score, i) => {
    const bent: Quad[] = [];
    for (let k = sliceOffsets[i] as number; k < (sliceOffsets[i + 1] as number); k++) bent.push(toQuad(slices, k));
    return { quad: toQuad(quads, i), score, ...(bent.length === 0 ? {} : { slices: bent }) };
  });
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
