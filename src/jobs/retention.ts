/**
 * Retention: erases the results of jobs that ended long enough ago.
 *
 * Its clock is never ahead of the time that really passed since a job ended in this process: the least difference seen
 * between the wall clock and the monotonic one, at every reading that dated anything. A clock that is stepped, either
 * way, erases nothing early; it may erase late by as much as the clock was ahead (or the machine slept) while the
 * process ran.
 */
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { PdfFiles } from './pdf-files.js';
import type { Store } from './store.js';

export interface RetentionParts {
  readonly store: Pick<Store, 'purgeResults' | 'isPdfNeeded'>;
  readonly pdfs: Pick<PdfFiles, 'sweep'>;
  readonly retentionMs: number;
  /** The one that dates the ends of jobs. */
  readonly clock: WatchedClock;
  /** Erases what else nobody needs; at each round. */
  readonly sweep: () => Promise<void>;
  /** Told when the store refused; the next interval tries again. */
  readonly onError: (error: unknown) => void;
}

/** Clocks in epoch milliseconds. */
export interface WatchedClock {
  /** The wall clock. */
  readonly now: () => number;
  /** Never ahead of the monotonic clock, counted from any reading of either. */
  readonly unhurried: () => number;
}

export interface Retention {
  close(): Promise<void>;
}

const INTERVAL_MS = 60_000;
/** Jobs erased in one transaction: a job may have thousands of pages, and others wait for the store meanwhile. */
const JOBS_AT_ONCE = 4;

export function startRetention({ store, pdfs, retentionMs, clock, sweep, onError }: RetentionParts): Retention {
  let closed = false;
  let round = Promise.resolve();
  const purge = async () => {
    const endedBefore = clock.unhurried() - retentionMs;
    let purged: number;
    let all = 0;
    do {
      purged = await store.purgeResults(endedBefore, JOBS_AT_ONCE);
      all += purged;
      await yieldToOthers();
    } while (!closed && purged === JOBS_AT_ONCE);
    if (all > 0) await pdfs.sweep((name) => store.isPdfNeeded(name));
    await sweep();
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

export function watchClock(wall: () => number, monotonic: () => number): WatchedClock {
  let leastOffset = Infinity;
  const now = () => {
    const time = wall();
    leastOffset = Math.min(leastOffset, time - monotonic());
    return time;
  };
  return {
    now,
    unhurried() {
      now();
      return Math.floor(monotonic() + leastOffset);
    },
  };
}
