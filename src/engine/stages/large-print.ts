/**
 * Letters too large for the scale that finds the page's other print: posters, covers. A detector sees letters of 4 to
 * about 230 pixels; larger ones fall to pieces, and are looked for once more on a map an eighth as wide and high.
 */
import type { Quad } from '../../schema/document.js';
import type { Native, PageFeatures, RgbImage } from '../native.js';
import type { Model } from '../session.js';
import { type DetectedLine, detectLines } from './detect.js';
import { type Box, boundsOf } from './line-box.js';
import { sidesOf } from './quad.js';

const COARSER = 8;

/** In pixels of the finer map. Boxes of letters up to this high are whole there. */
const MIN_HEIGHT_PX = 160;

/** Words of posters come out at 0.85 and more; paragraphs and photos that look like words from afar, at 0.72 at most. */
const MIN_SCORE = 0.75;

/** Against the height of the large box: what is lower is a line of its own, what is higher a piece of the large letters. */
const PIECE_HEIGHT = 0.3;

/** Of the large box's area: with as much of its own lines, it is a paragraph seen from afar. */
const MAX_OWN_LINES = 0.1;

/** Of the large box's height and length: a line that the finer map has found as well. It fits more closely there. */
const SAME_LINE = { across: 0.6, along: 0.85 } as const;

/** Letters higher than a tenth of the page are measured as pictures. */
export function mayHaveLargePrint(features: PageFeatures | undefined): boolean {
  return features === undefined || features.lineCount === 0 || features.pictureFraction > 0;
}

/** The lines, and those of large print in place of their pieces. `scale`: of the map that the lines were found on. */
export async function addLargePrint(
  lines: readonly DetectedLine[],
  image: RgbImage,
  model: Model,
  native: Native,
  scale: number,
): Promise<readonly DetectedLine[]> {
  const coarse = await detectLines(image, model, native, scale / COARSER);
  const large = coarse.filter(({ quad, score }) => score >= MIN_SCORE && acrossOf(quad) * scale >= MIN_HEIGHT_PX);
  return large.reduce(addLine, lines);
}

function addLine(lines: readonly DetectedLine[], large: DetectedLine): readonly DetectedLine[] {
  const bounds = boundsOf(large.quad);
  const inside = lines.filter(({ quad }) => contains(bounds, quad));
  const isPiece = ({ quad }: DetectedLine) => acrossOf(quad) >= PIECE_HEIGHT * acrossOf(large.quad);
  const found = inside.some(
    ({ quad }) =>
      acrossOf(quad) >= SAME_LINE.across * acrossOf(large.quad) &&
      alongOf(quad) >= SAME_LINE.along * alongOf(large.quad),
  );
  const ownLines = inside.filter((line) => !isPiece(line));
  if (found || areaOf(ownLines) > MAX_OWN_LINES * areaOf([large])) return lines;
  const pieces = new Set(inside.filter(isPiece));
  return [...lines.filter((line) => !pieces.has(line)), large];
}

function contains({ left, top, right, bottom }: Box, quad: Quad): boolean {
  const box = boundsOf(quad);
  const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  return x >= left && x <= right && y >= top && y <= bottom;
}

const areaOf = (lines: readonly DetectedLine[]) =>
  lines.reduce((sum, { quad }) => sum + acrossOf(quad) * alongOf(quad), 0);
const acrossOf = (quad: Quad) => Math.min(...sidesOf(quad));
const alongOf = (quad: Quad) => Math.max(...sidesOf(quad));
