/**
 * Retention: erases the results of jobs that ended long enough ago.
 *
 * Its clock is never ahead of the time that really passed since a job ended in this process: the least difference seen
 * between the wall clock and the monotonic one. A clock that is stepped, either way, erases nothing early; it may
 * erase late by as much as the clock was ahead (or the machine slept) while the process ran.
 */
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Store } from './store.js';

export interface RetentionParts {
  readonly store: Pick<Store, 'purgeResults'>;
  readonly retentionMs: number;
  /** Told when the store refused; the next interval tries again. */
  readonly onError: (error: unknown) => void;
}

export interface Retention {
  close(): Promise<void>;
}

const INTERVAL_MS = 60_000;
/** Jobs erased in one transaction: a job may have thousands of pages, and others wait for the store meanwhile. */
const JOBS_AT_ONCE = 4;

export function startRetention({ store, retentionMs, onError }: RetentionParts): Retention {
  const now = unhurriedClock(Date.now, () => performance.now());
  let closed = false;
  let round = Promise.resolve();
  const purge = async () => {
    const endedBefore = now() - retentionMs;
    while (!closed && (await store.purgeResults(endedBefore, JOBS_AT_ONCE)) === JOBS_AT_ONCE) await yieldToOthers();
  };
  const tick = () => {
    round = round.then(purge).catch(onError);
  };
  tick();
  const timer = setInterval(tick, INTERVAL_MS).unref();
  return {
    async close() {
      closed = true;
      clearInterval(timer);
      await round;
    },
  };
}

/** Wall-clock milliseconds that never run ahead of the monotonic clock, as far as it was asked. */
export function unhurriedClock(wall: () => number, monotonic: () => number): () => number {
  let leastOffset = Infinity;
  return () => {
    const elapsed = monotonic();
    leastOffset = Math.min(leastOffset, wall() - elapsed);
    return Math.floor(elapsed + leastOffset);
  };
}
