/**
 * Lines of a page, each read by the smallest recognizer that is sure of it: what the page's own tier doubts is read
 * again by the next.
 */
import type { TextLine, Tier } from '../../schema/document.js';
import { charsetMask } from '../charset-mask.js';
import type { Native, RgbImage } from '../native.js';
import type { Models } from '../session.js';
import type { DetectedLine } from './detect.js';
import { recognizeLines } from './recognize.js';

/**
 * Mean character probability below which a reading is doubted. Measured with the tiny tier: a tenth of the lines of
 * clean print, a third of those of receipts.
 */
const MIN_SURE_CONFIDENCE = 0.95;

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
  const lines = await read(first, boxes);
  if (second === undefined) return lines;
  const doubted = [...lines.keys()].filter((i) => (lines[i]?.confidence ?? 0) < MIN_SURE_CONFIDENCE);
  const again = await read(
    second,
    doubted.map((i) => boxes[i] as DetectedLine),
  );
  const better = new Map(doubted.map((i, k) => [i, again[k]]));
  return lines.map((line, i) => better.get(i) ?? line);

  async function read(tier: Tier, wanted: readonly DetectedLine[]): Promise<readonly (TextLine | undefined)[]> {
    if (wanted.length === 0) return [];
    const recognizer = await models.recognizer(tier);
    const allowed = languages && charsetMask(recognizer.charset, languages);
    return recognizeLines(image, wanted, recognizer, native, allowed);
  }
}
