/** Ruling lines as a table sees them: straight and level in its frame, each one piece however many strokes drew it. */
import type { Point, Quad } from '../../schema/document.js';
import type { Native, RgbImage } from '../native.js';
import { type Box, boundsOf, median, readingAngle, type StyledLine } from './line-box.js';

/** A straight stroke of the page, be it of a PDF's drawing or of pixels. */
export interface Stroke {
  readonly from: Point;
  readonly to: Point;
}

/** In points: what is thicker is a bar or a ground. */
const MAX_STROKE_PT = 3;

/** Of a shape of which only the box is known: itself where it is thin, its four sides where it is a frame. */
export function strokesOfShape({ left, top, right, bottom }: Box, isFrame: boolean): Stroke[] {
  const stroke = (x0: number, y0: number, x1: number, y1: number): Stroke => ({
    from: { x: x0, y: y0 },
    to: { x: x1, y: y1 },
  });
  const x = (left + right) / 2;
  const y = (top + bottom) / 2;
  if (bottom - top <= Math.min(MAX_STROKE_PT, right - left)) return [stroke(left, y, right, y)];
  if (right - left <= MAX_STROKE_PT) return [stroke(x, top, x, bottom)];
  if (!isFrame) return [];
  return [
    stroke(left, top, right, top),
    stroke(right, top, right, bottom),
    stroke(left, bottom, right, bottom),
    stroke(left, top, left, bottom),
  ];
}

export function scaledStrokes(strokes: readonly Stroke[], scale: number): Stroke[] {
  const scaled = ({ x, y }: Point) => ({ x: x * scale, y: y * scale });
  return strokes.map(({ from, to }) => ({ from: scaled(from), to: scaled(to) }));
}

/** Small letters are about half as high as the box around a line. */
const LETTER_OF_LINE = 0.5;
/** Lines turned further are not the page's level text. */
const MAX_SKEW_DEGREES = 30;

/** Of a page image on which the lines were found. */
export function strokesOfImage(image: RgbImage, lines: readonly StyledLine[], native: Native): Stroke[] {
  const level = lines.filter(({ quad }) => Math.abs(readingAngle(quad)) <= MAX_SKEW_DEGREES);
  const text = level.length > 0 ? level : lines;
  const letterHeight = LETTER_OF_LINE * median(text.map(({ quad }) => shortSide(quad)));
  if (!(letterHeight > 0)) return [];
  const skew = level.length === 0 ? 0 : median(level.map(({ quad }) => readingAngle(quad)));
  const ends = native.findStrokes(image, letterHeight, skew);
  return Array.from({ length: ends.length / 4 }, (_, i) => {
    const [x0, y0, x1, y1] = ends.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    return { from: { x: x0, y: y0 }, to: { x: x1, y: y1 } };
  });
}

function shortSide(quad: Quad): number {
  const [a, b, , d] = quad as [Point, Point, Point, Point];
  return Math.min(Math.hypot(d.x - a.x, d.y - a.y), Math.hypot(b.x - a.x, b.y - a.y));
}

/** Position across and extent along; the origin is the frame's. */
export interface Ruling {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

export interface Rulings {
  readonly horizontal: readonly Ruling[];
  readonly vertical: readonly Ruling[];
}

/** A page with more strokes is a drawing or map; its grids, if any, are left to the table model. */
const MAX_STROKES = 20_000;
/** Rise over run up to which a stroke is level: half a degree, the error of a measured skew. */
const MAX_SLOPE = 0.01;
/** In letter heights: strokes this near continue or double one another. */
const SAME_LINE = 0.3;
const MAX_HOLE = 0.5;
/** In letter heights: shorter lines are dashes, ticks and bars of letters. */
const MIN_LENGTH = 1.2;

/** `toFrame` maps a point of the page into the frame; `letterHeight` is in pixels. */
export function rulingsIn(strokes: readonly Stroke[], toFrame: (point: Point) => Point, letterHeight: number): Rulings {
  if (strokes.length > MAX_STROKES) return { horizontal: [], vertical: [] };
  const horizontal: Ruling[] = [];
  const vertical: Ruling[] = [];
  for (const { from, to } of strokes) {
    const { left, top, right, bottom } = boundsOf([toFrame(from), toFrame(to)]);
    const width = right - left;
    const height = bottom - top;
    const tolerance = SAME_LINE * letterHeight;
    if (width >= height && height <= Math.max(tolerance, MAX_SLOPE * width))
      horizontal.push({ at: (top + bottom) / 2, from: left, to: right });
    else if (height > width && width <= Math.max(tolerance, MAX_SLOPE * height))
      vertical.push({ at: (left + right) / 2, from: top, to: bottom });
  }
  return { horizontal: joined(horizontal, letterHeight), vertical: joined(vertical, letterHeight) };
}

function joined(rulings: readonly Ruling[], letterHeight: number): Ruling[] {
  return clusters(rulings, (ruling) => ruling.at, SAME_LINE * letterHeight)
    .flatMap((lane) => joinedAlong(lane, MAX_HOLE * letterHeight))
    .filter(({ from, to }) => to - from >= MIN_LENGTH * letterHeight);
}

/** Of one lane: those that touch or leave a small hole become one. */
function joinedAlong(lane: readonly Ruling[], maxHole: number): Ruling[] {
  const runs: { from: number; to: number; weighted: number; length: number }[] = [];
  for (const { at, from, to } of [...lane].sort((a, b) => a.from - b.from)) {
    const run = runs.at(-1);
    const length = Math.max(to - from, Number.EPSILON);
    if (run !== undefined && from - run.to <= maxHole) {
      run.to = Math.max(run.to, to);
      run.weighted += at * length;
      run.length += length;
    } else runs.push({ from, to, weighted: at * length, length });
  }
  return runs.map(({ from, to, weighted, length }) => ({ at: weighted / length, from, to }));
}

/** Sorted by value and cut wherever neighbours, or the ends of a cluster, are further apart than `tolerance`. */
export function clusters<T>(items: readonly T[], at: (item: T) => number, tolerance: number): T[][] {
  const found: T[][] = [];
  let start = -Infinity;
  for (const item of [...items].sort((a, b) => at(a) - at(b))) {
    if (at(item) - start <= tolerance) (found.at(-1) as T[]).push(item);
    else {
      found.push([item]);
      start = at(item);
    }
  }
  return found;
}
