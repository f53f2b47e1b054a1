import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../../../../src/engine/native.js';
import { withBullets } from '../../../../src/engine/stages/bullets.js';
import { line, quadOf } from './page-of-lines.js';

const WIDTH = 500;

type Inked = (x: number, y: number) => boolean;

/** White, and black where any of the shapes is. */
function paper(...shapes: readonly Inked[]): RgbImage {
  const data = new Uint8Array(WIDTH * 400 * 3).fill(255);
  for (let y = 0; y < 400; y++) {
    for (let x = 0; x < WIDTH; x++) {
      if (shapes.some((inked) => inked(x + 0.5, y + 0.5))) data.fill(0, 3 * (y * WIDTH + x), 3 * (y * WIDTH + x) + 3);
    }
  }
  return { data, width: WIDTH, height: 400 };
}

const disc =
  (cx: number, cy: number, radius: number): Inked =>
  (x, y) =>
    Math.hypot(x - cx, y - cy) < radius;
const square =
  (cx: number, cy: number, half: number): Inked =>
  (x, y) =>
    Math.abs(x - cx) < half && Math.abs(y - cy) < half;
const ring =
  (cx: number, cy: number, radius: number): Inked =>
  (x, y) =>
    Math.abs(Math.hypot(x - cx, y - cy) - radius) < 1;
/** Strokes of letters from x = 105 on, in the middle of each line. */
const letters: Inked = (x, y) => x > 105 && x < 300 && x % 8 < 3 && (y - 100) % 40 > 8 && (y - 100) % 40 < 24;

/** Boxes of 30 pixels at x = 100, 40 apart: their middles are at 115, 155, 195. */
const items = (...texts: readonly string[]) => texts.map((text, i) => line(text, 100, 100 + 40 * i, 200, 30));
const textsOf = (image: RgbImage, lines = items('alpha', 'beta', 'gamma')) =>
  withBullets(image, lines).map(({ text }) => text);
const NONE = ['alpha', 'beta', 'gamma'];

describe('bullets', () => {
  it('are dots before lines that stand under each other, and part of them', () => {
    const words = [{ text: 'alpha', quad: quadOf(105, 100, 60, 30), confidence: 0.9 }];
    const [alpha, beta, gamma] = items('alpha', 'beta', 'gamma').map((item) => ({ ...item, words }));
    const read = withBullets(paper(letters, disc(75, 115, 5), disc(75, 155, 5)), [alpha, beta, gamma] as never);
    expect(read[0]).toEqual({
      ...alpha,
      text: '• alpha',
      quad: quadOf(70, 100, 230, 30),
      words: [{ text: '•', quad: quadOf(70, 110, 10, 10), confidence: 1 }, ...words],
    });
    expect(read[1]?.text).toBe('• beta');
    expect(read[2]).toBe(gamma);
  });

  it('are squares as well', () => {
    expect(textsOf(paper(letters, square(75, 115, 4), square(75, 195, 4)))).toEqual(['• alpha', 'beta', '• gamma']);
  });

  it('are no single dot, nor dots of other sizes or in other columns: that is dust', () => {
    expect(textsOf(paper(letters, disc(75, 115, 5)))).toEqual(NONE);
    expect(textsOf(paper(letters, disc(75, 115, 3), disc(75, 155, 5)))).toEqual(NONE);
    expect(textsOf(paper(letters, disc(60, 115, 5), disc(80, 155, 5)))).toEqual(NONE);
  });

  it('are no full stops, rings, bars, letters or leaders', () => {
    const both = (shape: (y: number) => Inked) => textsOf(paper(letters, shape(115), shape(155)));
    expect(both((y) => disc(75, y + 9, 5))).toEqual(NONE);
    expect(both((y) => ring(75, y, 5))).toEqual(NONE);
    expect(both((y) => (x, at) => Math.abs(x - 75) < 7 && Math.abs(at - y) < 2.5)).toEqual(NONE);
    expect(both((y) => disc(75, y, 9))).toEqual(NONE);
    expect(both((y) => (x, at) => disc(75, y, 5)(x, at) || disc(55, y, 5)(x, at))).toEqual(NONE);
  });

  it('stand apart from their lines, and are no part of others', () => {
    expect(textsOf(paper(letters, disc(93, 115, 5), disc(93, 155, 5)))).toEqual(NONE);
    const column = [line('beside', 40, 100, 45, 30), line('them', 40, 140, 45, 30)];
    const image = paper(letters, disc(75, 115, 5), disc(75, 155, 5));
    expect(textsOf(image, [...column, ...items('alpha', 'beta')])).toEqual(['beside', 'them', 'alpha', 'beta']);
  });

  it('are not put before what has a mark already', () => {
    const image = paper(letters, disc(75, 115, 5), disc(75, 155, 5));
    expect(textsOf(image, items('• alpha', '- beta'))).toEqual(['• alpha', '- beta']);
    expect(textsOf(image, items('1. alpha', '☐ beta'))).toEqual(['1. alpha', '☐ beta']);
  });
});
