import { describe, expect, test } from 'vitest';
import { loadNative, type Normalization, type RgbImage } from '../../src/engine/native.js';
import { largestDifference, type PackedBytes, type PackedFloats, readFixture, toBytes, toFloats } from './fixture.js';

interface ResizeFixture {
  readonly mean: [number, number, number];
  readonly std: [number, number, number];
  readonly cases: readonly {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly image: PackedBytes;
    readonly scaledWidth: number;
    readonly scaledHeight: number;
    readonly channelOrder: 'rgb' | 'bgr';
    readonly expected: PackedFloats;
  }[];
}

const native = loadNative();
const fixture = readFixture<ResizeFixture>('resize');
const plain: Normalization = { mean: [0, 0, 0], std: [1, 1, 1], channelOrder: 'rgb' };
const image = { data: new Uint8Array(4 * 3 * 3), width: 4, height: 3 };

describe('imageToTensor', () => {
  // OpenCV resizes the same image held in floats; what is left is rounding.
  test.each(fixture.cases)('an image $name matches OpenCV within 0.0001', (c) => {
    const out = new Float32Array(3 * c.scaledWidth * c.scaledHeight).fill(Number.NaN);
    native.imageToTensor(
      { data: toBytes(c.image), width: c.width, height: c.height },
      c.scaledWidth,
      c.scaledHeight,
      c.scaledWidth,
      c.scaledHeight,
      { mean: fixture.mean, std: fixture.std, channelOrder: c.channelOrder },
      out,
    );
    expect(largestDifference(out, toFloats(c.expected))).toBeLessThan(1e-4);
  });

  test('what lies right of and below the image is zero', () => {
    const white = { data: new Uint8Array(4 * 3 * 3).fill(255), width: 4, height: 3 };
    const out = new Float32Array(3 * 5 * 4).fill(Number.NaN);
    native.imageToTensor(white, 3, 2, 5, 4, plain, out);
    const plane = [1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    expect(largestDifference(out, [...plane, ...plane, ...plane])).toBeLessThan(1e-6);
  });

  test('mean and deviation belong to the channels in the order the model reads them', () => {
    const out = new Float32Array(3);
    const pixel = { data: Uint8Array.of(255, 0, 51), width: 1, height: 1 };
    native.imageToTensor(pixel, 1, 1, 1, 1, { mean: [0.1, 0.2, 0.3], std: [1, 0.5, 0.1], channelOrder: 'bgr' }, out);
    expect(largestDifference(out, [0.1, -0.4, 7])).toBeLessThan(1e-6);
  });

  test('a wrong type is a TypeError that names the argument', () => {
    const out = new Float32Array(36);
    const call = (picture: unknown, normalization: unknown, target: unknown) => () =>
      native.imageToTensor(picture as never, 4, 3, 4, 3, normalization as never, target as never);
    expect(call(undefined, plain, out)).toThrow(new TypeError('image must be an object'));
    expect(call({ ...image, data: [1] }, plain, out)).toThrow(new TypeError('image.data must be a Uint8Array'));
    expect(call({ ...image, width: '4' }, plain, out)).toThrow(new TypeError('image.width must be a number'));
    expect(call(image, { ...plain, mean: [0, 0] }, out)).toThrow(
      new TypeError('normalization.mean must be an array of 3 numbers'),
    );
    expect(call(image, { ...plain, channelOrder: 'gbr' }, out)).toThrow(
      new TypeError("normalization.channelOrder must be 'rgb' or 'bgr'"),
    );
    expect(call(image, plain, new Float64Array(36))).toThrow(new TypeError('out must be a Float32Array'));
  });

  const misfits: readonly (readonly [string, RgbImage, readonly [number, number, number, number], number])[] = [
    ['image.data', { ...image, data: new Uint8Array(35) }, [4, 3, 4, 3], 36],
    ['image.width', { ...image, width: 0 }, [4, 3, 4, 3], 36],
    ['image.height', { ...image, height: 3.5 }, [4, 3, 4, 3], 36],
    ['image.width', { ...image, width: Number.NaN }, [4, 3, 4, 3], 36],
    ['image.width', { ...image, width: 2 ** 31, height: 2 ** 31 }, [4, 3, 4, 3], 36],
    ['scaledWidth', image, [5, 3, 4, 3], 36],
    ['scaledHeight', image, [4, 0, 4, 3], 36],
    ['outWidth', image, [4, 3, -4, 3], 36],
    ['outHeight', image, [4, 3, 4, 2 ** 60], 36],
    ['out', image, [4, 3, 4, 3], 35],
  ];
  test.each(misfits)('a size of %s that does not fit is a RangeError that names it', (name, picture, sizes, length) => {
    const call = () => native.imageToTensor(picture, ...sizes, plain, new Float32Array(length));
    expect(call).toThrow(RangeError);
    expect(call).toThrow(new RegExp(`^${name} must`));
  });

  test('a detached buffer is a RangeError', () => {
    const data = new Uint8Array(36);
    structuredClone(data.buffer, { transfer: [data.buffer] });
    const call = () => native.imageToTensor({ ...image, data }, 4, 3, 4, 3, plain, new Float32Array(36));
    expect(call).toThrow(RangeError);
  });

  test('a deviation that cannot divide is a RangeError', () => {
    const call = (std: [number, number, number]) => () =>
      native.imageToTensor(image, 4, 3, 4, 3, { ...plain, std }, new Float32Array(36));
    expect(call([1, 0, 1])).toThrow(new RangeError('normalization.std must be finite and above 0'));
    expect(call([1, Number.NaN, 1])).toThrow(RangeError);
  });
});
