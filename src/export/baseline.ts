/** Where the letters of a line stand. Boxes reach from ascenders to descenders. */
import type { Point, Quad } from '../schema/document.js';

/** Of a line's height, below the baseline: about what Latin type has, and what CJK type leaves below its characters. */
export const DESCENT = 0.2;

/** From the text's beginning to its end. */
export function baselineOf(quad: Quad): readonly [Point, Point] {
  const [a, b, c, d] = quad as [Point, Point, Point, Point];
  return [above(d, a), above(c, b)];
}

function above(bottom: Point, top: Point): Point {
  return { x: bottom.x + (top.x - bottom.x) * DESCENT, y: bottom.y + (top.y - bottom.y) * DESCENT };
}
