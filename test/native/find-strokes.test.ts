import { describe, expect, test } from 'vitest';
import { loadNative, type RgbImage } from '../../src/engine/native.js';

const native = loadNative();

/** White, with dark rectangles of x, y, width, height. */
function pageWith(...rects: readonly (readonly [number, number, number, number])[]): RgbImage {
  const width = 800;
  const height = 600;
  const data = new Uint8Array(width * height * 3).fill(250);
  for (const [x, y, w, h] of rects)
    for (let row = y; row < y + h; row++) data.fill(40, (row * width + x) * 3, (row * width + x + w) * 3);
  return { data, width, height };
}

describe('ruling lines of a page image', () => {
  test('are found from end to end, horizontal ones first', () => {
    const strokes = native.findStrokes(pageWith([100, 99, 600, 2], [399, 50, 2, 500]), 18, 0);
    expect([...strokes].map((value) => Math.round(value / 4) * 4)).toEqual([100, 100, 700, 100, 400, 52, 400, 552]);
  });

  test('are longer than bars of letters', () => {
    expect(native.findStrokes(pageWith([100, 99, 60, 2], [399, 50, 2, 50]), 18, 0)).toEqual(new Float32Array());
  });

  test('are looked for by the letters of a text', () => {
    expect(() => native.findStrokes(pageWith(), 0, 0)).toThrow(RangeError);
    expect(() => native.findStrokes(pageWith(), 18, 90)).toThrow(/skewDegrees/);
    expect(() => native.findStrokes({ ...pageWith(), height: 601 }, 18, 0)).toThrow(RangeError);
  });
});
