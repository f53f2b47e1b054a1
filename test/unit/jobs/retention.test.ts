import { expect, test } from 'vitest';
import { watchClock } from '../../../src/jobs/retention.js';

const HOUR = 3_600_000;

function clocks() {
  const time = { passed: 0, step: 0 };
  const clock = watchClock(
    () => 1_700_000_000_000 + time.passed + time.step,
    () => time.passed,
  );
  return { time, clock, now: clock.unhurried };
}

test('the clock follows the wall clock while nothing is stepped', () => {
  const { time, now } = clocks();
  expect(now()).toBe(1_700_000_000_000);
  time.passed = 5_000;
  expect(now()).toBe(1_700_000_005_000);
});

test('a clock that is set forward by an hour makes nothing an hour older', () => {
  const { time, now } = clocks();
  now();
  time.step = HOUR;
  expect(now()).toBe(1_700_000_000_000);
  time.passed = HOUR;
  expect(now()).toBe(1_700_000_000_000 + HOUR);
});

test('what ended while the clock was set back is not older than it is once the clock is right again', () => {
  const { time, clock } = clocks();
  clock.unhurried();
  time.step = -HOUR;
  const ended = clock.now();
  expect(ended).toBe(1_700_000_000_000 - HOUR);
  time.step = 0;
  time.passed = 1_000;
  expect(clock.now()).toBe(1_700_000_001_000);
  expect(clock.unhurried() - ended).toBe(1_000);
});
