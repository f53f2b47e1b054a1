/** The words of a line with their places: as recognised, or cut from the line where it was read without word boxes. */
import type { Point, Quad, TextLine, Word } from '../schema/document.js';

/** Widths of characters in units of the line's height, roughly, as proportional type has them. */
const NARROW = /[\s.,:;'’‘`!|()[\]{}iIjltfr]/u;
const FULL = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u3000-\u303f\uff01-\uff60]/u;
const WIDE = /[\p{Lu}mw@%&—]/u;
const WIDTHS = { narrow: 0.28, normal: 0.5, wide: 0.68, full: 1 } as const;

/** A box this much taller than wide holds text that runs down. */
const VERTICAL_ASPECT = 1.5;

export function wordsOf(line: TextLine): readonly Word[] {
  return line.words ?? cutWords(line);
}

function cutWords({ text, quad, confidence }: TextLine): Word[] {
  const characters = [...text];
  const total = characters.reduce((sum, character) => sum + widthOf(character), 0);
  const words: Word[] = [];
  let word = '';
  let start = 0;
  let at = 0;
  const end = () => {
    if (word !== '') words.push({ text: word, quad: slice(quad, text, start / total, at / total), confidence });
    word = '';
  };
  for (const character of characters) {
    if (/\s/u.test(character)) end();
    else {
      if (word === '') start = at;
      word += character;
    }
    at += widthOf(character);
  }
  end();
  return words;
}

/** Of the characters that most lines consist of, looked up by their codes. */
const ASCII_WIDTHS: readonly number[] = Array.from({ length: 128 }, (_, code) => measure(String.fromCharCode(code)));

function widthOf(character: string): number {
  return ASCII_WIDTHS[character.codePointAt(0) ?? 0] ?? measure(character);
}

function measure(character: string): number {
  if (FULL.test(character)) return WIDTHS.full;
  if (NARROW.test(character)) return WIDTHS.narrow;
  return WIDTHS[WIDE.test(character) ? 'wide' : 'normal'];
}

/** The part of a line's box between two fractions of its length. */
function slice(quad: Quad, text: string, from: number, to: number): Quad {
  const [a, b, c, d] = quad as [Point, Point, Point, Point];
  const isVertical = text.length > 1 && distance(a, d) > VERTICAL_ASPECT * distance(a, b);
  return isVertical
    ? [between(a, d, from), between(b, c, from), between(b, c, to), between(a, d, to)]
    : [between(a, b, from), between(a, b, to), between(d, c, to), between(d, c, from)];
}

function between(from: Point, to: Point, fraction: number): Point {
  return { x: from.x + (to.x - from.x) * fraction, y: from.y + (to.y - from.y) * fraction };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(b.x - a.x, b.y - a.y);
}
