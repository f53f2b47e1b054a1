/** Which words a reader should look at again. */
import type { Polygon, Unit, Word } from './reading.js';

/**
 * Below it, a word is marked. On receipts and scanned forms that marks 4 and 6 percent of the words, of which 39 and 45
 * percent are wrong, and 47 and 43 percent of all that are wrong; below 0.9 it would be 26 and 20 percent of them, below
 * 0.8 next to none.
 */
const DOUBTFUL = 0.95;

export function isDoubtful(confidence: number | undefined): boolean {
  return confidence !== undefined && confidence < DOUBTFUL;
}

/** What is marked in a unit: its doubtful words, or all of it where words are not known. */
function doubtfulParts(unit: Unit): readonly (Unit | Word)[] {
  if (unit.words.length === 0) return isDoubtful(unit.confidence) ? [unit] : [];
  return unit.words.filter(({ confidence }) => isDoubtful(confidence));
}

export function doubtfulRefs(unit: Unit): readonly string[] {
  return doubtfulParts(unit).map(({ ref }) => ref);
}

export function doubtfulPlaces(unit: Unit): readonly Polygon[] {
  return doubtfulParts(unit).map(({ polygon }) => polygon);
}
