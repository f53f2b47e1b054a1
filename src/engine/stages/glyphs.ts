/**
 * The characters of a page's text layer, and the words that they make. They lie in flat lists: a page has thousands, and
 * an object for each would cost more than all else that is done with them.
 */
import type { Point, Quad } from '../../schema/document.js';
import { RIGHT_TO_LEFT } from '../../schema/writing-direction.js';
import type { Box } from './line-box.js';

/** Bits of `Glyphs.flags`. */
export const GLYPH = { space: 1, behindSpace: 2, bold: 4, italic: 8, visible: 16, pale: 32 } as const;

/** Numbers a glyph in `Glyphs.places`: where it begins and ends, and what its box holds along its line and across. */
const PLACE = { start: 0, end: 1, left: 2, right: 3, top: 4, bottom: 5 } as const;
const PLACES = 6;

/** In content-stream order; one entry a character, but for `places`. Longer than what is filled. */
export interface Glyphs {
  /** Empty for a glyph that its font does not name. */
  readonly texts: string[];
  readonly sizesPt: Float32Array;
  readonly flags: Uint8Array;
  /** In points, in the frame of the glyph's line: six numbers each. */
  readonly places: Float64Array;
}

/** Characters that follow each other on a line, from index `from` up to `to`. */
export interface GlyphRun {
  readonly from: number;
  readonly to: number;
  /** Unit vector along the line's top edge. */
  readonly direction: Point;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** With room for so many. */
export function noGlyphs(room: number): Glyphs {
  return {
    texts: [],
    sizesPt: new Float32Array(room),
    flags: new Uint8Array(room),
    places: new Float64Array(room * PLACES),
  };
}

/** Lays down where a glyph is: `at` of the heap holds its upper left, upper right, lower left and lower right corner. */
export function placeAt({ places }: Glyphs, index: number, heap: Float32Array, at: number, direction: Point): void {
  const { x: dx, y: dy } = direction;
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (let i = at; i < at + 8; i += 2) {
    const x = heap[i] as number;
    const y = heap[i + 1] as number;
    const along = x * dx + y * dy;
    const across = y * dx - x * dy;
    if (along < left) left = along;
    if (along > right) right = along;
    if (across < top) top = across;
    if (across > bottom) bottom = across;
  }
  const place = index * PLACES;
  places[place + PLACE.start] = (heap[at] as number) * dx + (heap[at + 1] as number) * dy;
  places[place + PLACE.end] = (heap[at + 2] as number) * dx + (heap[at + 3] as number) * dy;
  places[place + PLACE.left] = left;
  places[place + PLACE.right] = right;
  places[place + PLACE.top] = top;
  places[place + PLACE.bottom] = bottom;
}

/**
 * Puts the characters of a run in the order they stand along it. Marks stay behind what they stand over; and of a glyph
 * that is two letters MuPDF gives the second no width, at the end of the first: in Arabic, that is left of it.
 */
export function orderByPlace(glyphs: Glyphs, { from, to }: Span): void {
  const { texts, sizesPt, flags, places } = glyphs;
  const boxes = Array.from({ length: to - from }, (_, i) => boxAt(glyphs, from + i));
  const middle = ({ left, right }: Box) => (left + right) / 2;
  const isMark = (i: number) => /^\p{M}/u.test(texts[from + i] as string);
  const isPart = (i: number) => {
    const { left, right } = boxes[i] as Box;
    return left === right && !isSpaceAt(glyphs, from + i);
  };
  const all = boxes.map((_, i) => i);
  const letters = all.filter((i) => !isMark(i) && !isPart(i));
  if (letters.length === 0) return;
  const units = letters
    .map((letter) => ({ letter, box: boxes[letter] as Box, before: [] as number[], behind: [] as number[] }))
    .sort((a, b) => middle(a.box) - middle(b.box));
  for (const i of all) {
    const box = boxes[i] as Box;
    const nearest = (apart: (of: Box) => number) =>
      units.reduce((best, next) => (Math.abs(apart(next.box)) < Math.abs(apart(best.box)) ? next : best));
    if (isMark(i)) nearest((of) => middle(of) - middle(box)).behind.push(i);
    else if (isPart(i)) {
      const unit = nearest((of) => of.right - box.left);
      (RIGHT_TO_LEFT.test(texts[from + i] as string) ? unit.before : unit.behind).push(i);
    }
  }
  const order = units.flatMap(({ before, letter, behind }) => [...before, letter, ...behind]);
  const old = {
    texts: texts.slice(from, to),
    sizesPt: sizesPt.slice(from, to),
    flags: flags.slice(from, to),
    places: places.slice(from * PLACES, to * PLACES),
  };
  order.forEach((at, i) => {
    texts[from + i] = old.texts[at] as string;
    sizesPt[from + i] = old.sizesPt[at] as number;
    flags[from + i] = old.flags[at] as number;
    places.set(old.places.subarray(at * PLACES, (at + 1) * PLACES), (from + i) * PLACES);
  });
}

export function isSpaceAt({ flags }: Glyphs, index: number): boolean {
  return ((flags[index] as number) & GLYPH.space) !== 0;
}

/** Of the glyph alone, along its line and across. */
export function boxAt({ places }: Glyphs, index: number): Box {
  const at = index * PLACES;
  return {
    left: places[at + PLACE.left] as number,
    right: places[at + PLACE.right] as number,
    top: places[at + PLACE.top] as number,
    bottom: places[at + PLACE.bottom] as number,
  };
}

/** Of the span without its spaces, along its line and across. */
export function extentOf(glyphs: Glyphs, { from, to }: Span): Box {
  const { flags, places } = glyphs;
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (let i = from; i < to; i++) {
    if (((flags[i] as number) & GLYPH.space) !== 0) continue;
    const at = i * PLACES;
    if ((places[at + PLACE.left] as number) < left) left = places[at + PLACE.left] as number;
    if ((places[at + PLACE.right] as number) > right) right = places[at + PLACE.right] as number;
    if ((places[at + PLACE.top] as number) < top) top = places[at + PLACE.top] as number;
    if ((places[at + PLACE.bottom] as number) > bottom) bottom = places[at + PLACE.bottom] as number;
  }
  return { left, right, top, bottom };
}

/** A box along `direction`, as it stands on the page. */
export function quadOf({ left, right, top, bottom }: Box, { x, y }: Point): Quad {
  return [
    { x: left * x - top * y, y: left * y + top * x },
    { x: right * x - top * y, y: right * y + top * x },
    { x: right * x - bottom * y, y: right * y + bottom * x },
    { x: left * x - bottom * y, y: left * y + bottom * x },
  ];
}

/** Without its spaces. */
export function textOf({ texts, flags }: Glyphs, { from, to }: Span): string {
  let text = '';
  for (let i = from; i < to; i++) if (((flags[i] as number) & GLYPH.space) === 0) text += texts[i] as string;
  return text;
}

/** A space between each two. */
export function textOfWords({ texts, flags }: Glyphs, words: readonly Span[]): string {
  let text = '';
  for (let word = 0; word < words.length; word++) {
    if (word > 0) text += ' ';
    const { from, to } = words[word] as Span;
    for (let i = from; i < to; i++) if (((flags[i] as number) & GLYPH.space) === 0) text += texts[i] as string;
  }
  return text;
}

interface LineOfWords {
  /** Each begins and ends with a character; spaces inside are none. */
  readonly words: readonly Span[];
  /** Along the line; no two neighbours are further apart. */
  readonly widestGap: number;
  /** Of all words, along the line and across. */
  readonly box: Box;
}

export function wordsOf(glyphs: Glyphs, run: GlyphRun): LineOfWords {
  const { flags } = glyphs;
  const gaps = gapsOf(glyphs, run);
  const minSpace = tightSpace(gaps);
  const words: Span[] = [];
  let start = -1;
  for (let i = run.from; i < run.to; i++) {
    const bits = flags[i] as number;
    const isSpace = (bits & GLYPH.space) !== 0;
    const isApart =
      (bits & GLYPH.behindSpace) !== 0 || ((gaps[i - run.from] as number) > minSpace && mayBreak(glyphs, i));
    if (start >= 0 && (isSpace || isApart)) {
      words.push({ from: start, to: i });
      start = -1;
    }
    if (!isSpace && start < 0) start = i;
  }
  if (start >= 0) words.push({ from: start, to: run.to });
  const line = joinTouching(glyphs, words);
  return { ...line, words: joinSpacedLetters(glyphs, line.words) };
}

/** Ideographs stand apart from numbers without a space, and signs from what they close or open. */
function mayBreak({ texts }: Glyphs, index: number): boolean {
  const ideograph = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;
  const before = texts[index - 1] as string;
  const after = texts[index] as string;
  if (ideograph.test(before) || ideograph.test(after)) return false;
  return !/^[\p{Pe}\p{Pf},.;:!?%′]/u.test(after) && !/[\p{Ps}\p{Pi}]$/u.test(before);
}

/** In units of the font size. MuPDF sees spaces from about 0.15 on; newspapers are set with less. */
const MIN_TIGHT_SPACE_EM = 0.09;
/** Of the gaps between letters, this share differs by no more than that where letters are set evenly. */
const EVEN_SHARE = 0.7;
const EVEN_EM = 0.035;
const MIN_GAPS = 4;

/** Gap from which letters that follow each other without a space are of two words; infinite for uneven setting. */
function tightSpace(gaps: readonly number[]): number {
  const sorted = sortedFinite(gaps);
  const usual = sorted[sorted.length >> 1];
  if (usual === undefined || sorted.length < MIN_GAPS) return Number.POSITIVE_INFINITY;
  let even = 0;
  for (let i = 0; i < sorted.length; i++) if (Math.abs((sorted[i] as number) - usual) <= EVEN_EM) even++;
  return even < EVEN_SHARE * sorted.length ? Number.POSITIVE_INFINITY : usual + MIN_TIGHT_SPACE_EM;
}

/** Sorting space, kept from line to line: typed arrays are dear to make. */
let scratch = new Float64Array(256);

/** Good until the next call. */
function sortedFinite(values: readonly number[]): Float64Array {
  if (values.length > scratch.length) scratch = new Float64Array(2 * values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isFinite(value)) scratch[count++] = value;
  }
  return scratch.subarray(0, count).sort();
}

/** Between each character and the one before, in units of the font size; not a number at spaces. */
function gapsOf({ sizesPt, flags, places }: Glyphs, { from, to }: GlyphRun): number[] {
  const gaps = [Number.NaN];
  for (let i = from + 1; i < to; i++) {
    const bits = flags[i] as number;
    const size = sizesPt[i] as number;
    const isBehindSpace =
      (bits & (GLYPH.space | GLYPH.behindSpace)) !== 0 || ((flags[i - 1] as number) & GLYPH.space) !== 0;
    // Indices have gaps of their own.
    const isMeasured = !isBehindSpace && size === sizesPt[i - 1];
    const at = i * PLACES;
    const gap = (places[at + PLACE.start] as number) - (places[at - PLACES + PLACE.end] as number);
    gaps.push(isMeasured ? gap / size : Number.NaN);
  }
  return gaps;
}

/** Spaces as wide as this part no words: kerned text is sometimes written with spaces that are taken back. */
const NO_GAP_EM = { min: -0.1, max: 0.02 } as const;

function joinTouching(glyphs: Glyphs, words: readonly Span[]): LineOfWords {
  const joined: Span[] = [];
  let widestGap = 0;
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  let end = Number.NaN;
  for (const word of words) {
    const box = extentOf(glyphs, word);
    const gap = (box.left - end) / (glyphs.sizesPt[word.from] as number);
    if (gap > NO_GAP_EM.min && gap < NO_GAP_EM.max) joined.push({ from: (joined.pop() as Span).from, to: word.to });
    else joined.push(word);
    if (box.left - end > widestGap) widestGap = box.left - end;
    if (box.left < left) left = box.left;
    if (box.right > right) right = box.right;
    if (box.top < top) top = box.top;
    if (box.bottom > bottom) bottom = box.bottom;
    end = box.right;
  }
  return { words: joined, widestGap, box: { left, right, top, bottom } };
}

/** Letters in a row from which they are taken to be words set wide, and not labels or options. */
const MIN_SPACED_LETTERS = 5;
/** A gap of so many of the narrowest parts two words of letters set wide. */
const WORD_GAP_FACTOR = 1.6;
/** Letters further apart are the heads of columns. */
const MAX_LETTER_GAP_EM = 0.8;

/** Words that are set wide, with a gap between each two letters, are put together again. */
function joinSpacedLetters(glyphs: Glyphs, words: readonly Span[]): readonly Span[] {
  if (words.reduce((letters, { from, to }) => letters + (to - from === 1 ? 1 : 0), 0) < MIN_SPACED_LETTERS)
    return words;
  const joined: Span[] = [];
  let first = 0;
  while (first < words.length) {
    let end = first;
    while (end < words.length && isLetter(glyphs, words[end] as Span)) end++;
    const letters = words.slice(first, end);
    const together = letters.length < MIN_SPACED_LETTERS ? [] : wordsOfSpacedLetters(glyphs, letters);
    const areWords = together.length > 0 && together.every((word) => /^\p{Lu}*\p{Ll}*$/u.test(textOf(glyphs, word)));
    joined.push(...(areWords ? together : words.slice(first, Math.max(end, first + 1))));
    first = Math.max(end, first + 1);
  }
  return joined;
}

function isLetter({ texts }: Glyphs, { from, to }: Span): boolean {
  return to - from === 1 && /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]$/u.test(texts[from] as string);
}

function wordsOfSpacedLetters(glyphs: Glyphs, letters: readonly Span[]): Span[] {
  const boxes = letters.map(({ from }) => boxAt(glyphs, from));
  const gaps = boxes.slice(1).map(({ left }, i) => left - (boxes[i] as Box).right);
  const narrowest = Math.max(Math.min(...gaps), 0);
  const words: Span[] = [letters[0] as Span];
  gaps.forEach((gap, i) => {
    const letter = letters[i + 1] as Span;
    const size = glyphs.sizesPt[letter.from] as number;
    if (gap > Math.min(WORD_GAP_FACTOR * narrowest, MAX_LETTER_GAP_EM * size)) words.push(letter);
    else words.push({ from: (words.pop() as Span).from, to: letter.to });
  });
  return words;
}
