/** How fast pages are read at present, for `estimatedCompletionSeconds`. */
import type { StageTimings } from '../schema/document.js';

/** Before anything was measured (the contract's example: 5 pages, 10 s). */
const INITIAL_SECONDS_PER_PAGE = 2;
/** Weight of the newest page: after 20 pages of another kind, 88% of the average is theirs. */
const WEIGHT = 0.1;

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
