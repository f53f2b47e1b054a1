/** `omega doctor --tune`: measures how many threads read the most pages a second here. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import type { Config } from '../config.js';
import type { Engine, PageTask } from '../engine/engine.js';
import { openEngines } from '../engine/engines.js';
import { engineConfig } from '../reading/engine-config.js';
import { OcrOptions } from '../schema/options.js';
import { tellPreparingHere } from './preparing.js';
import { adviceOf, count, type ThreadSpeed, threadsToTry } from './thread-choice.js';
import { trialPdf } from './trial-page.js';

export const TUNING_SECONDS = 30;
/** Beside the start of the engines, which takes a second or two each. */
export const MIN_SECONDS = 1;

/** About half of a letter: enough work for a page, and enough pages in the time there is. */
const SAMPLE_LINES = 20;
const SAMPLE_SIZE_PT = 11;
const SAMPLE = 'Each of these lines is found on the page and read by the models, as those of a scan are.';

/** No thread waits for its next page. */
const PAGES_IN_FLIGHT_A_THREAD = 2;

/** Every number of threads gets the same share of `seconds`. Writes speeds and advice to standard output. */
export async function tune(config: Config, seconds: number): Promise<void> {
  const usual = availableParallelism();
  const tried = threadsToTry(usual, config.threads);
  const scratch = await mkdtemp(join(tmpdir(), 'omega-tune-'));
  try {
    const task = await sampleTask(scratch);
    const speeds: ThreadSpeed[] = [];
    process.stderr.write(`A page of ${SAMPLE_LINES} lines is read again and again, for about ${seconds} s.\n`);
    for (const threads of tried) {
      process.stderr.write(`trying ${count(threads)} ...\n`);
      const pagesPerSecond = await measure({ ...config, threads }, task, (1000 * seconds) / tried.length);
      speeds.push({ threads, pagesPerSecond });
      process.stdout.write(`${count(threads)}: ${pagesPerSecond.toFixed(2)} pages/s\n`);
    }
    process.stdout.write(`${adviceOf(speeds, config.threads, usual)}\n`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Of a picture of the page, as scans are read: a text layer is read so fast that other things decide. */
async function sampleTask(folder: string): Promise<PageTask> {
  const path = join(folder, 'sample.pdf');
  await writeFile(path, trialPdf(Array<string>(SAMPLE_LINES).fill(SAMPLE), SAMPLE_SIZE_PT));
  const { pages: _, ...options } = Value.Create(OcrOptions);
  return { path, pageIndex: 0, options: { ...options, text_layer: 'ignore' as const } };
}

async function measure(config: Config, task: PageTask, budgetMs: number): Promise<number> {
  const engine = await openEngines({ ...engineConfig(config), onPreparing: tellPreparingHere() });
  try {
    const { threads } = engine.status();
    // Every thread loads its models first.
    await Promise.all(Array.from({ length: threads }, () => engine.read(task)));
    return await pagesPerSecond(engine, task, threads * PAGES_IN_FLIGHT_A_THREAD, budgetMs);
  } finally {
    await engine.close();
  }
}

/** From full hands to the first page that ends after the budget. */
async function pagesPerSecond(engine: Engine, task: PageTask, inFlight: number, budgetMs: number): Promise<number> {
  const startedAt = performance.now();
  let pages = 0;
  let lastAt = startedAt;
  const lane = async () => {
    while (lastAt - startedAt < budgetMs) {
      await engine.read(task);
      if (lastAt - startedAt >= budgetMs) return;
      lastAt = performance.now();
      pages++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (1000 * pages) / (lastAt - startedAt);
}
