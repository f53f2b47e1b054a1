/** Planes of a tensor, one a channel, in the top-left of larger ones. */

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Zeros right of the planes and below; the same array where nothing is added. */
export function padPlanes(planes: Float32Array, count: number, from: Size, to: Size): Float32Array {
  if (from.width === to.width && from.height === to.height) return planes;
  const padded = new Float32Array(count * to.width * to.height);
  for (let line = 0; line < count * from.height; line++) {
    const plane = Math.floor(line / from.height);
    const row = line % from.height;
    const content = planes.subarray(line * from.width, (line + 1) * from.width);
    padded.set(content, (plane * to.height + row) * to.width);
  }
  return padded;
}

/** The planes over and over, right of themselves and below; the same array where nothing is added. */
export function repeatPlanes(planes: Float32Array, count: number, from: Size, to: Size): Float32Array {
  const repeated = padPlanes(planes, count, from, to);
  if (repeated === planes) return planes;
  for (let plane = 0; plane < count; plane++) {
    const start = plane * to.height * to.width;
    for (let row = 0; row < to.height; row++) {
      const at = start + row * to.width;
      if (row >= from.height) {
        repeated.copyWithin(at, at - from.height * to.width, at - (from.height - 1) * to.width);
        continue;
      }
      for (let x = from.width; x < to.width; x += from.width) {
        repeated.copyWithin(at + x, at, at + Math.min(from.width, to.width - x));
      }
    }
  }
  return repeated;
}

/** The top-left of a plane; the same array where that is all of it. */
export function cropPlane(plane: Float32Array, from: Size, to: Size): Float32Array {
  if (from.width === to.width && from.height === to.height) return plane;
  const cropped = new Float32Array(to.width * to.height);
  for (let row = 0; row < to.height; row++) {
    cropped.set(plane.subarray(row * from.width, row * from.width + to.width), row * to.width);
  }
  return cropped;
}
