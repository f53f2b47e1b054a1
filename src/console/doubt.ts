/** Which words a reader should look at again. */
import type { Unit } from './reading.js';

/** Below it, a word is marked. The engine itself reads lines below 0.95 a second time; what is left below this is rare. */
const DOUBTFUL = 0.8;

export function isDoubtful(confidence: number | undefined): boolean {
  return confidence !== undefined && confidence < DOUBTFUL;
}

/** What is marked in a unit: its doubtful words, or all of it where words are not known. */
export function doubtfulRefs({ ref, confidence, words }: Unit): string[] {
  if (words.length === 0) return isDoubtful(confidence) ? [ref] : [];
  return words.filter((word) => isDoubtful(word.confidence)).map((word) => word.ref);
}
