/**
 * A line as the layout stages see it: an axis-parallel box in the frame in which the page's text runs level, the
 * height of its letters and what its text looks like. Built once a page by `levelLines`.
 */
import type { Point, Quad, Rect, TextLine, Word } from '../../schema/document.js';
import { readsRightToLeft } from '../../schema/writing-direction.js';

/** What a PDF's text layer knows of a line's type; nothing is known of a line that a recognizer read. */
export interface LineStyle {
  /** Pixels of the page image. */
  readonly fontSizePx: number;
  readonly bold: boolean;
  readonly italic: boolean;
}

export interface StyledLine extends TextLine {
  readonly style?: LineStyle;
  /** In the place of `words`: a page that is read from its text layer has a thousand, and most are read without. */
  readonly makeWords?: () => readonly Word[];
}

export function wordsOfLine({ words, makeWords }: StyledLine): readonly Word[] | undefined {
  return words ?? makeWords?.();
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface LineBox extends Box {
  readonly line: StyledLine;
  /** Across the reading direction: the font size where it is known, else the short side of the quad. */
  readonly height: number;
  readonly centerY: number;
  /** Width in characters as wide as the line is high: 1 for a CJK character, about 0.5 for a Latin one. */
  readonly widthEm: number;
}

/** Quads turned further than this against the page's main direction are not part of its level text. */
const UPRIGHT_LIMIT_DEGREES = 30;

/** Direction in which a quad is read, in degrees clockwise from the x axis. */
export function readingAngle(quad: Quad): number {
  const [a, b] = quad as [Point, Point, Point, Point];
  return (Math.atan2(b.y - a.y, b.x - a.x) * 180) / Math.PI;
}

function distance(a: Point, b: Point): number {
  // Sides of level lines, which most are: the general way takes many times as long.
  if (a.y === b.y) return Math.abs(a.x - b.x);
  if (a.x === b.x) return Math.abs(a.y - b.y);
  return Math.hypot(a.x - b.x, a.y - b.y);
}

export function boundsOf(points: readonly Point[]): Box {
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (const { x, y } of points) {
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  return { left, top, right, bottom };
}

export function unionOf(boxes: readonly Box[]): Box {
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (const box of boxes) {
    if (box.left < left) left = box.left;
    if (box.top < top) top = box.top;
    if (box.right > right) right = box.right;
    if (box.bottom > bottom) bottom = box.bottom;
  }
  return { left, top, right, bottom };
}

export function boxOf(rect: Rect): Box {
  return { left: rect.x, top: rect.y, right: rect.x + rect.width, bottom: rect.y + rect.height };
}

/** Fraction of `inner`'s area that lies inside `outer`. */
export function shareInside(inner: Box, outer: Box): number {
  const width = Math.min(inner.right, outer.right) - Math.max(inner.left, outer.left);
  const height = Math.min(inner.bottom, outer.bottom) - Math.max(inner.top, outer.top);
  if (width <= 0 || height <= 0) return 0;
  const area = (inner.right - inner.left) * (inner.bottom - inner.top);
  return area > 0 ? (width * height) / area : 0;
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}

/** The value that half of the weight lies below. */
export function weightedMedian(values: readonly { readonly value: number; readonly weight: number }[]): number {
  const sorted = [...values].sort((a, b) => a.value - b.value);
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let sum = 0;
  for (const { value, weight } of sorted) {
    sum += weight;
    if (sum >= half) return value;
  }
  return 0;
}

export interface LeveledPage {
  /**
   * Lines read along the page's main direction, skew taken out. Those of a page of Arabic or Hebrew are mirrored: what
   * comes first is left on every page.
   */
  readonly level: readonly LineBox[];
  /** Lines turned against it: margin stamps, axis labels, rotated tables. In page coordinates. */
  readonly turned: readonly LineBox[];
  /** Turns a rectangle of the page into the level frame. */
  readonly toLevel: (rect: Rect) => Box;
}

const isUpright = ({ quad }: StyledLine) => Math.abs(readingAngle(quad)) <= UPRIGHT_LIMIT_DEGREES;

/**
 * Degrees clockwise by which the page's upright text is turned; 0 where there is none: a page on its side keeps its
 * coordinates.
 */
export function skewOf(lines: readonly StyledLine[]): number {
  return weightedMedian(
    lines.filter(isUpright).map((line) => ({
      value: readingAngle(line.quad),
      weight: distance(line.quad[0] as Point, line.quad[1] as Point),
    })),
  );
}

/** REQUIRES: every quad is finite. */
export function levelLines(lines: readonly StyledLine[], widthPx: number, heightPx: number): LeveledPage {
  const upright = lines.filter(isUpright);
  const turned = lines.filter((line) => !isUpright(line));
  const skew = skewOf(lines);
  const radians = (-skew * Math.PI) / 180;
  const cos = Math.cos(radians);
  const sin = Math.sin(radians);
  const cx = widthPx / 2;
  const cy = heightPx / 2;
  const mirror = readsRightToLeft(lines.map(({ text }) => text)) ? -1 : 1;
  const turn = ({ x, y }: Point): Point => ({
    x: cx + mirror * ((x - cx) * cos - (y - cy) * sin),
    y: cy + (x - cx) * sin + (y - cy) * cos,
  });
  const box = (line: StyledLine, quad: Quad): LineBox => {
    const [a, b, c, d] = quad as [Point, Point, Point, Point];
    const { left, top, right, bottom } = boundsOf(quad);
    const height = Math.max(1, line.style?.fontSizePx ?? (distance(a, d) + distance(b, c)) / 2);
    return {
      left,
      top,
      right,
      bottom,
      line,
      height,
      centerY: (top + bottom) / 2,
      widthEm: (distance(a, b) + distance(d, c)) / 2 / height,
    };
  };
  return {
    level: upright.map((line) => box(line, line.quad.map(turn))),
    turned: turned.map((line) => box(line, line.quad)),
    toLevel: (rect) => {
      // Only the centre turns: a rectangle's sides stay as long as they were.
      const centre = turn({ x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 });
      return {
        left: centre.x - rect.width / 2,
        top: centre.y - rect.height / 2,
        right: centre.x + rect.width / 2,
        bottom: centre.y + rect.height / 2,
      };
    },
  };
}
