/**
 * Digits and letters that look alike, told apart by what stands around them: "2,00o" is a number and "wi11" a word.
 *
 * A recognizer reads a glyph by its shape, and of many typefaces 0 and O, or 1, l and I, have one shape. Only where it
 * was unsure do the neighbours decide: a sure "5l" are five litres.
 */

export interface ReadCharacter {
  readonly text: string;
  readonly probability: number;
}

/**
 * Probability of the least sure look-alike of a run from which the run stays as it was read. Of typed pages and
 * receipts, runs that were misread have 0.5 to 0.97, product codes and the like 0.99 and more.
 */
const SURE_PROBABILITY = 0.98;

const DIGIT_OF: Readonly<Record<string, string>> = { O: '0', o: '0', l: '1', I: '1' };

/** Digits and what looks like them, with a unit, an ordinal's ending or nothing behind. */
const NUMBER = /(?<![\p{L}\d])[\dOolI]*\d[\dOolI]*(?:[.,][\dOolI]+)*(?=(?:st|nd|rd|th|\p{L})?(?![\p{L}\d]))/gu;
const FRACTION = /(?<![\p{L}\d])[OolI](?:[.,]\d[\dOolI]*)+(?![\p{L}\d])/gu;
/** A word of small letters, perhaps with a capital first, in which ones or noughts stand. */
const WORD = /(?<![\p{L}\d])\p{L}(?=\p{L}*[01])(?:\p{Ll}|[01])*(?![\p{L}\d])/gu;
/** A word of capitals with noughts in front or inside. */
const CAPITALS = /(?<![\p{L}\d])(?=\p{Lu}*0)[\p{Lu}0]*\p{Lu}(?![\p{L}\d])/gu;
/** Letters beside the look-alikes that make a word: fewer may as well be a formula's or a code's. */
const MIN_WORD_LETTERS = 2;
const MIN_CAPITALS = 3;

const LOOK_ALIKE = /[01OolI]/;

/** The characters of one word, which stay as many; their probabilities are those of the glyphs. */
export function settleLookAlikes<C extends ReadCharacter>(word: readonly C[]): readonly C[] {
  if (!word.some(isDoubtful)) return word;
  // A character's text may be longer than one; such words are left alone.
  const text = word.map((character) => character.text).join('');
  if (!/\d/.test(text) || text.length !== word.length) return word;
  const settled = [...text];
  const settle = (
    pattern: RegExp,
    replace: (letter: string) => string | undefined,
    accept: (run: string) => boolean,
  ) => {
    for (const { 0: run, index } of text.matchAll(pattern)) {
      if (!word.slice(index, index + run.length).some(isDoubtful) || !accept(run)) continue;
      for (let i = 0; i < run.length; i++) settled[index + i] = replace(run[i] as string) ?? (run[i] as string);
    }
  };
  const toDigit = (letter: string) => DIGIT_OF[letter];
  settle(NUMBER, toDigit, () => true);
  settle(FRACTION, toDigit, () => true);
  settle(
    WORD,
    (letter) => ({ '0': 'o', '1': 'l' })[letter],
    (run) => lettersOf(run) >= MIN_WORD_LETTERS,
  );
  settle(
    CAPITALS,
    (letter) => (letter === '0' ? 'O' : undefined),
    (run) => lettersOf(run) >= MIN_CAPITALS,
  );
  return word.map((character, i) => ({ ...character, text: settled[i] as string }));
}

function isDoubtful({ text, probability }: ReadCharacter): boolean {
  return probability < SURE_PROBABILITY && LOOK_ALIKE.test(text);
}

function lettersOf(run: string): number {
  return run.replace(/[01]/g, '').length;
}
