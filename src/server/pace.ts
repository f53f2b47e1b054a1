/** How fast pages are read at present, by one process and by all, for `estimatedCompletionSeconds`. */
import type { NodeRecord } from '../jobs/nodes.js';
import type { StageTimings } from '../schema/document.js';

/** Before anything was measured (the contract's example: 5 pages, 10 s). */
const INITIAL_SECONDS_PER_PAGE = 2;
/** Weight of the newest page: after 20 pages of another kind, 88% of the average is theirs. */
const WEIGHT = 0.1;

/** Of one process. */
export interface Pace {
  /** Of all threads together. */
  secondsPerPage(): number;
  pageRead(timings: StageTimings): void;
}

export function createPace(threads: () => number): Pace {
  let secondsPerPage = INITIAL_SECONDS_PER_PAGE;
  return {
    secondsPerPage: () => secondsPerPage,
    pageRead(timings) {
      const threadSeconds = Object.values(timings).reduce((sum, ms) => sum + ms, 0) / 1000;
      secondsPerPage += WEIGHT * (threadSeconds / threads() - secondsPerPage);
    },
  };
}

/** Of all nodes together, by what each has measured; one that does not say is taken for one that has measured nothing. */
export function pagesPerSecondOf(nodes: readonly Pick<NodeRecord, 'threads' | 'secondsPerPage'>[]): number {
  const reading = nodes.filter(({ threads }) => threads > 0);
  // Where nobody reads, somebody is expected to.
  if (reading.length === 0) return 1 / INITIAL_SECONDS_PER_PAGE;
  return reading.reduce((sum, { secondsPerPage = INITIAL_SECONDS_PER_PAGE }) => sum + 1 / secondsPerPage, 0);
}
