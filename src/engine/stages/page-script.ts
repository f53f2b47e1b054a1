/**
 * The script of a page as a judge of its lines. Recognizers know Chinese and Japanese characters by the thousand and
 * read them into rows of asterisks, ruling lines, stamps and noise: on a page of another script, few and doubtful ones
 * were misread.
 */
import type { TextLine } from '../../schema/document.js';

const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/u;
const FULL_WIDTH = /[\uff01-\uff5e]/g;
/** From U+FF01 to "!". */
const FULL_WIDTH_OFFSET = 0xfee0;

/**
 * Share of lines with ideographs from which they belong to the page, however hard they are to read. Of Chinese and
 * Japanese pages most lines have them; of receipts, forms and typed pages, which have none or two lines, up to 0.06.
 */
const MIN_SHARE = 0.1;

/** Confidence from which a word with ideographs was read. Words of receipts: true ones 0.83 and more, false ones to 0.79. */
const MIN_CONFIDENCE = 0.8;

/** So many of one ideograph and no other are a row of asterisks or dashes, however sure the recognizer is. */
const ROW_LENGTH = 3;

/** Whether Chinese, Japanese or Korean is written on the page of these lines. */
export function isIdeographic(lines: readonly (TextLine | undefined)[]): boolean {
  const read = lines.filter((line) => line !== undefined);
  return read.filter(({ text }) => IDEOGRAPH.test(text)).length > MIN_SHARE * read.length;
}

/** Whether some of the line's ideographs were misread, as far as they tell themselves. */
export function hasStrayIdeographs({ text, words = [] }: TextLine): boolean {
  const ideographs = ideographsOf(text);
  if (ideographs.length >= ROW_LENGTH && new Set(ideographs).size === 1) return true;
  return words.some((word) => word.confidence < MIN_CONFIDENCE && ideographsOf(word.text).length > 0);
}

function ideographsOf(text: string): readonly string[] {
  return [...text].filter((character) => IDEOGRAPH.test(character));
}

/** The line with the signs of Latin type for those of full width, which are drawn for ideographs to stand between. */
export function withLatinSigns(line: TextLine): TextLine {
  if (line.text.search(FULL_WIDTH) < 0 || IDEOGRAPH.test(line.text)) return line;
  return {
    ...line,
    text: toLatinSigns(line.text),
    ...(line.words && { words: line.words.map((word) => ({ ...word, text: toLatinSigns(word.text) })) }),
  };
}

function toLatinSigns(text: string): string {
  return text.replace(FULL_WIDTH, (sign) => String.fromCharCode(sign.charCodeAt(0) - FULL_WIDTH_OFFSET));
}
