import { expect, test } from 'vitest';
import { openMeasures } from '../../../scripts/bench/measures.mjs';

test('several values are told as their median, least and most', () => {
  const measures = openMeasures();
  for (const value of [3, 1, 2, 10]) measures.record(['a', 'b'], value);
  expect(measures.text(['a', 'b'], 1)).toBe('2.5 (1.0–10.0, of 4)');
});

test('one value stands for itself, and none for nothing', () => {
  const measures = openMeasures();
  measures.record(['a'], 3);
  expect(measures.text(['a'])).toBe('3.00');
  expect(measures.text(['b'])).toBeUndefined();
  expect(measures.ratio(['a'], ['b'])).toBeUndefined();
});
