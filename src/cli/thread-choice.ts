/** Which numbers of threads are worth measuring, and what their speeds say. Pure. */

export interface ThreadSpeed {
  readonly threads: number;
  readonly pagesPerSecond: number;
}

/** What differs by less is told apart by chance: two runs of one setting do as much on a machine that does other work. */
const MIN_GAIN = 1.05;

/** Powers of two and the number of cores, and what is set now; from the fewest. */
export function threadsToTry(cores: number, current: number): readonly number[] {
  const powers = Array.from({ length: Math.floor(Math.log2(cores)) + 1 }, (_, exponent) => 2 ** exponent);
  return [...new Set([...powers, cores, current])].sort((a, b) => a - b);
}

/**
 * A sentence. `usual`: the number of threads where none is set. Nothing is changed for a gain that may be chance, and the
 * usual number stands where it is as good as the best.
 */
export function adviceOf(speeds: readonly ThreadSpeed[], current: number, usual: number): string {
  const speedOf = (threads: number) => speeds.find((speed) => speed.threads === threads)?.pagesPerSecond ?? 0;
  const best = speeds.reduce((a, b) => (b.pagesPerSecond > a.pagesPerSecond ? b : a));
  const asGood = (threads: number) => speedOf(threads) * MIN_GAIN >= best.pagesPerSecond;
  const figures = (threads: number) => `${count(threads)}, ${speedOf(threads).toFixed(2)} pages/s`;
  if (asGood(current)) {
    return current === usual
      ? `Nothing to set: the default (${figures(usual)}) is as good as any.`
      : `Nothing to change: OMEGA_THREADS=${current} (${figures(current)}) is as good as any.`;
  }
  if (asGood(usual)) {
    return `Unset OMEGA_THREADS: the default (${figures(usual)}) is faster than what is set (${figures(current)}).`;
  }
  const isDefault = current === usual ? 'the default' : 'what is set';
  return `Set OMEGA_THREADS=${best.threads} (${figures(best.threads)}): faster than ${isDefault} (${figures(current)}).`;
}

export function count(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}
