import { describe, expect, it } from 'vitest';
import { loadNative } from '../../../../src/engine/native.js';
import { bentLine, packBentLine } from '../../../../src/engine/stages/bent-lines.js';
import type { Quad } from '../../../../src/schema/document.js';

const quad = (...corners: readonly (readonly [number, number])[]): Quad => corners.map(([x, y]) => ({ x, y }));

/** Level, then falling by three to four, five long each. */
const slices = [quad([0, 0], [5, 0], [5, 10], [0, 10]), quad([5, 0], [9, 3], [9, 13], [5, 10])];

describe('bentLine', () => {
  it('is as long as its middle and as high as its slices', () => {
    expect(bentLine(slices).sides).toEqual([10, 10]);
    expect(bentLine(slices).ends).toEqual([5, 10]);
  });

  it('has parts that follow the bend, within a slice and across several', () => {
    const { partOf } = bentLine(slices);
    expect(partOf(0.1, 0.3)).toEqual(quad([1, 0], [3, 0], [3, 10], [1, 10]));
    expect(partOf(0, 1)).toEqual(quad([0, 0], [9, 3], [9, 13], [0, 10]));
    expect(partOf(0.25, 0.75)).toEqual(quad([2.5, 0], [7, 1.5], [7, 11.5], [2.5, 10]));
  });
});

describe('packBentLine', () => {
  const native = loadNative();
  const normalization = { mean: [0, 0, 0], std: [1, 1, 1], channelOrder: 'rgb' } as const;
  /** Red is the column, green the row, ten levels each. */
  const image = {
    data: Uint8Array.from(
      { length: 20 * 20 * 3 },
      (_, i) => [(Math.floor(i / 3) % 20) * 10, Math.floor(i / 60) * 10, 0][i % 3] as number,
    ),
    width: 20,
    height: 20,
  };

  it('sets the slices side by side, and leaves the columns behind them alone', () => {
    const straight = [quad([2, 4], [5, 4], [5, 6], [2, 6]), quad([5, 4], [8, 4], [8, 6], [5, 6])];
    const row = new Float32Array(3 * 2 * 8).fill(7);
    packBentLine(image, bentLine(straight), { width: 6, height: 2, rowWidth: 8 }, normalization, native, row);
    const levels = (columns: readonly number[]) => [...columns.map((level) => level / 255), 7, 7];
    const expected = [
      ...[0, 1].flatMap(() => levels([20, 30, 40, 50, 60, 70])),
      ...[40, 50].flatMap((level) => levels(new Array(6).fill(level))),
      ...[0, 1].flatMap(() => levels([0, 0, 0, 0, 0, 0])),
    ];
    for (const [i, value] of expected.entries()) expect(row[i]).toBeCloseTo(value, 5);
  });

  it('straightens a line that falls: each of its rows is one of the page', () => {
    const falling = [quad([2, 2], [6, 2], [6, 4], [2, 4]), quad([6, 2], [10, 6], [10, 8], [6, 4])];
    const width = 10;
    const row = new Float32Array(3 * 2 * width);
    packBentLine(image, bentLine(falling), { width, height: 2, rowWidth: width }, normalization, native, row);
    const green = [...row.subarray(2 * width, 3 * width)].map((value) => Math.round(value * 255));
    // 4 of 9.66 of the length are level, 6 columns fall by 4 rows.
    expect(green).toEqual([20, 20, 20, 20, 23, 30, 37, 43, 50, 57]);
  });
});
