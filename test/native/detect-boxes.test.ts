import { describe, expect, test } from 'vitest';
import { type DbOptions, loadNative } from '../../src/engine/native.js';
import { largestDifference, type PackedBytes, readFixture, toBytes } from './fixture.js';

interface DetectFixture {
  readonly cases: readonly {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    /** Probability × 255. */
    readonly levels: PackedBytes;
    readonly sourceWidth: number;
    readonly sourceHeight: number;
    readonly options: DbOptions;
    readonly quads: readonly (readonly number[])[];
    readonly scores: readonly number[];
    readonly rapidocr: readonly (readonly number[])[];
  }[];
}

const native = loadNative();
const fixture = readFixture<DetectFixture>('detect');
const options: DbOptions = {
  threshold: 0.3,
  boxThreshold: 0.6,
  unclipRatio: 1.5,
  minSize: 3,
  maxCandidates: 1000,
  dilate: false,
};

/** A map with filled rectangles [x, y, width, height, probability]. */
function mapOf(width: number, height: number, bars: readonly (readonly [number, number, number, number, number])[]) {
  const map = new Float32Array(width * height);
  for (const [x, y, w, h, probability] of bars) {
    for (let row = y; row < y + h; row++) map.fill(probability, row * width + x, row * width + x + w);
  }
  return map;
}

const detect = (map: Float32Array, width: number, height: number, changed: Partial<DbOptions> = {}) =>
  native.detectBoxes(map, width, height, width, height, width, height, { ...options, ...changed });

describe('detectBoxes', () => {
  test.each(fixture.cases)("a map $name gives the boxes of exact geometry within 0.02 px and OpenCV's scores", (c) => {
    const map = Float32Array.from(toBytes(c.levels), (level) => level / 255);
    const boxes = native.detectBoxes(
      map,
      c.width,
      c.height,
      c.width,
      c.height,
      c.sourceWidth,
      c.sourceHeight,
      c.options,
    );
    expect(boxes.scores).toHaveLength(c.scores.length);
    expect(largestDifference(boxes.quads, c.quads.flat())).toBeLessThan(0.02);
    expect(largestDifference(boxes.scores, c.scores)).toBeLessThan(1e-5);
  });

  // RapidOCR cuts map coordinates to whole numbers twice, and takes a pixel's corner for its centre.
  test.each(fixture.cases)("a map $name gives RapidOCR's boxes within 2 map pixels", (c) => {
    const map = Float32Array.from(toBytes(c.levels), (level) => level / 255);
    const { quads } = native.detectBoxes(map, c.width, c.height, c.width, c.height, c.width, c.height, c.options);
    const scale = [c.width / c.sourceWidth, c.height / c.sourceHeight];
    const expected = c.rapidocr.flat().map((v, i) => v * (scale[i % 2] as number));
    expect(largestDifference(quads, expected)).toBeLessThan(2);
  });

  test('a rectangle grows by area × ratio / perimeter of its pixel centres', () => {
    // Centres span 40 × 8: area 320, perimeter 96, distance 5.
    const boxes = detect(mapOf(100, 50, [[30, 20, 41, 9, 0.75]]), 100, 50);
    expect([...boxes.quads]).toEqual([25.5, 15.5, 75.5, 15.5, 75.5, 33.5, 25.5, 33.5]);
    expect([...boxes.scores]).toEqual([0.75]);
  });

  test('a line that bends has slices along it, as high as it grew, and counts by its own pixels', () => {
    const map = new Float32Array(300 * 80);
    const top = (x: number) => Math.round(50 - 30 * Math.sin((Math.PI * (x - 20)) / 260));
    for (let x = 20; x <= 280; x++) for (let y = top(x); y < top(x) + 11; y++) map[y * 300 + x] = 0.75;
    const { quads, scores, sliceOffsets, slices } = detect(map, 300, 80);
    expect([...scores]).toEqual([0.75]);
    expect(sliceOffsets[0]).toBe(0);
    expect(sliceOffsets[1]).toBe(slices.length / 8);
    expect(slices.length / 8).toBeGreaterThan(8);
    // Area 270 × 10 × 1.5 over a perimeter of 560: 7 pixels on each side of 10.
    for (let i = 0; i < slices.length; i += 8) {
      const [ax, ay, , , , , dx, dy] = slices.subarray(i, i + 8) as unknown as number[];
      const middle = [((ax as number) + (dx as number)) / 2, ((ay as number) + (dy as number)) / 2] as const;
      expect(Math.abs(middle[1] - Math.min(61, top(middle[0])) - 5.5)).toBeLessThan(2.5);
      expect(Math.abs(Math.hypot((dx as number) - (ax as number), (dy as number) - (ay as number)) - 24)).toBeLessThan(
        1.5,
      );
    }
    expect(quads[5]).toBeGreaterThan(60);
    expect(detect(mapOf(300, 80, [[20, 20, 261, 11, 0.75]]), 300, 80).slices).toHaveLength(0);
  });

  test('only the part of the map that holds the page counts, and it is scaled to the source', () => {
    const map = mapOf(100, 50, [
      [10, 10, 41, 9, 0.9],
      [70, 10, 20, 9, 0.9],
    ]);
    const boxes = native.detectBoxes(map, 100, 50, 60, 40, 120, 120, options);
    expect([...boxes.quads]).toEqual([11, 16.5, 111, 16.5, 111, 70.5, 11, 70.5]);
  });

  test('boxes come top to bottom, then left to right', () => {
    const map = mapOf(200, 60, [
      [120, 40, 40, 8, 0.7],
      [120, 10, 40, 8, 0.8],
      [20, 10, 40, 8, 0.9],
    ]);
    expect([...detect(map, 200, 60).scores].map((score) => score.toFixed(1))).toEqual(['0.9', '0.8', '0.7']);
  });

  test('pixels that touch at a corner are one line', () => {
    const map = mapOf(100, 60, [
      [10, 10, 20, 8, 0.9],
      [30, 18, 20, 8, 0.9],
    ]);
    expect(detect(map, 100, 60, { boxThreshold: 0.1 }).scores).toHaveLength(1);
  });

  test('a hole in a line is no box of its own', () => {
    const map = mapOf(100, 60, [
      [10, 10, 80, 40, 0.95],
      [40, 20, 20, 20, 0.1],
    ]);
    expect(detect(map, 100, 60).scores).toHaveLength(1);
  });

  test('dilation joins lines that are one pixel apart', () => {
    const map = mapOf(100, 30, [
      [10, 10, 20, 9, 0.9],
      [31, 10, 20, 9, 0.9],
    ]);
    expect(detect(map, 100, 30).scores).toHaveLength(2);
    expect(detect(map, 100, 30, { dilate: true }).scores).toHaveLength(1);
  });

  test('with too many candidates the largest are kept', () => {
    const map = mapOf(200, 60, [
      [10, 10, 20, 8, 0.7],
      [60, 10, 60, 8, 0.9],
      [140, 40, 40, 8, 0.8],
    ]);
    const { scores } = detect(map, 200, 60, { maxCandidates: 2 });
    expect([...scores].map((score) => score.toFixed(1))).toEqual(['0.9', '0.8']);
  });

  test('an empty page, a faint page and a speck have no boxes', () => {
    expect(detect(new Float32Array(5000), 100, 50).scores).toHaveLength(0);
    expect(detect(mapOf(100, 50, [[10, 10, 40, 10, 0.5]]), 100, 50).scores).toHaveLength(0);
    expect(detect(mapOf(100, 50, [[10, 10, 3, 40, 0.9]]), 100, 50).scores).toHaveLength(0);
  });

  test('a page that is all text is one box', () => {
    const boxes = detect(new Float32Array(5000).fill(1), 100, 50);
    expect([...boxes.quads]).toEqual([0, 0, 100, 0, 100, 50, 0, 50]);
  });

  test('NaN is no text and infinity gives no box', () => {
    expect(detect(new Float32Array(5000).fill(Number.NaN), 100, 50).scores).toHaveLength(0);
    expect(detect(new Float32Array(5000).fill(Number.POSITIVE_INFINITY), 100, 50).scores).toHaveLength(0);
  });

  test('sizes and options that make no sense are RangeErrors that name them', () => {
    const map = new Float32Array(5000);
    const call = (sizes: readonly number[], changed: Partial<DbOptions> = {}) => {
      const [a, b, c, d, e, f] = sizes as [number, number, number, number, number, number];
      return () => native.detectBoxes(map, a, b, c, d, e, f, { ...options, ...changed });
    };
    const good = [100, 50, 100, 50, 100, 50];
    expect(call([100, 51, 100, 50, 100, 50])).toThrow(new RangeError('map must have 5100 elements, not 5000'));
    expect(call([100, 50, 101, 50, 100, 50])).toThrow(/^scaledWidth must/);
    expect(call([100, 50, 100, 0, 100, 50])).toThrow(/^scaledHeight must/);
    expect(call([100, 50, 100, 50, 0, 50])).toThrow(/^sourceWidth must/);
    expect(call(good, { threshold: Number.NaN })).toThrow(/^options.threshold must/);
    expect(call(good, { unclipRatio: -1 })).toThrow(/^options.unclipRatio must/);
    expect(call(good, { minSize: Number.POSITIVE_INFINITY })).toThrow(/^options.minSize must/);
    expect(call(good, { maxCandidates: 1.5 })).toThrow(/^options.maxCandidates must/);
    expect(call(good, { dilate: 1 as never })).toThrow(new TypeError('options.dilate must be a boolean'));
  });
});
