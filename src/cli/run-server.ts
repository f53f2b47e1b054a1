/** Puts the server together from its parts, and takes it apart again when it is told to stop. */
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.js';
import { keepYoungGenerationSmall, releaseMemoryPeriodically } from '../engine/memory.js';
import { OcrError } from '../errors.js';
import { issueKey } from '../jobs/keys.js';
import { startRetention, watchClock } from '../jobs/retention.js';
import type { Store } from '../jobs/store.js';
import type { ServerSettings } from '../server/context.js';
import { createFigures } from '../server/figures.js';
import { createLogger } from '../server/logging.js';
import { startServer } from '../server/start.js';
import { type Closers, closeAll, DRAIN_MS, openNode, startReading, stopOnSignal } from './node.js';
import { VERSION } from './version.js';

const HOUR_MS = 60 * 60_000;

/** Where the build puts the web console, beside this program. */
const CONSOLE_DIR = fileURLToPath(new URL('../console', import.meta.url));

/** `reads` false: pages are left to other nodes. */
export interface ServerOptions {
  readonly reads: boolean;
}

/** Resolves when the server listens; it then lives until SIGTERM or SIGINT. @throws OcrError config.invalid */
export async function runServer(config: Config, { reads }: ServerOptions): Promise<void> {
  if (!reads && config.databaseUrl === undefined) {
    throw new OcrError(
      'config.invalid',
      'With --api-only other nodes read the pages: set OMEGA_DATABASE_URL to theirs.',
    );
  }
  keepYoungGenerationSmall();
  // Standard output is for people: the address, and the first key.
  const logger = createLogger(config.logLevel, process.stderr);
  const clock = watchClock(Date.now, () => performance.now());
  const { now } = clock;
  const close: Closers = [];
  try {
    const node = await openNode(config, { role: 'serve', reads, logger }, close);
    const { engine, storage } = node;
    const { store, uploads, pdfs } = storage;
    const figures = createFigures({ store, engine, now });
    const { runner, drain } = await startReading(
      node,
      { logger, now, pace: figures.pace, onPage: figures.pageRead },
      close,
    );
    const retention = startRetention({
      store,
      pdfs,
      clock,
      sweep: storage.sweep,
      retentionMs: config.resultRetentionHours * HOUR_MS,
      onError: (error) => logger.error({ err: error }, 'results could not be erased'),
    });
    close.unshift(() => retention.close());
    const server = await startServer(
      {
        settings: serverSettings(config),
        store,
        uploads,
        pdfs,
        runner,
        engine,
        nodes: storage.nodes,
        figures,
        logger,
        now,
      },
      { host: config.host, port: config.port },
    );
    // Requests under way may still need the runner's events, and pages being read the engine.
    close.unshift(async () => void (await Promise.all([server.close(DRAIN_MS), drain()])));
    releaseMemoryPeriodically();
    process.stdout.write(
      `OCR Omega ${VERSION} listens on ${server.url}\nconsole ${server.url}/ · reference of the API ${server.url}/docs\n`,
    );
    await printFirstKey(store, server.url);
  } catch (error) {
    await closeAll(close);
    throw error;
  }
  stopOnSignal(logger, close);
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
