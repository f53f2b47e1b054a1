/**
 * Signs in the text of a line that it was misread, however sure its recognizer was. None is certain: names, codes and
 * foreign words have them too, so that they are a reason to read again and no more.
 */

/** "S1.50", "7,9O". */
const LETTER_FOR_DIGIT = /(?<!\p{L})[lIOoSB|][.,]?\d|\d[.,]?[lIOoSB|](?!\p{L})/u;
/** "Mi11", "f0r". */
const DIGIT_FOR_LETTER = /\p{L}(?:\p{Ll}[01]|[01]\p{Ll})/u;
/** "ofThe": a space that was not read. */
const CAPITAL_AFTER_SMALL = /\p{Ll}\p{Lu}/u;
/** "ACCOUNTWHOLESALERS". */
const JOINED_CAPITALS = /\p{Lu}{17}/u;
/** "Willliam", but not "www" or "VIII". */
const LETTER_THRICE = /(?![iw])([\p{Ll}\p{Lu}])\1\1/iu;
const DOUBLE_MARK = /[,;:][.,;:]|\.[,:]/;
const SIGNS = [LETTER_FOR_DIGIT, DIGIT_FOR_LETTER, CAPITAL_AFTER_SMALL, JOINED_CAPITALS, LETTER_THRICE, DOUBLE_MARK];

const OPENING = new Set('([{（【「『《');
const CLOSING = new Set(')]}）】」』》');

/** Whether a line of any script holds what its writer is unlikely to have written. */
export function hasOddWord(text: string): boolean {
  return SIGNS.some((sign) => sign.test(text)) || hasOpenBracket(text);
}

function hasOpenBracket(text: string): boolean {
  let open = 0;
  for (const character of text) open += Number(OPENING.has(character)) - Number(CLOSING.has(character));
  return open !== 0;
}
