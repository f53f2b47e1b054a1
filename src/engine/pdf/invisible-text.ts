/** Words of a page → the content stream that sets them, invisible, where they are seen. */
import type { Point } from '../../schema/document.js';
import type { LayerWord, PageLayer } from '../../schema/page-layer.js';
import { type Codes, DESCENT, GLYPH_WIDTH } from './glyphless-font.js';

/** a, b, c, d, e, f: x' = a·x + c·y + e, y' = b·x + d·y + f (PDF 32000-1, 8.3.3). */
export type Matrix = readonly [number, number, number, number, number, number];

/** A box this much taller than wide, of several characters, holds text that runs down. */
const VERTICAL_ASPECT = 1.5;
/**
 * A space, as a fraction of the line's height: readers of PDFs go by the gaps they see, whatever spaces are set, and take
 * less than 0.15 of the type's size for none (poppler). Boxes of words may touch and overlap: both then give way.
 */
const MIN_GAP = 0.25;
/** Of a word's length, that it gives way by at most at either end. */
const MAX_GIVEN = 0.35;
/**
 * Slope of a line up to which its words are set level, each at the height of its middle: poppler ends a word where its
 * baseline has moved by half a point, and so cuts the words of a scan that lies askew. At 5° the ends of a word five times
 * as long as high are off by a fifth of its height.
 */
const MAX_LEVELLED_SLOPE = Math.tan((5 * Math.PI) / 180);
/** Shortest word or space, as a fraction of the line's height: nothing is set with a width of 0. */
const MIN_WIDTH = 0.01;

const RIGHT_TO_LEFT = /[\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Syriac}\p{sc=Thaana}]/u;

/**
 * `toPdf` turns pixels of the upright page image into the page's user space. Empty where there is nothing to say.
 * Every word is set by itself, stretched to its box; a space fills the gap behind one that has it.
 */
export function invisibleText(layer: PageLayer, toPdf: Matrix, fontName: string, codes: Codes): string {
  const operators: string[] = [];
  for (const line of layer.lines) {
    const words = line.filter(({ text }) => text.trim() !== '');
    const runs = words.map((word) => runOf(word, toPdf));
    words.forEach((word, index) => {
      const [run, next] = [runs[index] as Run, runs[index + 1]];
      if (next === undefined || !word.spaced) {
        operators.push(show(run, visualOrder(word.text), codes));
        return;
      }
      const [shown, following] = givingWay(run, next);
      runs[index + 1] = following;
      operators.push(show(shown, visualOrder(word.text), codes));
      operators.push(show(gapBetween(shown, following), ' ', codes));
    });
  }
  if (operators.length === 0) return '';
  // Text render mode 3: neither filled nor stroked.
  return `q\nBT\n3 Tr\n/${fontName} 1 Tf\n${operators.join('\n')}\nET\nQ\n`;
}

/** A box in user space along its reading direction. */
interface Run {
  /** Where the baseline begins. */
  readonly origin: Point;
  /** Along the text, as long as it. */
  readonly along: Point;
  /** From the lower edge to the upper one. */
  readonly up: Point;
}

function runOf({ text, quad }: LayerWord, toPdf: Matrix): Run {
  const [a, b, , d] = quad.map((point) => apply(toPdf, point)) as [Point, Point, Point, Point];
  const isVertical = [...text].length > 1 && distance(a, d) > VERTICAL_ASPECT * distance(a, b);
  // What runs down is a line turned by a quarter: its lower edge is the left one.
  const [start, along, up] = isVertical
    ? [a, minus(d, a), minus(b, a)]
    : [d, minus(apply(toPdf, quad[2] as Point), d), minus(a, d)];
  return levelled({ origin: plus(start, up, DESCENT), along, up });
}

/** Along the page's edge, about its own middle, where it nearly is. */
function levelled(run: Run): Run {
  const { origin, along, up } = run;
  const isFlat = Math.abs(along.y) <= MAX_LEVELLED_SLOPE * Math.abs(along.x);
  const isUpright = Math.abs(along.x) <= MAX_LEVELLED_SLOPE * Math.abs(along.y);
  if (isFlat === isUpright) return run;
  const [length, height] = [Math.hypot(along.x, along.y), Math.hypot(up.x, up.y)];
  const level = isFlat ? { x: Math.sign(along.x) * length, y: 0 } : { x: 0, y: Math.sign(along.y) * length };
  const raised = isFlat ? { x: 0, y: Math.sign(up.y) * height } : { x: Math.sign(up.x) * height, y: 0 };
  return { origin: plus(plus(origin, along, 0.5), level, -0.5), along: level, up: raised };
}

/** The one shorter at its end and the other at its beginning, by the same, where they stand too near. */
function givingWay(run: Run, next: Run): readonly [Run, Run] {
  const missing = MIN_GAP * Math.hypot(run.up.x, run.up.y) - gapWidth(run, next);
  if (missing <= 0) return [run, next];
  const given = ({ along }: Run) => Math.min(missing / 2 / (Math.hypot(along.x, along.y) || 1), MAX_GIVEN);
  const shorter = (from: Run, share: number) => ({
    ...from,
    along: { x: from.along.x * (1 - share), y: from.along.y * (1 - share) },
  });
  return [
    shorter(run, given(run)),
    { ...shorter(next, given(next)), origin: plus(next.origin, next.along, given(next)) },
  ];
}

function gapBetween(run: Run, next: Run): Run {
  const length = Math.hypot(run.along.x, run.along.y) || 1;
  const width = Math.max(gapWidth(run, next), MIN_WIDTH * Math.hypot(run.up.x, run.up.y)) / length;
  return {
    origin: plus(run.origin, run.along, 1),
    along: { x: run.along.x * width, y: run.along.y * width },
    up: run.up,
  };
}

/** From the one's end to the other's beginning, along the text; negative where they overlap. */
function gapWidth(run: Run, next: Run): number {
  const gap = minus(next.origin, plus(run.origin, run.along, 1));
  return (gap.x * run.along.x + gap.y * run.along.y) / (Math.hypot(run.along.x, run.along.y) || 1);
}

function show({ origin, along, up }: Run, text: string, codes: Codes): string {
  const encoded = codes.encode(text);
  const width = (encoded.length / 4) * (GLYPH_WIDTH / 1000) || 1;
  const smallest = MIN_WIDTH * Math.hypot(up.x, up.y);
  const length = Math.hypot(along.x, along.y);
  const { x, y } = length < smallest ? { x: smallest, y: 0 } : along;
  const matrix = [x / width, y / width, up.x, up.y, origin.x, origin.y].map(number);
  return `${matrix.join(' ')} Tm <${encoded}> Tj`;
}

/** Glyphs are set from left to right: text that is read the other way comes in the order in which it is seen. */
function visualOrder(text: string): string {
  if (!RIGHT_TO_LEFT.test(text)) return text;
  const runs = text.match(/[\p{N}\p{sc=Latin}.,]+|\P{M}\p{M}*|\p{M}+/gu) ?? [];
  return runs.reverse().join('');
}

export function apply([a, b, c, d, e, f]: Matrix, { x, y }: Point): Point {
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

/** First `first`, then `second`. */
export function concat(first: Matrix, second: Matrix): Matrix {
  const [a, b, c, d] = first;
  const origin = apply(second, { x: first[4], y: first[5] });
  return [
    a * second[0] + b * second[2],
    a * second[1] + b * second[3],
    c * second[0] + d * second[2],
    c * second[1] + d * second[3],
    origin.x,
    origin.y,
  ];
}

export function invert([a, b, c, d, e, f]: Matrix): Matrix {
  const determinant = a * d - b * c;
  return [
    d / determinant,
    -b / determinant,
    -c / determinant,
    a / determinant,
    (c * f - d * e) / determinant,
    (b * e - a * f) / determinant,
  ];
}

/** Pixels of the upright page image → fractions of the source's page as it is shown, origin top-left. */
export function toSourceFractions({ rotation, widthPx, heightPx }: PageLayer): Matrix {
  const [w, h] = [1 / widthPx, 1 / heightPx];
  switch (rotation) {
    case 90:
      return [0, -w, h, 0, 0, 1];
    case 180:
      return [-w, 0, 0, -h, 1, 1];
    case 270:
      return [0, w, -h, 0, 1, 0];
    default:
      return [w, 0, 0, h, 0, 0];
  }
}

function plus(point: Point, direction: Point, factor: number): Point {
  return { x: point.x + direction.x * factor, y: point.y + direction.y * factor };
}

function minus(to: Point, from: Point): Point {
  return { x: to.x - from.x, y: to.y - from.y };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(b.x - a.x, b.y - a.y);
}

/** As PDF writes numbers: never in exponents, and no longer than a page needs. */
export function number(value: number): string {
  return String(Number(value.toFixed(4)));
}
