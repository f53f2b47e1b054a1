/** Figures for Prometheus. Labels are routes, codes, stages and providers; never keys, names or text. */
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { StageTimings } from '../schema/document.js';
import type { ServerContext } from './context.js';

/** From a cached answer to the longest wait. */
const REQUEST_SECONDS = [0.005, 0.02, 0.05, 0.1, 0.5, 1, 5, 30, 60];
/** From a text layer to the page deadline. */
const STAGE_SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];

export interface Metrics {
  readonly registry: Registry;
  pageRead(timings: StageTimings): void;
}

export type MetricSources = Pick<ServerContext, 'store' | 'engine' | 'now'>;

export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'omega_' });
  addQueueFigures(registry, sources);
  addEngineFigures(registry, sources);
  const stages = new Histogram({
    name: 'omega_stage_seconds',
    help: 'Time a stage took on a page',
    labelNames: ['stage'],
    buckets: STAGE_SECONDS,
    registers: [registry],
  });
  return {
    registry,
    pageRead(timings) {
      for (const [stage, ms] of Object.entries(timings)) stages.observe({ stage }, ms / 1000);
    },
  };
}

/** Counts every answer by method, route pattern and status. */
export function countRequests(app: FastifyInstance, { registry }: Metrics): void {
  const seconds = new Histogram({
    name: 'omega_http_request_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: REQUEST_SECONDS,
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
}

function addQueueFigures(registry: Registry, { store, now }: MetricSources): void {
  new Gauge({
    name: 'omega_queue_pages',
    help: 'Pages of jobs that have not ended, by state',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const { pendingPages, processingPages } = await store.queue();
      this.set({ state: 'pending' }, pendingPages);
      this.set({ state: 'processing' }, processingPages);
    },
  });
  new Gauge({
    name: 'omega_queue_oldest_seconds',
    help: 'How long the oldest pending page has been waiting',
    registers: [registry],
    async collect() {
      const { oldestPendingAt } = await store.queue();
      this.set(oldestPendingAt === undefined ? 0 : Math.max(0, now() - oldestPendingAt) / 1000);
    },
  });
  new Counter({
    name: 'omega_pages_read_total',
    help: 'Pages read since the store was made, by provider and tier of the models',
    labelNames: ['provider', 'tier'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { provider, tier = 'none', pages } of await store.pagesRead()) this.inc({ provider, tier }, pages);
    },
  });
}

/** By device: each has an engine process of its own. */
function addEngineFigures(registry: Registry, { engine }: MetricSources): void {
  type Process = ReturnType<typeof engine.status>['processes'][number];
  const figure = (name: string, help: string, value: (process: Process) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['device'],
      registers: [registry],
      collect() {
        for (const process of engine.status().processes) this.set({ device: process.device }, value(process));
      },
    });
  figure('omega_engine_ready', '1 while the engine takes pages', ({ ready }) => (ready ? 1 : 0));
  figure('omega_engine_tasks', 'Tasks accepted by the engine and not yet answered', ({ inFlight }) => inFlight);
  figure('omega_engine_threads', 'Pages the engine reads at the same time', ({ threads }) => threads);
  figure('omega_engine_resident_bytes', 'Memory of the engine process', ({ rssBytes }) => rssBytes);
  new Gauge({
    name: 'omega_model_floor_seconds',
    help: 'Time of a bare model run in one thread: a detector on 320 x 320 pixels, a recognizer on a line of 320',
    labelNames: ['device', 'tier', 'task'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { device, modelFloors } of engine.status().processes) {
        for (const [tier, { detect, recognize }] of modelFloors) {
          this.set({ device, tier, task: 'detect' }, detect / 1000);
          this.set({ device, tier, task: 'recognize' }, recognize / 1000);
        }
      }
    },
  });
  new Counter({
    name: 'omega_engine_restarts_total',
    help: 'Times the engine process was replaced since the server started',
    labelNames: ['device'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { device, restarts } of engine.status().processes) this.inc({ device }, restarts);
    },
  });
}
