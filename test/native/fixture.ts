/** Reads the reference values that scripts/reference/generate.py wrote. */
import { readFileSync } from 'node:fs';

interface Packed {
  readonly type: string;
  readonly data: string;
}

export function readFixture<Fixture>(name: string): Fixture {
  return JSON.parse(readFileSync(new URL(`../fixtures/native/${name}.json`, import.meta.url), 'utf8')) as Fixture;
}

export type PackedBytes = Packed & { readonly type: 'uint8' };
export type PackedFloats = Packed & { readonly type: 'float32' };

export function toBytes(packed: PackedBytes): Uint8Array {
  return Uint8Array.from(Buffer.from(packed.data, 'base64'));
}

export function toFloats(packed: PackedFloats): Float32Array {
  return new Float32Array(toBytes({ type: 'uint8', data: packed.data }).buffer as ArrayBuffer);
}

/** The largest absolute difference of two arrays of one length. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} values, not ${expected.length}`);
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
