import { describe, expect, it } from 'vitest';
import { adviceOf, threadsToTry } from '../../../src/cli/thread-choice.js';

const speeds = (figures: Readonly<Record<number, number>>) =>
  Object.entries(figures).map(([threads, pagesPerSecond]) => ({ threads: Number(threads), pagesPerSecond }));

describe('the numbers of threads that are tried', () => {
  it('are the powers of two up to the number of cores, and that number', () => {
    expect(threadsToTry(1, 1)).toEqual([1]);
    expect(threadsToTry(2, 2)).toEqual([1, 2]);
    expect(threadsToTry(6, 6)).toEqual([1, 2, 4, 6]);
    expect(threadsToTry(16, 16)).toEqual([1, 2, 4, 8, 16]);
  });

  it('hold what is set, be it more than there are cores', () => {
    expect(threadsToTry(4, 3)).toEqual([1, 2, 3, 4]);
    expect(threadsToTry(2, 8)).toEqual([1, 2, 8]);
  });
});

describe('what the speeds say', () => {
  it('is to leave the default where it is the fastest', () => {
    expect(adviceOf(speeds({ 1: 2, 2: 3.5 }), 2, 2)).toBe(
      'Nothing to set: the default (2 threads, 3.50 pages/s) is as good as any.',
    );
  });

  it('is to leave it also where another is faster by no more than a twentieth', () => {
    expect(adviceOf(speeds({ 4: 10.5, 8: 10 }), 8, 8)).toBe(
      'Nothing to set: the default (8 threads, 10.00 pages/s) is as good as any.',
    );
  });

  it('is to set what is faster than the default by more', () => {
    expect(adviceOf(speeds({ 1: 4, 4: 10.6, 8: 10 }), 8, 8)).toBe(
      'Set OMEGA_THREADS=4 (4 threads, 10.60 pages/s): faster than the default (8 threads, 10.00 pages/s).',
    );
  });

  it('is to leave what is set where it is as good as the best', () => {
    expect(adviceOf(speeds({ 4: 12, 8: 10 }), 4, 8)).toBe(
      'Nothing to change: OMEGA_THREADS=4 (4 threads, 12.00 pages/s) is as good as any.',
    );
  });

  it('is to unset what is slower than the default, where that is as good as the best', () => {
    expect(adviceOf(speeds({ 1: 3, 4: 10.2, 8: 10 }), 1, 8)).toBe(
      'Unset OMEGA_THREADS: the default (8 threads, 10.00 pages/s) is faster than what is set (1 thread, 3.00 pages/s).',
    );
  });

  it('is to set the best where neither what is set nor the default is as good', () => {
    expect(adviceOf(speeds({ 2: 6, 4: 12, 8: 10 }), 2, 8)).toBe(
      'Set OMEGA_THREADS=4 (4 threads, 12.00 pages/s): faster than what is set (2 threads, 6.00 pages/s).',
    );
  });
});
