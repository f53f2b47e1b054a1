/** Pages that bend, made of flat ones. */
import type { RgbImage } from '../../src/engine/native.js';

/** The columns of a page moved down, those in the middle the furthest, by `depthPx`. */
export function bent({ data, width, height }: RgbImage, depthPx: number): RgbImage {
  const out = new Uint8Array(3 * width * (height + depthPx)).fill(255);
  for (let x = 0; x < width; x++) {
    const depth = Math.round(depthPx * Math.sin((Math.PI * x) / width));
    for (let y = 0; y < height; y++) {
      const from = 3 * (y * width + x);
      out.set(data.subarray(from, from + 3), from + 3 * depth * width);
    }
  }
  return { data: out, width, height: height + depthPx };
}
