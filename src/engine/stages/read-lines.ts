/**
 * Lines of a page, each read by the smallest recognizer that is sure of it: what the page's own tier doubts is read
 * again by the next.
 */
import type { TextLine, Tier } from '../../schema/document.js';
import { charsetMask } from '../charset-mask.js';
import type { Native, RgbImage } from '../native.js';
import type { Models } from '../session.js';
import { foreignVariants } from './chinese-variants.js';
import type { DetectedLine } from './detect.js';
import { hasStrayIdeographs, isIdeographic, withLatinSigns } from './page-script.js';
import { recognizeLines } from './recognize.js';
import type { Reading } from './words.js';

/**
 * Mean probability of the characters, and that of the least sure one (spaces among them), below which a reading is
 * doubted: the mean tells short lines that were misread, the least one a single misread letter of a long line. Measured
 * on the simple pages of receipts, typed pages and born-digital documents: of 62 and 30 words that the small tier reads
 * better than the tiny, 59 and 24 are read again, for 48, 24 and 7 percent of the length of the lines; by the mean alone
 * 48 and 2, for 24, 1 and 1. Between 0.5 and 0.65 both change little.
 */
const MIN_SURE_CONFIDENCE = 0.95;
const MIN_SURE_PROBABILITY = 0.6;

/** Stands for whatever is written with letters: the mask of ideographs. */
const LATIN: readonly string[] = ['en', 'el'];

/** A reading of each box, undefined where it holds no text. `tiers`: one, or the one to escalate to as well. */
export async function readLines(
  image: RgbImage,
  boxes: readonly DetectedLine[],
  tiers: readonly [Tier, Tier | undefined],
  languages: readonly string[] | undefined,
  models: Models,
  native: Native,
): Promise<readonly (TextLine | undefined)[]> {
  const [first, second] = tiers;
  const readings = await read(first, boxes, languages);
  const foreign = foreignVariants(readings.flatMap((reading) => reading?.line.text ?? []));
  const isForeign = (reading: Reading | undefined) => [...(reading?.line.text ?? '')].some((c) => foreign.has(c));
  const doubted =
    second === undefined ? [] : indicesOf(readings, (reading) => isDoubtful(reading) || isForeign(reading));
  for (const [i, again] of await readAgain(doubted, second ?? first, languages)) readings[i] = again ?? readings[i];
  const lines = readings.map((reading) => reading?.line);
  if (languages !== undefined || isIdeographic(lines)) return lines;

  const strays = indicesOf(lines, (line) => line !== undefined && hasStrayIdeographs(line));
  for (const [i, again] of await readAgain(strays, second ?? first, LATIN)) lines[i] = again?.line;
  return lines.map((line) => line && withLatinSigns(line));

  async function readAgain(indices: readonly number[], tier: Tier, languages: readonly string[] | undefined) {
    const again = await read(
      tier,
      indices.map((i) => boxes[i] as DetectedLine),
      languages,
    );
    return indices.map((i, k) => [i, again[k]] as const);
  }

  async function read(tier: Tier, wanted: readonly DetectedLine[], languages: readonly string[] | undefined) {
    if (wanted.length === 0) return [];
    const recognizer = await models.recognizer(tier);
    const allowed = languages && charsetMask(recognizer.charset, languages);
    return [...(await recognizeLines(image, wanted, recognizer, native, allowed))];
  }
}

/** Whether a reading should not be believed before a larger recognizer's. */
export function isDoubtful(reading: Reading | undefined): boolean {
  return (
    reading === undefined ||
    reading.line.confidence < MIN_SURE_CONFIDENCE ||
    reading.leastProbability < MIN_SURE_PROBABILITY
  );
}

function indicesOf<T>(values: readonly T[], wanted: (value: T) => boolean): readonly number[] {
  return [...values.keys()].filter((i) => wanted(values[i] as T));
}
