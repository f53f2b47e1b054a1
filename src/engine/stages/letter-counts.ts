/** What a text is made of: its code points counted by class, in one pass. */

/** Code points; `Runs` and `Words` of them in a row. */
export interface LetterCounts {
  readonly all: number;
  /** Letters, numbers, marks, punctuation, symbols, spaces, format controls, tabs and line ends. */
  readonly printable: number;
  /** Marks among them. */
  readonly lettersAndNumbers: number;
  readonly notSpace: number;
  readonly latin: number;
  /** Of Latin, Cyrillic and Greek. */
  readonly alphabetic: number;
  /** Of alphabetic ones. */
  readonly alphabeticRuns: number;
  /** Of anything but spaces, an alphabetic one among it. */
  readonly alphabeticWords: number;
}

const KNOWN = 1;
const PRINTABLE = 2;
const LETTER_OR_NUMBER = 4;
const SPACE = 8;
const LATIN = 16;
const ALPHABETIC = 32;

const CLASSES: readonly (readonly [bit: number, members: RegExp])[] = [
  [PRINTABLE, /[\p{L}\p{N}\p{M}\p{P}\p{S}\p{Z}\p{Cf}\n\t]/u],
  [LETTER_OR_NUMBER, /[\p{L}\p{N}\p{M}]/u],
  [SPACE, /\s/u],
  [LATIN, /\p{Script=Latin}/u],
  [ALPHABETIC, /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u],
];

/** Of each code point that was met. */
const classes = new Uint8Array(0x110000);

function classOf(codePoint: number): number {
  const known = classes[codePoint] as number;
  if (known !== 0) return known;
  const text = String.fromCodePoint(codePoint);
  const found = CLASSES.reduce((bits, [bit, members]) => (members.test(text) ? bits | bit : bits), KNOWN);
  classes[codePoint] = found;
  return found;
}

export function countLetters(text: string): LetterCounts {
  let all = 0;
  let printable = 0;
  let lettersAndNumbers = 0;
  let notSpace = 0;
  let latin = 0;
  let alphabetic = 0;
  let alphabeticRuns = 0;
  let alphabeticWords = 0;
  let inRun = false;
  let inAlphabeticWord = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Asking for code points alone allocates memory for each.
    const codePoint = (code & 0xf800) === 0xd800 ? (text.codePointAt(i) as number) : code;
    if (codePoint > 0xffff) i++;
    const bits = classOf(codePoint);
    all++;
    if ((bits & PRINTABLE) !== 0) printable++;
    if ((bits & LETTER_OR_NUMBER) !== 0) lettersAndNumbers++;
    if ((bits & LATIN) !== 0) latin++;
    if ((bits & SPACE) === 0) notSpace++;
    else inAlphabeticWord = false;
    const isAlphabetic = (bits & ALPHABETIC) !== 0;
    if (isAlphabetic) {
      alphabetic++;
      if (!inRun) alphabeticRuns++;
      if (!inAlphabeticWord) alphabeticWords++;
      inAlphabeticWord = true;
    }
    inRun = isAlphabetic;
  }
  return { all, printable, lettersAndNumbers, notSpace, latin, alphabetic, alphabeticRuns, alphabeticWords };
}
