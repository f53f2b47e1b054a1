/**
 * Lines of a page, each read by the smallest recognizer that is sure of it: on a clean page what its tier doubts is read
 * again by the next, on a hard one its tier reads what a smaller one doubts.
 */
import type { TextLine, Tier } from '../../schema/document.js';
import { charsetMask } from '../charset-mask.js';
import type { Native, RgbImage } from '../native.js';
import type { Models } from '../session.js';
import { foreignVariants } from './chinese-variants.js';
import type { DetectedLine } from './detect.js';
import { hasOddWord } from './odd-words.js';
import { hasStrayIdeographs, isIdeographic, withLatinSigns } from './page-script.js';
import { sidesOf } from './quad.js';
import { recognizeLines } from './recognize.js';
import type { Reading } from './words.js';

/**
 * Mean probability of the characters, and that of the least sure one (spaces among them), below which a reading is
 * doubted: the mean tells short lines that were misread, the least one a single misread letter of a long line. What is
 * misread for sure is told by odd words, so that the bounds may be lower: with both, on forms, receipts, typed pages, books
 * and scanned documents, 71, 82, 35, 34 and 21 percent of the length of the lines are read by the small tier; by bounds
 * alone, the least probability higher by 0.05, 73, 81, 40, 36 and 28, for as many right words (26,331 and 26,327).
 */
interface Sureness {
  readonly confidence: number;
  readonly probability: number;
}

/**
 * Measured on the simple pages of receipts, typed pages and born-digital documents: of 62 and 30 words that the small tier
 * reads better than the tiny, 59 and 24 are read again, for 48, 24 and 7 percent of the length of the lines; by the mean
 * alone 48 and 2, for 24, 1 and 1. Between 0.5 and 0.65 both change little.
 */
const SURE_ON_CLEAN_PAGE: Sureness = { confidence: 0.95, probability: 0.55 };

/**
 * A hard page is screened by its sample, every so many lines, and as a whole where no more than this share of the sample's
 * length is doubted: what is read twice costs more than it saves. Measured on forms, receipts and typed pages: word F1 of
 * the small recognizer alone 0.815, 0.894 and 0.983, screened 0.814, 0.893 and 0.982, in 0.94, 0.95 and 0.71 of its time;
 * without the sample 0.812, 0.890 and 0.981, in 0.93, 0.95 and 0.68.
 */
const SURE_ON_HARD_PAGE: Sureness = { confidence: 0.975, probability: 0.65 };
const SAMPLE_STEP = 6;
const MAX_DOUBTED_SHARE = 0.35;

/** The tiers whose recognizers read a page, as its route names them. */
export interface LineReaders {
  readonly tier: Tier;
  readonly escalationTier?: Tier | undefined;
  readonly screeningTier?: Tier | undefined;
}

/** Stands for whatever is written with letters: the mask of ideographs. */
const LATIN: readonly string[] = ['en', 'el'];

/** A reading of each box, undefined where it holds no text. */
export async function readLines(
  image: RgbImage,
  boxes: readonly DetectedLine[],
  { tier, escalationTier, screeningTier }: LineReaders,
  languages: readonly string[] | undefined,
  models: Models,
  native: Native,
): Promise<readonly (TextLine | undefined)[]> {
  const isHard = screeningTier !== undefined;
  const [first, second] = isHard ? [screeningTier, tier] : [tier, escalationTier];
  const sureness = isHard ? SURE_ON_HARD_PAGE : SURE_ON_CLEAN_PAGE;
  const readings = isHard ? await screen(first) : await read(first, boxes, languages);
  const foreign = foreignVariants(readings.flatMap((reading) => reading?.line.text ?? []));
  const isForeign = (reading: Reading | undefined) => [...(reading?.line.text ?? '')].some((c) => foreign.has(c));
  const doubted =
    second === undefined ? [] : indicesOf(readings, (reading) => isDoubtful(reading, sureness) || isForeign(reading));
  for (const [i, again] of await readSome(doubted, second ?? first, languages)) {
    // What the page's own tier takes for no text is none.
    readings[i] = again ?? (isHard ? undefined : readings[i]);
  }
  const lines = readings.map((reading) => reading?.line);
  if (languages !== undefined || isIdeographic(lines)) return lines;

  const strays = indicesOf(lines, (line) => line !== undefined && hasStrayIdeographs(line));
  for (const [i, again] of await readSome(strays, second ?? first, LATIN)) lines[i] = again?.line;
  return lines.map((line) => line && withLatinSigns(line));

  /** What the tier is not asked about is doubted, and so is what it takes for no text. */
  async function screen(tier: Tier): Promise<(Reading | undefined)[]> {
    const readings: (Reading | undefined)[] = boxes.map(() => undefined);
    const readInto = async (indices: readonly number[]) => {
      for (const [i, reading] of await readSome(indices, tier, languages)) readings[i] = reading;
    };
    const sample = indicesOf(boxes, (_, i) => i % SAMPLE_STEP === 0);
    await readInto(sample);
    const lengths = (indices: readonly number[]) =>
      indices.reduce((sum, i) => sum + lengthOf(boxes[i] as DetectedLine), 0);
    const doubted = sample.filter((i) => isDoubtful(readings[i], sureness));
    if (lengths(doubted) <= MAX_DOUBTED_SHARE * lengths(sample)) {
      await readInto(indicesOf(boxes, (_, i) => i % SAMPLE_STEP !== 0));
    }
    return readings;
  }

  /** Each with the index of its box. */
  async function readSome(indices: readonly number[], tier: Tier, languages: readonly string[] | undefined) {
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
export function isDoubtful(reading: Reading | undefined, { confidence, probability } = SURE_ON_CLEAN_PAGE): boolean {
  return (
    reading === undefined ||
    reading.line.confidence < confidence ||
    reading.leastProbability < probability ||
    hasOddWord(reading.line.text)
  );
}

/** In heights of the line, however it lies: what a recognizer's time is in proportion to. */
function lengthOf({ quad }: DetectedLine): number {
  const sides = sidesOf(quad);
  return Math.max(...sides) / Math.max(1, Math.min(...sides));
}

function indicesOf<T>(values: readonly T[], wanted: (value: T, index: number) => boolean): readonly number[] {
  return [...values.keys()].filter((i) => wanted(values[i] as T, i));
}
