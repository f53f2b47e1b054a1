import { describe, expect, test } from 'vitest';
import { judgeGoals } from '../../../scripts/bench/goals.mjs';
import { openMeasures } from '../../../scripts/bench/measures.mjs';

const KINDS = [{ id: 'form' }];

/** A speed and an accuracy for each reader of forms. */
function goalsOf(readers: Record<string, { pagesPerSecond: readonly number[]; accuracy?: number }>) {
  const measures = openMeasures();
  for (const [reader, { pagesPerSecond, accuracy }] of Object.entries(readers)) {
    for (const value of pagesPerSecond) measures.record(['form', reader, 'pages/s'], value);
    if (accuracy !== undefined) measures.record(['form', reader, 'accuracy'], accuracy);
  }
  return judgeGoals(measures, KINDS);
}

describe('goals of speed', () => {
  test('what was not measured is not judged', () => {
    expect(goalsOf({ fast: { pagesPerSecond: [4] } })).toEqual([]);
  });

  test('medians are compared, not means', () => {
    const goals = goalsOf({ fast: { pagesPerSecond: [1, 6, 6] }, 'rapidocr-tiny': { pagesPerSecond: [2, 2, 9] } });
    expect(goals).toEqual([{ goal: 'form: `fast` against rapidocr-tiny: ≥ 3×', found: '3.00', reached: true }]);
  });

  test('a faster reader that is less accurate has not reached its goal', () => {
    const goals = goalsOf({
      fast: { pagesPerSecond: [8], accuracy: 0.7 },
      'faster-paddle-tiny': { pagesPerSecond: [4], accuracy: 0.71 },
    });
    expect(goals).toEqual([
      {
        goal: 'form: `fast` against faster-paddle-tiny, not less accurate: ≥ 1.25×',
        found: '2.00×, accuracy 0.700 to 0.710',
        reached: false,
      },
    ]);
  });

  test('auto may be half a point less accurate than quality', () => {
    const goals = goalsOf({
      auto: { pagesPerSecond: [2], accuracy: 0.795 },
      quality: { pagesPerSecond: [1], accuracy: 0.8 },
    });
    expect(goals.map(({ reached }) => reached)).toEqual([true]);
  });
});
