/**
 * Lines longer than a recognizer takes in, which it would read squeezed: cut in the white between words, and what was
 * read of the pieces joined.
 */
import type { Point, Quad, TextLine } from '../../schema/document.js';
import type { Native, RgbImage } from '../native.js';
import type { DetectedLine } from './detect.js';
import type { Readings } from './line-direction.js';
import { sidesOf, sliceQuad } from './quad.js';

/** In heights of the line. The recognizers were exported for 3200 pixels of 48: 66 heights, a line of 130 letters or more. */
const MAX_RATIO = 66;

/** Of a piece, at most: what its ends are moved by to find white comes on top. */
const PIECE_RATIO = 50;

/** Of a piece: how far from where equal pieces would end white is looked for. Words are shorter. */
const SEARCH = 0.12;

/** Height of the picture that the white is found on; a space is about 3 of its pixels wide. */
const SAMPLE_HEIGHT = 16;
const SPACE_WIDTH = 3;

export interface CutLines {
  /** The lines, the long ones in pieces. */
  readonly pieces: readonly DetectedLine[];
  /** Lines of readings of the pieces, those without text left out. */
  readonly join: (readings: Readings) => readonly TextLine[];
}

/** Bent lines stay whole. */
export function cutLongLines(image: RgbImage, lines: readonly DetectedLine[], native: Native): CutLines {
  const pieces = lines.map((line) => {
    const [along, side] = sidesOf(line.quad);
    const across = Math.max(1, side);
    return line.slices !== undefined || along <= MAX_RATIO * across
      ? [line]
      : cut(image, line, Math.ceil(along / across / PIECE_RATIO), native);
  });
  return {
    pieces: pieces.flat(),
    join(readings) {
      let first = 0;
      return pieces.flatMap(({ length }) => {
        const read = readings.slice(first, first + length).filter((reading) => reading !== undefined);
        first += length;
        return read.length > 1 ? [joined(read)] : read;
      });
    },
  };
}

/** Scripts that are written without spaces between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** REQUIRES: pieces of one line, in either direction. */
function joined(pieces: readonly TextLine[]): TextLine {
  const { quad, source } = pieces[0] as TextLine;
  const [start, end] = quad as [Point, Point, Point, Point];
  const position = ({ quad }: TextLine) =>
    (quad[0] as Point).x * (end.x - start.x) + (quad[0] as Point).y * (end.y - start.y);
  const ordered = pieces.toSorted((a, b) => position(a) - position(b));
  const [first, last] = [ordered[0] as TextLine, ordered[ordered.length - 1] as TextLine];
  const characters = pieces.reduce((sum, { text }) => sum + text.length, 0);
  const words = ordered.flatMap((piece) => piece.words ?? []);
  return {
    text: ordered.reduce((text, piece) => {
      const unspaced = UNSPACED.test(text.slice(-1)) && UNSPACED.test(piece.text.slice(0, 1));
      return `${text}${text === '' || unspaced ? '' : ' '}${piece.text}`;
    }, ''),
    quad: [first.quad[0], last.quad[1], last.quad[2], first.quad[3]] as Quad,
    confidence: pieces.reduce((sum, { text, confidence }) => sum + confidence * text.length, 0) / characters,
    source,
    ...(words.length === 0 ? {} : { words }),
  };
}

function cut(image: RgbImage, { quad, score }: DetectedLine, count: number, native: Native): DetectedLine[] {
  const contrast = contrastAlong(image, quad, count * PIECE_RATIO * SAMPLE_HEIGHT, native);
  const piece = contrast.length / count;
  const ends = [0];
  for (let index = 1; index < count; index++) {
    const from = Math.round((index - SEARCH) * piece);
    const to = Math.round((index + SEARCH) * piece);
    ends.push(whitest(contrast, from, to) / contrast.length);
  }
  ends.push(1);
  return ends.slice(1).map((to, index) => ({ quad: sliceQuad(quad, ends[index] as number, to), score }));
}

/** Of each column of the line, the difference between its darkest and its brightest pixel. */
function contrastAlong(image: RgbImage, quad: Quad, width: number, native: Native): Float32Array {
  const height = SAMPLE_HEIGHT;
  const pixels = new Float32Array(3 * width * height);
  const corners = Float32Array.from(quad.flatMap(({ x, y }) => [x, y]));
  const plain = { mean: [0, 0, 0], std: [1, 1, 1], channelOrder: 'rgb' } as const;
  native.packCrops(image, corners, Uint32Array.of(width), Uint8Array.of(0), height, width, plain, pixels);
  const contrast = new Float32Array(width);
  for (let x = 0; x < width; x++) {
    let [darkest, brightest] = [1, 0];
    for (let y = 0; y < height; y++) {
      const level = pixels[(height + y) * width + x] as number;
      darkest = Math.min(darkest, level);
      brightest = Math.max(brightest, level);
    }
    contrast[x] = brightest - darkest;
  }
  return contrast;
}

/** The middle of the columns as wide as a space that have the least contrast. */
function whitest(contrast: Float32Array, from: number, to: number): number {
  let best = from;
  let least = Infinity;
  for (let x = from; x < to; x++) {
    let sum = 0;
    for (let i = 0; i < SPACE_WIDTH; i++) sum += contrast[x + i] ?? 0;
    if (sum < least) [best, least] = [x, sum];
  }
  return best + SPACE_WIDTH / 2;
}
