/** What the server knows about its own work: the pace of reading and the metrics. */
import type { Page } from '../schema/document.js';
import { createMetrics, type MetricSources, type Metrics } from './metrics.js';
import { createPace, type Pace } from './pace.js';

export interface Figures {
  readonly pace: Pace;
  readonly metrics: Metrics;
  /** For the runner: a page was read and stored. */
  pageRead(page: Page): void;
}

export function createFigures(sources: MetricSources): Figures {
  const pace = createPace(() => sources.engine.status().threads);
  const metrics = createMetrics(sources);
  return {
    pace,
    metrics,
    pageRead({ timings }) {
      pace.pageRead(timings);
      metrics.pageRead(timings);
    },
  };
}
