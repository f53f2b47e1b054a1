/** Undoes line wrapping: what a typesetter broke over two lines becomes running text again. */

/** Words that stand unbroken in the document; they tell a hyphen that belongs to a word from one that only broke it. */
export type Vocabulary = ReadonlySet<string>;

const WORD = /[\p{L}\p{M}\p{N}]+(?:[-‐][\p{L}\p{M}\p{N}]+)*/gu;
const SOFT_HYPHEN = '\u00ad';

/** Scripts written without spaces between words, and their punctuation. Hangul is not one of them. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\u3000-\u303f\uff01-\uff0f\uff1a-\uff1f]/u;

/** Of the largest documents; what comes after tells no more about hyphens. */
const MAX_WORDS = 500_000;

export function vocabularyOf(lines: Iterable<string>): Vocabulary {
  const { add, vocabulary } = createVocabulary();
  add(lines);
  return vocabulary;
}

/** A vocabulary that grows line by line. The halves of a word that a line end broke are no words. */
export function createVocabulary(): { readonly vocabulary: Vocabulary; add(lines: Iterable<string>): void } {
  const words = new Set<string>();
  let isBroken = false;
  return {
    vocabulary: words,
    add(lines) {
      for (const line of lines) {
        const found = [...line.matchAll(WORD)].map(([word]) => word.toLowerCase().replaceAll('‐', '-'));
        if (isBroken) found.shift();
        isBroken = /[-‐\u00ad]\s*$/.test(line);
        if (isBroken) found.pop();
        if (words.size < MAX_WORDS) for (const word of found) words.add(word);
      }
    },
  };
}

/** Whether a sentence that ends like `before` goes on in `after`: no end in the one, a small letter first in the other. */
export function isCutSentence(before: string, after: string): boolean {
  return /[\p{L}\p{N},–—‐-]$/u.test(before.slice(-2)) && /^\p{Ll}/u.test(after);
}

/** As `isCutSentence`, for scripts that have no small letters: running text or a comma before, running text after. */
export function isCutUnspaced(before: string, after: string): boolean {
  return (
    /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}，、]$/u.test(before.slice(-2)) &&
    /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/u.test(after)
  );
}

export function joinLines(lines: readonly string[], vocabulary: Vocabulary): string {
  return lines.reduce((text, line) => (text === '' ? line : joinLine(text, line, vocabulary)), '');
}

function joinLine(before: string, after: string, vocabulary: Vocabulary): string {
  const lastWord = before.slice(before.lastIndexOf(' ') + 1);
  const end = before.slice(-3);
  if (before.endsWith(SOFT_HYPHEN)) return before.slice(0, -1) + after;
  if (isBrokenAddress(lastWord)) return before + after;
  if (/[\p{L}\p{N}][-‐]$/u.test(end)) {
    return hyphenOnlyBreaks(lastWord, after, vocabulary) ? before.slice(0, -1) + after : before + after;
  }
  if (/\S[–—]$/.test(end)) return before + after;
  const unspaced = UNSPACED.test(lastCharacter(before)) || UNSPACED.test(firstCharacter(after));
  return unspaced ? before + after : `${before} ${after}`;
}

/** A web address goes on behind these characters, and no hyphen of it may be lost. */
function isBrokenAddress(word: string): boolean {
  return /^\W*(?:https?:\/\/|www\.)\S*[-/_=&?#]$/i.test(word);
}

/**
 * Whether the hyphen that ends `lastWord` is there only because the line ended. A capital or a digit behind it, a
 * second hyphen in the word, the hyphenated word elsewhere in the document, or both halves as words of the document
 * ("parent-reported") say that it belongs to the word.
 */
function hyphenOnlyBreaks(lastWord: string, after: string, vocabulary: Vocabulary): boolean {
  if (!/\p{L}[-‐]$/u.test(lastWord) || !/^\p{Ll}/u.test(after)) return false;
  const head =
    lastWord
      .slice(0, -1)
      .match(/[\p{L}\p{M}\p{N}‐-]+$/u)?.[0]
      .toLowerCase() ?? '';
  const tail = after.match(/^[\p{L}\p{M}]+/u)?.[0].toLowerCase() ?? '';
  if (vocabulary.has(head + tail)) return true;
  if (/[-‐]/.test(head) || vocabulary.has(`${head}-${tail}`)) return false;
  return !(isWholeWord(head, vocabulary) && isWholeWord(tail, vocabulary)) || CLOSED_COMPOUND.test(head);
}

/** Shorter halves ("be-cause", "can-not") are words by chance. */
const MIN_COMPOUND_PART = 4;

/** English heads of compounds that are written as one word: "understand", "without", "something". */
const CLOSED_COMPOUND = /^(?:over|under|with|some|every|ever|never|back|down|data|work|hand|home|fore|there|where)$/;

function isWholeWord(word: string, vocabulary: Vocabulary): boolean {
  return word.length >= MIN_COMPOUND_PART && vocabulary.has(word);
}

function firstCharacter(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0);
}

function lastCharacter(text: string): string {
  return [...text.slice(-2)].at(-1) ?? '';
}
