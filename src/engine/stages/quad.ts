/** Quads of lines: their sides, and parts of them along the text. */
import type { Point, Quad } from '../../schema/document.js';
import type { Box } from './line-box.js';

type Corners = readonly [Point, Point, Point, Point];

/** Length along the text and across it, of the sides at its start. */
export function sidesOf(quad: Quad): readonly [along: number, across: number] {
  const [a, b, , d] = quad as unknown as Corners;
  return [Math.hypot(b.x - a.x, b.y - a.y), Math.hypot(d.x - a.x, d.y - a.y)];
}

/** The point that lies a fraction of the way from `p` to `q`. */
export function between(p: Point, q: Point, fraction: number): Point {
  return { x: p.x + (q.x - p.x) * fraction, y: p.y + (q.y - p.y) * fraction };
}

/** The part of a quad from one fraction of its length to another. */
export function sliceQuad(quad: Quad, from: number, to: number): Quad {
  const [a, b, c, d] = quad as unknown as Corners;
  return [between(a, b, from), between(a, b, to), between(d, c, to), between(d, c, from)];
}

/** Of text that runs level. */
export function quadOf({ left, top, right, bottom }: Box): Quad {
  return [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ];
}
