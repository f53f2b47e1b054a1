/** Puts the server together from its parts, and takes it apart again when it is told to stop. */
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.js';
import { openEngines } from '../engine/engines.js';
import { releaseMemoryPeriodically } from '../engine/memory.js';
import { pageLayer } from '../export/page-layer.js';
import { issueKey } from '../jobs/keys.js';
import { startRetention, watchClock } from '../jobs/retention.js';
import { type Runner, startRunner } from '../jobs/runner.js';
import type { Store } from '../jobs/store.js';
import { engineConfig } from '../reading/engine-config.js';
import type { ServerSettings } from '../server/context.js';
import { createFigures } from '../server/figures.js';
import { createLogger } from '../server/logging.js';
import { startServer } from '../server/start.js';
import { openStorage } from './open-storage.js';
import { tellPreparing } from './preparing.js';
import { VERSION } from './version.js';

/** Container runtimes and service managers kill 30 s after they ask; what is left is for closing the store. */
const DRAIN_MS = 25_000;
const HOUR_MS = 60 * 60_000;

/** Where the build puts the web console, beside this program. */
const CONSOLE_DIR = fileURLToPath(new URL('../console', import.meta.url));

/** Resolves when the server listens; it then lives until SIGTERM or SIGINT. */
export async function runServer(config: Config): Promise<void> {
  // Standard output is for people: the address, and the first key.
  const logger = createLogger(config.logLevel, process.stderr);
  const clock = watchClock(Date.now, () => performance.now());
  const { now } = clock;
  /** Closes what is open so far, the last first. */
  const close: (() => Promise<void>)[] = [];
  try {
    const storage = await openStorage(config, 'serve');
    close.unshift(() => storage.close());
    const { store, uploads, pdfs, signals } = storage;
    const onPreparing = tellPreparing((line) => logger.info(line));
    const engine = await openEngines({ ...engineConfig(config), onPreparing });
    close.unshift(() => engine.close());
    const figures = createFigures({ store, engine, now });
    let runner: Runner | undefined;
    const leave = await storage.join({
      onRecovered: () => runner?.wake(),
      onError: (error) => logger.error({ err: error }, 'this node could not say that it is there'),
    });
    close.unshift(leave);
    runner = await startRunner({
      store,
      uploads,
      pdfs,
      engine,
      signals,
      layerOf: pageLayer,
      log: logger,
      now,
      onPage: figures.pageRead,
    });
    const retention = startRetention({
      store,
      pdfs,
      clock,
      retentionMs: config.resultRetentionHours * HOUR_MS,
      onError: (error) => logger.error({ err: error }, 'results could not be erased'),
    });
    close.unshift(() => retention.close());
    const server = await startServer(
      { settings: serverSettings(config), store, uploads, pdfs, runner, engine, figures, logger, now },
      { host: config.host, port: config.port },
    );
    // Requests under way may still need the runner's events, and pages being read the engine.
    close.unshift(async () => void (await Promise.all([server.close(DRAIN_MS), runner.drain(DRAIN_MS)])));
    releaseMemoryPeriodically();
    process.stdout.write(
      `OCR Omega ${VERSION} listens on ${server.url}\nconsole ${server.url}/ · reference of the API ${server.url}/docs\n`,
    );
    await printFirstKey(store, server.url);
  } catch (error) {
    await closeAll(close);
    throw error;
  }
  stopOnSignal(async () => {
    logger.info('stopping: pages being read are finished, waiting ones are kept for the next start');
    await closeAll(close);
  });
}

/** What the server may know of the configuration: not the address of the database, which is a secret. */
function serverSettings({ databaseUrl: _, ...config }: Config): ServerSettings {
  return { ...config, consoleDir: CONSOLE_DIR };
}

async function printFirstKey(store: Store, url: string): Promise<void> {
  if ((await store.listKeys()).length > 0) return;
  const request = { name: 'first', role: 'client', plan: 'unlimited', credits: undefined } as const;
  const { key } = await issueKey(store, request, 'cli', Date.now());
  process.stdout.write(
    `\nYour first API key, shown this once ("omega keys create" makes more):\n\n    ${key}\n\n` +
      `Try it:\n\n    curl -H "X-API-Key: ${key}" -F file=@page.png "${url}/v1/ocr?wait=60"\n\n`,
  );
}

/** A second signal is not waited on: what is cut off then is recovered at the next start. */
function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = () => {
    if (stopping) process.exit(1);
    stopping = true;
    stop().then(
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

async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  for (const close of closers) await close();
}
