import { describe, expect, test } from 'vitest';
import { type LayoutOptions, loadNative } from '../../src/engine/native.js';
import { largestDifference, type PackedFloats, readFixture, toFloats } from './fixture.js';

interface LayoutFixture extends Omit<LayoutOptions, 'maxCandidates'> {
  readonly classCount: number;
  readonly scores: readonly PackedFloats[];
  readonly distributions: readonly PackedFloats[];
  readonly regions: readonly { readonly class: number; readonly score: number; readonly rect: readonly number[] }[];
}

const native = loadNative();

/** One level of 2 × 2 cells of stride 32 on a 64 × 64 input, source of twice the size, two classes. */
const options: LayoutOptions = {
  strides: [32],
  inputWidth: 64,
  inputHeight: 64,
  sourceWidth: 128,
  sourceHeight: 128,
  scoreThreshold: 0.4,
  iouThreshold: 0.5,
  maxCandidates: 200,
};

/** Every distance of every cell is sure to be one stride. */
function oneStride(): Float32Array {
  return Float32Array.from({ length: 4 * 4 * 8 }, (_, i) => (i % 8 === 1 ? 100 : 0));
}

describe('decodeLayout', () => {
  test('random heads give the regions of the reference, best first', () => {
    const fixture = readFixture<LayoutFixture>('layout');
    const result = native.decodeLayout(
      fixture.scores.map(toFloats),
      fixture.distributions.map(toFloats),
      fixture.classCount,
      {
        ...fixture,
        maxCandidates: 200,
      },
    );
    expect([...result.classes]).toEqual(fixture.regions.map((region) => region.class));
    expect(
      largestDifference(
        result.scores,
        fixture.regions.map((region) => region.score),
      ),
    ).toBeLessThan(1e-6);
    const rects = fixture.regions.flatMap((region) => region.rect);
    expect(largestDifference(result.rects, rects)).toBeLessThan(2e-3);
  });

  test('a box reaches its distances from the centre of its cell, in source pixels, and ends at the image', () => {
    // Cell (1, 0): centre (48, 16) of the input; one stride each way gives 16..80 × -16..48, cut at 64 and 0.
    const scores = Float32Array.of(0, 0, 0.9, 0, 0, 0, 0, 0);
    const result = native.decodeLayout([scores], [oneStride()], 2, options);
    expect([...result.rects]).toEqual([32, 0, 96, 96]);
    expect([...result.classes]).toEqual([0]);
    expect(result.scores[0]).toBeCloseTo(0.9, 6);
  });

  test('a distance between two bins is their expectation', () => {
    const scores = Float32Array.of(0, 0, 0, 0, 0, 0, 0.9, 0);
    const distributions = Float32Array.from({ length: 4 * 4 * 8 }, (_, i) => (i % 8 < 2 ? 100 : 0));
    // Cell (1, 1): centre (48, 48), half a stride each way.
    const { rects } = native.decodeLayout([scores], [distributions], 2, options);
    expect(largestDifference(rects, [64, 64, 64, 64])).toBeLessThan(1e-4);
  });

  test('overlapping boxes of one class leave the best, those of two classes stay', () => {
    // All four boxes are cut to the image: 0..48 or 16..64 each way, IoU of neighbours 32 / 64 = 0.5.
    const scores = Float32Array.of(0.9, 0.5, 0.8, 0, 0, 0, 0, 0);
    const read = (iouThreshold: number) =>
      native.decodeLayout([scores], [oneStride()], 2, { ...options, iouThreshold }).classes.length;
    // Before clipping, the boxes of cells (0, 0) and (1, 0) share 32 × 64 of 96 × 64: a third.
    expect(read(0.3)).toBe(2);
    expect(read(0.35)).toBe(3);
  });

  test('a score at the threshold is no region, and only the best candidates of a class are looked at', () => {
    const scores = Float32Array.of(0.5, 0, 0.75, 0, 0, 0, 0, 0.75);
    const read = (scoreThreshold: number, maxCandidates: number) => [
      ...native.decodeLayout([scores], [oneStride()], 2, { ...options, scoreThreshold, maxCandidates }).classes,
    ];
    expect(read(0.25, 200)).toEqual([0, 1, 0]);
    expect(read(0.5, 200)).toEqual([0, 1]);
    expect(read(0.25, 1)).toEqual([0, 1]);
  });

  test('scores and distributions that are no numbers give no region', () => {
    const broken = oneStride();
    broken[0] = Number.NaN;
    broken[32] = Number.POSITIVE_INFINITY;
    const scores = Float32Array.of(0.9, 0, 0.9, 0, Number.NaN, Number.POSITIVE_INFINITY, 0, 0);
    expect(native.decodeLayout([scores], [broken], 2, options).classes).toHaveLength(0);
  });

  test('an argument of the wrong type or length is named', () => {
    const scores = new Float32Array(8);
    const wrongType = [new Uint8Array(8)] as unknown as Float32Array[];
    expect(() => native.decodeLayout(wrongType, [oneStride()], 2, options)).toThrow('scores[0] must be a Float32Array');
    expect(() => native.decodeLayout([scores], [new Float32Array(127)], 2, options)).toThrow(
      'distributions[0] must have 128 elements, not 127',
    );
    expect(() => native.decodeLayout([scores, scores], [oneStride()], 2, options)).toThrow(
      'scores must have 1 elements, not 2',
    );
    expect(() => native.decodeLayout([scores], [oneStride()], 2, { ...options, strides: [0] })).toThrow(RangeError);
  });
});
