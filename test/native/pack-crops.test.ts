import { describe, expect, test } from 'vitest';
import { loadNative, type Normalization } from '../../src/engine/native.js';
import { largestDifference, type PackedBytes, type PackedFloats, readFixture, toBytes, toFloats } from './fixture.js';

interface CropFixture {
  readonly mean: [number, number, number];
  readonly std: [number, number, number];
  readonly width: number;
  readonly height: number;
  readonly cropHeight: number;
  readonly image: PackedBytes;
  readonly cases: readonly {
    readonly name: string;
    readonly quad: readonly number[];
    readonly width: number;
    readonly turns: number;
    readonly expected: PackedFloats;
    readonly paddle?: PackedFloats;
  }[];
}

const native = loadNative();
const fixture = readFixture<CropFixture>('crops');
const image = { data: toBytes(fixture.image), width: fixture.width, height: fixture.height };
const normalization: Normalization = { mean: fixture.mean, std: fixture.std, channelOrder: 'bgr' };
const plain: Normalization = { mean: [0, 0, 0], std: [1, 1, 1], channelOrder: 'rgb' };

function cropOf(c: CropFixture['cases'][number]): Float32Array {
  const out = new Float32Array(3 * fixture.cropHeight * c.width).fill(Number.NaN);
  native.packCrops(
    image,
    Float32Array.from(c.quad),
    Uint32Array.of(c.width),
    Uint8Array.of(c.turns),
    fixture.cropHeight,
    c.width,
    normalization,
    out,
  );
  return out;
}

describe('packCrops', () => {
  test.each(fixture.cases)('a crop $name matches a homography in double precision within 0.001', (c) => {
    expect(largestDifference(cropOf(c), toFloats(c.expected))).toBeLessThan(1e-3);
  });

  // Theirs is sampled twice, cubic and then bilinear, from a crop cut to whole pixels: on this picture, whose levels
  // span four deviations, the mean difference stays below a tenth of one.
  test.each(fixture.cases.filter((c) => c.paddle !== undefined))("a crop $name is close to PaddleOCR's", (c) => {
    const theirs = toFloats(c.paddle as PackedFloats);
    const ours = cropOf(c);
    const mean = ours.reduce((sum, v, i) => sum + Math.abs(v - (theirs[i] as number)), 0) / ours.length;
    expect(mean).toBeLessThan(0.1);
  });

  test('each crop fills its row of the batch, and the columns right of its width are zero', () => {
    const white = { data: new Uint8Array(20 * 10 * 3).fill(255), width: 20, height: 10 };
    const quads = Float32Array.of(0, 0, 8, 0, 8, 4, 0, 4, 2, 2, 18, 2, 18, 6, 2, 6);
    const out = new Float32Array(2 * 3 * 2 * 5).fill(Number.NaN);
    native.packCrops(white, quads, Uint32Array.of(2, 5), new Uint8Array(2), 2, 5, plain, out);
    const first = [1, 1, 0, 0, 0];
    const second = [1, 1, 1, 1, 1];
    const expected = [...Array(6).fill(first), ...Array(6).fill(second)].flat();
    expect(largestDifference(out, expected)).toBeLessThan(1e-6);
  });

  test('a crop of whole pixels at their own size is those pixels', () => {
    const data = Uint8Array.from({ length: 6 * 4 * 3 }, (_, i) => (i * 37) % 256);
    const out = new Float32Array(3 * 2 * 3);
    native.packCrops(
      { data, width: 6, height: 4 },
      Float32Array.of(2, 1, 5, 1, 5, 3, 2, 3),
      Uint32Array.of(3),
      Uint8Array.of(0),
      2,
      3,
      plain,
      out,
    );
    const expected = [0, 1, 2].flatMap((channel) =>
      [1, 2].flatMap((y) => [2, 3, 4].map((x) => (data[(y * 6 + x) * 3 + channel] as number) / 255)),
    );
    expect(largestDifference(out, expected)).toBeLessThan(1e-5);
  });

  test('quads that are crossed, collapsed, far away or huge still give pixels of the image', () => {
    const quads = Float32Array.from(
      [
        [10, 10, 60, 40, 60, 10, 10, 40],
        [30, 30, 30, 30, 30, 30, 30, 30],
        [0, 0, 50, 0, 100, 0, 20, 0],
        [-9e6, -9e6, -8e6, -9e6, -8e6, -8e6, -9e6, -8e6],
        [-1.6e7, -1.6e7, 1.6e7, -1.6e7, 1.6e7, 1.6e7, -1.6e7, 1.6e7],
        [0, 0, 100, 0, 50, 1e-6, 50, 1e-6],
      ].flat(),
    );
    const count = quads.length / 8;
    const out = new Float32Array(count * 3 * 8 * 16).fill(Number.NaN);
    native.packCrops(image, quads, new Uint32Array(count).fill(16), new Uint8Array(count), 8, 16, plain, out);
    expect(out.every((v) => v >= -1e-6 && v <= 1 + 1e-6)).toBe(true);
  });

  test('an image of one pixel fills any crop', () => {
    const out = new Float32Array(3 * 2 * 2);
    const pixel = { data: Uint8Array.of(255, 0, 51), width: 1, height: 1 };
    native.packCrops(
      pixel,
      Float32Array.of(0, 0, 1, 0, 1, 1, 0, 1),
      Uint32Array.of(2),
      Uint8Array.of(0),
      2,
      2,
      plain,
      out,
    );
    expect(largestDifference(out, [1, 1, 1, 1, 0, 0, 0, 0, 0.2, 0.2, 0.2, 0.2])).toBeLessThan(1e-6);
  });

  test('no quads leave nothing to do', () => {
    native.packCrops(
      image,
      new Float32Array(0),
      new Uint32Array(0),
      new Uint8Array(0),
      48,
      320,
      plain,
      new Float32Array(0),
    );
  });

  test('sizes and coordinates that make no sense are RangeErrors that name them', () => {
    const call =
      (changed: { quads?: Float32Array; widths?: Uint32Array; turns?: Uint8Array; height?: number; length?: number }) =>
      () =>
        native.packCrops(
          image,
          changed.quads ?? new Float32Array(8),
          changed.widths ?? Uint32Array.of(10),
          changed.turns ?? new Uint8Array(1),
          changed.height ?? 8,
          16,
          plain,
          new Float32Array(changed.length ?? 3 * 8 * 16),
        );
    expect(call({})).not.toThrow();
    expect(call({ quads: new Float32Array(7) })).toThrow(new RangeError('quads must have 8 elements, not 7'));
    expect(call({ quads: new Float32Array(8).fill(Number.NaN) })).toThrow(/^quads must/);
    expect(call({ quads: new Float32Array(8).fill(Number.NEGATIVE_INFINITY) })).toThrow(/^quads must/);
    expect(call({ quads: new Float32Array(8).fill(1e20) })).toThrow(RangeError);
    expect(call({ widths: Uint32Array.of(17) })).toThrow(/^widths must/);
    expect(call({ widths: Uint32Array.of(0) })).toThrow(/^widths must/);
    expect(call({ turns: new Uint8Array(2) })).toThrow(/^quarterTurns must/);
    expect(call({ height: 0 })).toThrow(/^height must/);
    expect(call({ length: 100 })).toThrow(new RangeError('out must have 384 elements, not 100'));
  });
});
