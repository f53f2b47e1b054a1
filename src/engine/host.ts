/**
 * Entry of the engine process: hosts the pools and passes requests and answers between them and the engine.
 *
 * It lives no longer than it is of use: it ends when the engine's process is gone, and when it loses a thread, for a
 * thread that died took native state with it (and a pool may not replace one that died early).
 */
import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Tier } from '../schema/document.js';
import { releaseMemoryPeriodically } from './memory.js';
import { usableModels } from './model-contract.js';
import type { ModelFloor } from './model-floor.js';
import {
  type Answer,
  HEARTBEAT_MS,
  INSPECTORS,
  PREPARED,
  type ProcessMessage,
  type ProcessSettings,
  type Request,
  type RequestMessage,
  type SealedAnswer,
  type ThreadSettings,
} from './protocol.js';
import { gridOf } from './shape-grid.js';
import { createTurnstile } from './turnstile.js';

/** Of each thread; pixels and tensors are outside of it. A page's result is a few MB at most. */
const THREAD_HEAP_MB = 512;

/** An orderly exit would wait for threads that are stuck in native code. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
}

process.on('disconnect', die);
// Ctrl-C and service managers signal every process of a group. The one above ends this one when its pages are read.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
process.on('uncaughtException', (error) => {
  try {
    writeLastWords(`engine process: ${error.stack}\n`);
  } finally {
    die();
  }
});

/** How long a reader of standard error that does not read keeps a process that is to end. */
const LAST_WORDS_MS = 1_000;

/**
 * To standard error, before this returns: what a stream could not write at once would be lost with the process, and
 * with it the reason why nothing starts. The server, whose standard error it is as well, may have made it one that
 * refuses while it is full.
 */
function writeLastWords(text: string): void {
  let rest = Buffer.from(text);
  const until = performance.now() + LAST_WORDS_MS;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(2, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > until) throw error;
    }
  }
}

const settings = JSON.parse(process.argv[2] ?? '') as ProcessSettings;

/**
 * On the CPU half of the threads: detection is about a quarter of a page's time, so that they soon run by turns and hardly wait,
 * and the peak of memory is that of half of them. A GPU works on one input while the next one is copied to it; a third
 * would only wait there, and the core of its thread with it, which another page's pixels could use.
 */
const turnstile = createTurnstile(settings.device === 'cpu' ? Math.ceil(settings.threads / 2) : 2);

function openPool(threads: number): Piscina {
  const pool = new Piscina({
    filename: fileURLToPath(new URL('./worker.js', import.meta.url)),
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    concurrentTasksPerWorker: 1,
    // Waiting in Atomics.wait would stop timers and finalizers between pages.
    atomics: 'disabled',
    recordTiming: false,
    resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB },
    workerData: { ...settings, turnstile } satisfies ThreadSettings,
  });
  pool.on('workerDestroy', die);
  pool.on('error', die);
  return pool;
}

/** A pool has a thread at least; where no pages are read it loads no models. */
const readers = openPool(Math.max(1, settings.threads));
/** Requests that the readers hold. */
let held = 0;
/**
 * Submissions wait for these answers, which are short: they never queue behind pages. Needs no models. Starting its
 * threads would delay the first page: until that is read a reader that has nothing to read answers them.
 */
let inspectors: Piscina | undefined;
let wasPageRead = false;
const INSPECTORS_AFTER_MS = 1_000;

function poolFor({ kind }: Request): Piscina {
  if (kind !== 'inspect' && kind !== 'analyze') return readers;
  if (inspectors === undefined && held < settings.threads) return readers;
  return openInspectors();
}

/** Waits longer while a first page is read. */
function openInspectorsSoon(): void {
  setTimeout(() => (wasPageRead || held === 0 ? openInspectors() : openInspectorsSoon()), INSPECTORS_AFTER_MS);
}

function openInspectors(): Piscina {
  inspectors ??= openPool(INSPECTORS);
  return inspectors;
}

function send(message: ProcessMessage): void {
  process.send?.(message);
}

async function serve({ id, request }: RequestMessage): Promise<void> {
  const pool = poolFor(request);
  if (pool === readers) held += 1;
  const { sealed, tier } = (await pool.run(request)) as SealedAnswer;
  if (pool === readers) held -= 1;
  send({ type: 'answer', id, sealed });
  wasPageRead ||= request.kind === 'read';
  await measureOnce(tier);
}

const measured = new Set<Tier>();

/** A thread that just read by the tier's models, or the next one, is kept from its next page for a moment. */
async function measureOnce(tier: Tier | undefined): Promise<void> {
  if (tier === undefined || measured.has(tier)) return;
  measured.add(tier);
  const { value } = (await readers.run(tier, { name: 'measure' })) as Answer<ModelFloor>;
  if (value !== undefined) send({ type: 'floor', tier, floor: value });
}

async function prepare(): Promise<void> {
  reportPreparing();
  const threads = Array.from({ length: settings.threads }, () => readers.run(undefined, { name: 'prepare' }));
  const failed = ((await Promise.all(threads)) as Answer<undefined>[]).find(({ error }) => error !== undefined);
  if (failed?.error !== undefined) {
    send({ type: 'failed', error: failed.error });
    return;
  }
  process.on('message', (message) => void serve(message as RequestMessage).catch(die));
  send({ type: 'ready' });
  if (settings.threads === 0) openInspectors();
  else openInspectorsSoon();
  releaseMemoryPeriodically();
  setInterval(() => send({ type: 'heartbeat', rssBytes: process.memoryUsage.rss() }), HEARTBEAT_MS);
}

/** Where nothing is prepared for shapes, nothing is reported. */
function reportPreparing(): void {
  const shapes = usableModels(settings.models).reduce((sum, entry) => sum + gridOf(entry).length, 0);
  const total = shapes * settings.threads;
  let done = 0;
  readers.on('message', (message) => {
    if (message !== PREPARED) return;
    done += 1;
    send({ type: 'preparing', done, total });
  });
}

await prepare();
