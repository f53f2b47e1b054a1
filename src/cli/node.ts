/** What serving and working have in common: a storage, an engine, a runner between them, and how they are stopped. */
import type { Config } from '../config.js';
import type { Engine } from '../engine/engine.js';
import { openEngines } from '../engine/engines.js';
import { pageLayer } from '../export/page-layer.js';
import type { NodeDescription } from '../jobs/nodes.js';
import { type Runner, type RunnerParts, startRunner } from '../jobs/runner.js';
import { engineConfig } from '../reading/engine-config.js';
import type { createLogger } from '../server/logging.js';
import type { Pace } from '../server/pace.js';
import { openStorage, type Storage } from './open-storage.js';
import { tellPreparing } from './preparing.js';

export type Logger = ReturnType<typeof createLogger>;

/** Closes what is open so far, the last first. */
export type Closers = (() => Promise<void>)[];

/** Container runtimes and service managers kill 30 s after they ask; what is left is for closing the store. */
export const DRAIN_MS = 25_000;

export interface NodeOptions {
  readonly role: NodeDescription['role'];
  /** False: it opens and prices documents, and leaves their pages to other nodes. */
  readonly reads: boolean;
  readonly logger: Logger;
}

export interface NodeParts {
  readonly storage: Storage;
  readonly engine: Engine;
}

/** @throws OcrError storage.failed, model.*, engine.unavailable */
export async function openNode(
  config: Config,
  { role, reads, logger }: NodeOptions,
  close: Closers,
): Promise<NodeParts> {
  const storage = await openStorage(config, role);
  close.unshift(() => storage.close());
  const onPreparing = tellPreparing((line) => logger.info(line));
  const settings = engineConfig(config);
  const engine = await openEngines(
    reads ? { ...settings, onPreparing } : { ...settings, threads: 0, devices: ['cpu'] },
  );
  close.unshift(() => engine.close());
  return { storage, engine };
}

export interface Reader {
  readonly runner: Runner;
  /** Finishes the pages being read, for `DRAIN_MS` at most, and claims no more. */
  drain(): Promise<void>;
}

/** Joins the other nodes and begins to read. Draining is the caller's. @throws OcrError storage.failed */
export async function startReading(
  { storage, engine }: NodeParts,
  { logger, pace, ...more }: Pick<RunnerParts, 'now' | 'onPage'> & { readonly logger: Logger; readonly pace: Pace },
  close: Closers,
): Promise<Reader> {
  const { store, uploads, pdfs, signals } = storage;
  let runner: Runner | undefined;
  const onError = (error: unknown) => logger.error({ err: error }, 'this node could not say that it is there');
  const { threads, processes } = engine.status();
  const devices = threads === 0 ? [] : processes.map(({ device }) => device);
  const abilities = { threads, devices, secondsPerPage: () => pace.secondsPerPage() };
  const membership = await storage.join(abilities, { onRecovered: () => runner?.wake(), onError });
  close.unshift(() => membership.leave());
  const started = await startRunner({
    store,
    uploads,
    pdfs,
    engine,
    signals,
    layerOf: pageLayer,
    log: logger,
    ...more,
  });
  runner = started;
  return {
    runner: started,
    async drain() {
      await Promise.all([membership.retire().catch(onError), started.drain(DRAIN_MS)]);
    },
  };
}

/** A second signal is not waited on: what is cut off then is recovered at the next start, or by the other nodes. */
export function stopOnSignal(logger: Logger, close: Closers): void {
  let stopping = false;
  const onSignal = () => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info('stopping: pages being read are finished, waiting ones are kept');
    closeAll(close).then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

export async function closeAll(close: Closers): Promise<void> {
  for (const closeOne of close) await closeOne();
}
