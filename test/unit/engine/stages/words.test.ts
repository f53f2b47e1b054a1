import { describe, expect, it } from 'vitest';
import { type Character, toReading } from '../../../../src/engine/stages/words.js';

/** A line 1000 pixels long and 40 high. */
const quad = [
  { x: 0, y: 0 },
  { x: 1000, y: 0 },
  { x: 1000, y: 40 },
  { x: 0, y: 40 },
];

/** One character at each of these pixels, of a column 8 pixels wide. */
const read = (text: string, lefts: readonly number[], probability = 0.9): readonly Character[] =>
  [...text].map((character, i) => ({
    text: character,
    probability,
    from: (lefts[i] as number) / 1000,
    to: (lefts[i] as number) / 1000 + 0.008,
  }));

const spans = (characters: readonly Character[]) =>
  toReading(characters, quad, 'test').line.words?.map(({ text, quad: [from, to] }) => [
    text,
    Math.round(from?.x as number),
    Math.round(to?.x as number),
  ]);

describe('toReading', () => {
  it('has the words between spaces, and their mean probability without the spaces', () => {
    const characters = [...read('ab', [100, 124], 0.9), ...read(' ', [140], 0.2), ...read('c', [160], 0.6)];
    const { line, leastProbability } = toReading(characters, quad, 'test');
    expect(line).toMatchObject({ text: 'ab c', quad, source: 'test' });
    expect(line.confidence).toBeCloseTo(0.8);
    expect(line.words?.map((word) => word.confidence)).toEqual([0.9, 0.6]);
    expect(leastProbability).toBe(0.2);
  });

  it('leaves a fifth of the gap between neighbouring words free', () => {
    expect(spans(read('ab cd', [100, 124, 140, 162, 186]))).toEqual([
      ['ab', 82, 144],
      ['cd', 150, 212],
    ]);
  });

  it('widens words by no more than three quarters of the distance of two characters, and not beyond the line', () => {
    expect(spans(read('ab cd', [10, 34, 300, 600, 624]))).toEqual([
      ['ab', 0, 60],
      ['cd', 582, 650],
    ]);
  });

  it('takes half the height of the line for the distance of characters that stand alone', () => {
    expect(spans(read('a', [400]))).toEqual([['a', 385, 423]]);
    expect(spans(read('a b', [5, 300, 508]))).toEqual([
      ['a', 0, 28],
      ['b', 493, 531],
    ]);
  });

  it('is empty and sure for no characters', () => {
    expect(toReading([], quad, 'test')).toEqual({
      line: { text: '', quad, confidence: 0, source: 'test', words: [] },
      leastProbability: 1,
    });
  });

  it('settles digits and letters that look alike', () => {
    expect(toReading(read('2,0oo', [100, 120, 140, 160, 180], 0.7), quad, 'test').line.text).toBe('2,000');
  });
});
