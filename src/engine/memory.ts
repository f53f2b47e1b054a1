/**
 * Keeps what a process no longer needs from taking memory while it serves for weeks.
 *
 * Pages of ever other sizes leave holes in the heap that the GNU allocator keeps: over 2,500 mixed pages the engine's
 * heap came to hold 190 MB in use and 410 MB of holes, and grew on. Given back every ten seconds, the holes cost address
 * space alone. And V8 collects what has grown old only when its heap has grown by some 20 MB, which takes a server that
 * is busy thousands of pages; until then that looks like, and hides, a leak.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadNative } from './native.js';

const RELEASE_MS = 10_000;

/** A collection stops the thread for 20 ms where 20 MB are alive. */
const COLLECT_MS = 30_000;

/** Of the process and its main thread, until it ends. */
export function releaseMemoryPeriodically(): void {
  setInterval(() => loadNative().releaseFreeMemory(), RELEASE_MS).unref();
  collectGarbagePeriodically();
}

/**
 * Of every thread of the process, from now on: what is new is collected each megabyte. V8 would let it grow to 33 MB while
 * much is allocated and give that back when little is, so that a server's memory would follow its load.
 * An API process answers as many requests either way; an engine's threads, which hold on to more, are slower.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** Of the calling thread, until it ends. Node gives its collector to programs only where it was started with a flag. */
export function collectGarbagePeriodically(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setInterval(() => collect(), COLLECT_MS).unref();
}
