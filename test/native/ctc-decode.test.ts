import { describe, expect, test } from 'vitest';
import { loadNative } from '../../src/engine/native.js';
import { largestDifference, type PackedFloats, readFixture, toFloats } from './fixture.js';

interface CtcFixture {
  readonly lines: number;
  readonly steps: number;
  readonly classes: number;
  readonly probabilities: PackedFloats;
  readonly expected: readonly (readonly {
    readonly class: number;
    readonly probability: number;
    readonly first: number;
    readonly last: number;
  }[])[];
}

const native = loadNative();

/** No probability reaches it: only spaces that won their column are read. */
const NO_SPACE = 2;

describe('ctcDecode', () => {
  test('random lines are read as the reference reads them', () => {
    const fixture = readFixture<CtcFixture>('ctc');
    const { lines, steps, classes } = fixture;
    const validSteps = new Uint32Array(lines).fill(steps);
    const result = native.ctcDecode(toFloats(fixture.probabilities), lines, steps, classes, validSteps, NO_SPACE);
    const characters = fixture.expected.flat();
    let begin = 0;
    const offsets = [0, ...fixture.expected.map((line) => (begin += line.length))];
    expect([...result.offsets]).toEqual(offsets);
    expect([...result.classes]).toEqual(characters.map((c) => c.class));
    expect([...result.columns]).toEqual(characters.flatMap((c) => [c.first, c.last]));
    expect(
      largestDifference(
        result.probabilities,
        characters.map((c) => c.probability),
      ),
    ).toBe(0);
  });

  // 18,710 classes are not a multiple of any vector's width: each of the last ones must be found too.
  test.each([1, 255, 256, 257, 18_687, 18_688, 18_708, 18_709])('class %i of 18,710 is found', (chosen) => {
    const classes = 18_710;
    const probabilities = new Float32Array(2 * classes).fill(1e-5);
    probabilities[chosen] = 0.5;
    probabilities[classes] = 0.75;
    const allowed = new Uint8Array(classes).fill(1);
    for (const mask of [undefined, allowed]) {
      const result = native.ctcDecode(probabilities, 1, 2, classes, Uint32Array.of(2), NO_SPACE, mask);
      expect([...result.classes]).toEqual([chosen]);
      expect([...result.probabilities]).toEqual([0.5]);
    }
  });

  test('forbidden classes give way to the best allowed one', () => {
    const probabilities = Float32Array.of(0.05, 0.1, 0.6, 0.25);
    const read = (allowed: Uint8Array) => [
      ...native.ctcDecode(probabilities, 1, 1, 4, Uint32Array.of(1), NO_SPACE, allowed).classes,
    ];
    expect(read(Uint8Array.of(1, 1, 1, 1))).toEqual([2]);
    expect(read(Uint8Array.of(1, 1, 0, 1))).toEqual([3]);
    expect(read(Uint8Array.of(0, 0, 0, 0))).toEqual([]);
  });

  test('a forbidden space is not read in a gap either', () => {
    const probabilities = Float32Array.of(0, 1, 0, 0.7, 0, 0.3, 0, 1, 0);
    const read = (allowed?: Uint8Array) => [
      ...native.ctcDecode(probabilities, 1, 3, 3, Uint32Array.of(3), 0.2, allowed).classes,
    ];
    expect(read()).toEqual([1, 2, 1]);
    expect(read(Uint8Array.of(1, 1, 0))).toEqual([1, 1]);
  });

  test('sizes that do not fit are RangeErrors that name them', () => {
    const call = (lines: number, steps: number, classes: number, valid: number[], allowed?: Uint8Array) => () =>
      native.ctcDecode(new Float32Array(12), lines, steps, classes, Uint32Array.from(valid), NO_SPACE, allowed);
    expect(call(1, 2, 6, [2])).not.toThrow();
    expect(call(1, 2, 5, [2])).toThrow(new RangeError('probabilities must have 10 elements, not 12'));
    expect(call(2 ** 32 - 1, 2 ** 32 - 1, 6, [2])).toThrow(/^probabilities must/);
    expect(call(1, 2, 6, [3])).toThrow(new RangeError('validSteps must hold numbers up to 2'));
    expect(call(1, 2, 6, [])).toThrow(/^validSteps must/);
    expect(call(1, 2, 6, [2], new Uint8Array(5))).toThrow(/^allowed must/);
    expect(call(1, 2, 0, [2])).toThrow(/^classes must/);
  });
});
