import { expect, test } from 'vitest';
import { createPace } from '../../../src/server/pace.js';

test('before anything was measured a page takes two seconds', () => {
  expect(createPace(() => 2).secondsPerPage()).toBe(2);
});

test('the pace follows the pages that were read, all threads together', () => {
  const pace = createPace(() => 2);
  pace.pageRead({ detect: 600, recognize: 400 });
  expect(pace.secondsPerPage()).toBeCloseTo(0.9 * 2 + 0.1 * 0.5, 10);
  for (let i = 0; i < 100; i++) pace.pageRead({ recognize: 1000 });
  expect(pace.secondsPerPage()).toBeCloseTo(0.5, 3);
});
