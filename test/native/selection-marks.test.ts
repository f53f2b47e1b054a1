import { expect, test } from 'vitest';
import { loadNative } from '../../src/engine/native.js';

const native = loadNative();

/** A white picture of 60 × 40 with a square frame of 20 pixels at (12, 8). */
function frame() {
  const data = new Uint8Array(60 * 40 * 3).fill(255);
  for (let y = 8; y < 28; y++) {
    for (let x = 12; x < 32; x++) {
      const isEdge = y < 10 || y >= 26 || x < 14 || x >= 30;
      if (isEdge) data.fill(0, 3 * (y * 60 + x), 3 * (y * 60 + x) + 3);
    }
  }
  return { data, width: 60, height: 40 };
}

test('a mark is told by its box and whether it is checked', () => {
  expect(native.findSelectionMarks(frame(), 24)).toEqual({
    rects: Uint32Array.of(12, 8, 20, 20),
    checked: Uint8Array.of(0),
  });
});

test('a box much larger or smaller than the lines is none', () => {
  for (const lineHeight of [12, 60]) expect(native.findSelectionMarks(frame(), lineHeight).checked).toHaveLength(0);
});

test('wrong arguments are refused by name', () => {
  expect(() => native.findSelectionMarks(frame(), 0)).toThrow(new RangeError('lineHeight must be from 1 to 10000'));
  expect(() => native.findSelectionMarks({ ...frame(), height: 41 }, 24)).toThrow(RangeError);
  expect(() => native.findSelectionMarks(frame(), '24' as never)).toThrow(new TypeError('lineHeight must be a number'));
  expect(() => native.findStamps({ ...frame(), width: 0 })).toThrow(RangeError);
  expect(() => native.findStamps(undefined as never)).toThrow(TypeError);
});
