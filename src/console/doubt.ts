/** Which words a reader should look at again. */
import type { Polygon, Unit, Word } from './reading.js';

/** Below it, a word is marked. The engine itself reads lines below 0.95 a second time; what is left below this is rare. */
const DOUBTFUL = 0.8;

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
