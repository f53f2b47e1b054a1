import { expect, test } from 'vitest';
import { createPace, pagesPerSecondOf } from '../../../src/server/pace.js';

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

test('nodes read beside each other, each as fast as it measured; one that says nothing as one that measured nothing', () => {
  const reading = [
    { threads: 8, secondsPerPage: 0.25 },
    { threads: 1, secondsPerPage: 0.5 },
    { threads: 2, secondsPerPage: undefined },
    { threads: 0, secondsPerPage: 0.001 },
  ];
  expect(pagesPerSecondOf(reading)).toBe(6.5);
});

test('where no node reads, pages are read as fast as before anything was measured', () => {
  expect(pagesPerSecondOf([{ threads: 0, secondsPerPage: 0.5 }])).toBe(0.5);
  expect(pagesPerSecondOf([])).toBe(0.5);
});
