/** Puts a worker together: pages are read, nobody is served. */
import type { Config } from '../config.js';
import { releaseMemoryPeriodically } from '../engine/memory.js';
import { OcrError } from '../errors.js';
import type { Page } from '../schema/document.js';
import { createLogger } from '../server/logging.js';
import { createPace } from '../server/pace.js';
import { type Closers, closeAll, openNode, startReading, stopOnSignal } from './node.js';
import { VERSION } from './version.js';

/** Resolves when it reads; it then lives until SIGTERM or SIGINT. @throws OcrError config.invalid */
export async function runWorker(config: Config): Promise<void> {
  if (config.databaseUrl === undefined) {
    throw new OcrError('config.invalid', 'A worker shares its jobs with servers: set OMEGA_DATABASE_URL to theirs.');
  }
  const logger = createLogger(config.logLevel, process.stderr);
  const close: Closers = [];
  try {
    const node = await openNode(config, { role: 'worker', reads: true, logger }, close);
    const pace = createPace(() => node.engine.status().threads);
    const onPage = ({ timings }: Page) => pace.pageRead(timings);
    const { drain } = await startReading(node, { logger, now: Date.now, pace, onPage }, close);
    close.unshift(drain);
    releaseMemoryPeriodically();
    process.stdout.write(`OCR Omega ${VERSION} reads pages, ${node.engine.status().threads} at the same time\n`);
  } catch (error) {
    await closeAll(close);
    throw error;
  }
  stopOnSignal(logger, close);
}
