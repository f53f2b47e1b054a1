import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PageTask, PdfTask } from '../../../src/engine/engine.js';
import { OcrError } from '../../../src/errors.js';
import { pageLayer } from '../../../src/export/page-layer.js';
import { openDiskPdfFiles } from '../../../src/jobs/disk-pdf-files.js';
import { openDiskUploads } from '../../../src/jobs/disk-uploads.js';
import type { PdfFiles } from '../../../src/jobs/pdf-files.js';
import { type Runner, startRunner } from '../../../src/jobs/runner.js';
import { NO_SIGNALS, type Signal } from '../../../src/jobs/signals.js';
import { openSqliteStore } from '../../../src/jobs/sqlite.js';
import type { JobRecord, Store } from '../../../src/jobs/store.js';
import type { Uploads } from '../../../src/jobs/uploads.js';
import type { Page } from '../../../src/schema/document.js';
import type { OcrOptions } from '../../../src/schema/options.js';

/** An engine that is told, page by page, how each reading ends. */
interface Reading {
  readonly task: PageTask;
  readonly signal: AbortSignal | undefined;
  succeed(provider?: Page['routing']['provider']): void;
  fail(error: unknown): void;
}

interface Making {
  readonly task: PdfTask;
  readonly signal: AbortSignal | undefined;
  succeed(): void;
  fail(error: unknown): void;
}

const THREADS = 3;
/** How to wait for what happens within milliseconds on an idle machine, and takes seconds on a busy one. */
const PATIENTLY = { interval: 5, timeout: 8_000 };
let dataDir: string;
let store: Store;
let uploads: Uploads;
let runner: Runner;
let pdfs: PdfFiles;
let readings: Reading[];
let makings: Making[];
let log: { details: Readonly<Record<string, unknown>>; message: string }[];
let jobCount = 0;

const engine = {
  makePdf: (task: PdfTask, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new OcrError('job.cancelled', 'The job was cancelled.')));
      makings.push({ task, signal, succeed: resolve, fail: reject });
    }),
  read: (task: PageTask, signal?: AbortSignal) =>
    new Promise<Page>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new OcrError('job.cancelled', 'The job was cancelled.')));
      readings.push({
        task,
        signal,
        succeed: (provider = 'paddle') =>
          resolve({
            pageIndex: task.pageIndex,
            widthPx: 100,
            heightPx: 100,
            routing: { provider, complexityScore: 1, reason: 'Little text.' },
            blocks: [],
            confidence: 1,
            timings: {},
          }),
        fail: reject,
      });
    }),
  status: () => ({
    ready: true,
    restarts: 0,
    inFlight: 0,
    threads: THREADS,
    rssBytes: 0,
    processes: [],
  }),
};

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'omega-runner-'));
  store = openSqliteStore({ dataDir, role: 'server' });
  uploads = await openDiskUploads(dataDir, 1_000);
  pdfs = openDiskPdfFiles(dataDir);
  readings = [];
  makings = [];
  log = [];
  await store.createKey(
    {
      id: 'key',
      name: 'key',
      secretHash: Buffer.alloc(32),
      role: 'client',
      plan: 'unlimited',
      metered: false,
      createdAt: 0,
      revokedAt: undefined,
    },
    0,
    'cli',
  );
  await start();
});
afterEach(async () => {
  await runner.drain(0);
  await store.close();
  await rm(dataDir, { recursive: true });
});

async function start(changes: Partial<Parameters<typeof startRunner>[0]> = {}): Promise<void> {
  runner = await startRunner({
    store,
    uploads,
    pdfs,
    engine,
    signals: NO_SIGNALS,
    layerOf: pageLayer,
    log: { error: (details, message) => log.push({ details, message }) },
    now: Date.now,
    ...changes,
  });
}

const uploadPath = ({ uploadName }: JobRecord) => join(dataDir, 'uploads', uploadName);

/** As a submission to this process does. */
async function submit(pages: number, more: Partial<OcrOptions> = {}): Promise<JobRecord> {
  const job = await accept(pages, more);
  runner.wake();
  return job;
}

/** As a submission elsewhere does. */
async function accept(pages: number, more: Partial<OcrOptions> = {}): Promise<JobRecord> {
  jobCount += 1;
  const { name } = await uploads.receive(Readable.from([Buffer.from('document')]));
  const { job } = await store.acceptJob(
    {
      id: `job ${jobCount}`,
      keyId: 'key',
      uploadName: name,
      requestHash: 'hash',
      idempotencyKey: undefined,
      options: {
        mode: 'fast',
        text_layer: 'auto',
        word_boxes: false,
        tables: true,
        pages: '1-',
        password: 'secret',
        ...more,
      },
      createdAt: Date.now(),
      pages: Array.from({ length: pages }, (_, pageIndex) => ({ pageIndex, reserved: 5, routing: undefined })),
    },
    { maxQueuedPages: 100 },
  );
  return job;
}

const reading = async (index: number): Promise<Reading> => {
  await vi.waitFor(() => expect(readings.length).toBeGreaterThan(index), PATIENTLY);
  return readings[index] as Reading;
};
const jobIs = (job: JobRecord, expected: Partial<JobRecord>) =>
  vi.waitFor(async () => expect(await store.getJob('key', job.id)).toMatchObject(expected), PATIENTLY);

test('pages are handed to the engine with the path and the options they are read by', async () => {
  const job = await submit(2);
  const { task } = await reading(1);
  expect(task).toEqual({
    path: uploadPath(job),
    pageIndex: 1,
    options: { mode: 'fast', text_layer: 'auto', word_boxes: false, tables: true, password: 'secret' },
  });
});

test('the engine is kept full, with one page more for every fourth thread', async () => {
  await submit(10);
  await reading(3);
  expect(await store.queue()).toMatchObject({ pendingPages: 6, processingPages: 4 });
  readings[0]?.succeed();
  await reading(4);
  expect(await store.queue()).toMatchObject({ pendingPages: 5, processingPages: 4 });
});

test('a job ends with its last page, its listeners are told of each page, and its upload is erased', async () => {
  const job = await submit(2);
  const listener = vi.fn();
  const unsubscribe = runner.subscribe(job.id, listener);
  (await reading(0)).succeed('text-layer');
  await jobIs(job, { status: 'processing', pagesRead: 1 });
  expect(await readdir(join(dataDir, 'uploads'))).toEqual([job.uploadName]);
  (await reading(1)).fail(new OcrError('page.timeout', 'The page took longer than 60 s.', { stage: 'recognize' }));
  await jobIs(job, { status: 'completed', pagesRead: 1, pagesFailed: 1, creditsUsed: 1 });
  await vi.waitFor(async () => expect(await readdir(join(dataDir, 'uploads'))).toEqual([]), PATIENTLY);
  expect(listener).toHaveBeenCalledTimes(2);
  unsubscribe();
  expect((await store.listPages(job.id, 0, 1))[0]?.error).toEqual({
    code: 'page.timeout',
    message: 'The page took longer than 60 s.',
    stage: 'recognize',
  });
  expect(log).toEqual([]);
});

test('an error that is not ours fails the page without its message, which is not logged either', async () => {
  const job = await submit(1);
  (await reading(0)).fail(new TypeError('cannot read "Account 12-345"'));
  await jobIs(job, {
    status: 'failed',
    creditsUsed: 0,
    error: { code: 'internal', message: 'The page could not be read because of an internal error.' },
  });
  expect(log).toHaveLength(1);
  expect(log[0]?.details.error).toBe('TypeError');
  expect(JSON.stringify(log)).not.toContain('Account');
});

test('while the engine is unavailable pages are given back, and read once it is there', async () => {
  const job = await submit(1);
  (await reading(0)).fail(new OcrError('engine.unavailable', 'The engine is starting.'));
  await vi.waitFor(async () => expect((await store.queue()).pendingPages).toBe(1), PATIENTLY);
  expect(readings).toHaveLength(1);
  (await reading(1)).fail(new OcrError('engine.unavailable', 'The engine is starting.'));
  (await reading(2)).succeed();
  await jobIs(job, { status: 'completed', pagesRead: 1 });
});

test('while the document of a page cannot be had the page is given back, and read once it can', async () => {
  await runner.drain(0);
  let refusals = 1;
  await start({
    uploads: {
      ...uploads,
      lend: (name, work) =>
        refusals-- > 0
          ? Promise.reject(new OcrError('storage.failed', 'The database could not be reached.'))
          : uploads.lend(name, work),
    },
  });
  const job = await submit(1);
  (await reading(0)).succeed();
  await jobIs(job, { status: 'completed', pagesRead: 1, pagesFailed: 0 });
  expect(log.map(({ details }) => details.code)).toEqual(['storage.failed']);
});

describe('beside other processes on the store', () => {
  let hear: (signal: Signal) => void;
  let sent: Signal[];
  beforeEach(async () => {
    await runner.drain(0);
    sent = [];
    await start({
      signals: {
        send: (signal) => sent.push(signal),
        listen(listener) {
          hear = listener;
        },
      },
    });
  });

  test('it claims pages when others say that there are some, or that it may have missed that', async () => {
    for (const kind of ['pages', 'missed'] as const) {
      const before = readings.length;
      await accept(1);
      hear({ kind });
      (await reading(before)).succeed();
    }
  });

  test('it tells the others of pages that wait, that are done, and of jobs that are cancelled', async () => {
    const job = await submit(2);
    (await reading(0)).succeed();
    await jobIs(job, { pagesRead: 1 });
    await runner.cancel('key', job.id);
    expect(sent).toEqual([{ kind: 'pages' }, { kind: 'job', jobId: job.id }, { kind: 'cancelled', jobId: job.id }]);
  });

  test('listeners hear of pages that others read, and look when something may have been missed', async () => {
    const listener = vi.fn();
    runner.subscribe('theirs', listener);
    hear({ kind: 'job', jobId: 'theirs' });
    hear({ kind: 'job', jobId: 'another' });
    expect(listener).toHaveBeenCalledTimes(1);
    hear({ kind: 'missed' });
    expect(listener).toHaveBeenCalledTimes(2);
  });

  test('a job that was cancelled elsewhere is given up here', async () => {
    const job = await submit(1);
    const { signal } = await reading(0);
    await store.cancelJob('key', job.id, 1);
    hear({ kind: 'cancelled', jobId: job.id });
    expect(signal?.aborted).toBe(true);
  });

  test('pages that are given back are told of', async () => {
    await submit(1);
    await reading(0);
    await runner.drain(0);
    expect(sent).toEqual([{ kind: 'pages' }, { kind: 'pages' }]);
  });
});

test('a page whose outcome cannot be stored is kept and stored later, not read again', async () => {
  await runner.drain(0);
  let refusals = 2;
  await start({
    store: {
      ...store,
      completePage: (...call) =>
        refusals-- > 0
          ? Promise.reject(new OcrError('storage.failed', 'The disk is full.'))
          : store.completePage(...call),
    },
  });
  const job = await submit(1);
  (await reading(0)).succeed();
  await jobIs(job, { status: 'completed', pagesRead: 1, creditsUsed: 1 });
  expect(readings).toHaveLength(1);
  expect(log.map(({ details }) => details.code)).toEqual(['storage.failed', 'storage.failed']);
});

test('claiming is tried again after the store refused', async () => {
  await runner.drain(0);
  let refusals = 2;
  await start({
    store: {
      ...store,
      claimPages: (...call) =>
        refusals-- > 0
          ? Promise.reject(new OcrError('storage.failed', 'The disk is full.'))
          : store.claimPages(...call),
    },
  });
  const job = await submit(1);
  (await reading(0)).succeed();
  await jobIs(job, { status: 'completed' });
});

test('a cancelled job gives up its running pages, tells its listeners and loses its upload', async () => {
  const job = await submit(8);
  const listener = vi.fn();
  runner.subscribe(job.id, listener);
  await reading(3);
  expect(await runner.cancel('key', job.id)).toMatchObject({ status: 'cancelled' });
  expect(readings.map(({ signal }) => signal?.aborted)).toEqual([true, true, true, true]);
  expect(listener).toHaveBeenCalledTimes(1);
  expect(await readdir(join(dataDir, 'uploads'))).toEqual([]);
  expect(await store.credits('key')).toEqual({ granted: 0, available: 0, reserved: 0, used: 0 });

  const next = await submit(1);
  (await reading(4)).succeed();
  await jobIs(next, { status: 'completed' });
  expect(log).toEqual([]);
});

test('draining claims no more, and waits for the pages being read', async () => {
  const job = await submit(8);
  await reading(3);
  const drained = runner.drain(5_000);
  for (const { succeed } of readings) succeed();
  await drained;
  expect(readings).toHaveLength(4);
  expect(await store.getJob('key', job.id)).toMatchObject({ status: 'processing', pagesRead: 4 });
  expect(await store.queue()).toMatchObject({ pendingPages: 4, processingPages: 0 });
});

test('pages that are not done in the time to drain are given back, and read after the next start', async () => {
  const job = await submit(2);
  (await reading(1)).succeed();
  await jobIs(job, { pagesRead: 1 });
  await runner.drain(20);
  expect(await store.queue()).toMatchObject({ pendingPages: 1, processingPages: 0 });

  await start();
  const again = await reading(2);
  expect(again.task.pageIndex).toBe(0);
  again.succeed();
  await jobIs(job, { status: 'completed', pagesRead: 2, creditsUsed: 2 });
});

test('a wake-up in the moment in which there is no room is not lost', async () => {
  await runner.drain(0);
  let threads = 0;
  let isArmed = false;
  const status = () => {
    const now = { ...engine.status(), threads };
    if (isArmed) {
      isArmed = false;
      queueMicrotask(() => {
        threads = THREADS;
        runner.wake();
      });
    }
    return now;
  };
  await start({ engine: { ...engine, status } });
  const job = await accept(1);
  isArmed = true;
  runner.wake();
  (await reading(0)).succeed();
  await jobIs(job, { status: 'completed' });
});

test('pages of a claim whose answer was lost are read', async () => {
  await runner.drain(0);
  const job = await accept(2);
  let claims = 0;
  const losing: Store = {
    ...store,
    async claimPages(limit, at) {
      claims += 1;
      const claimed = await store.claimPages(limit, at);
      if (claims === 1) throw new OcrError('storage.failed', 'The database does not answer.');
      return claimed;
    },
  };
  await start({ store: losing });
  for (const index of [0, 1]) (await reading(index)).succeed();
  await jobIs(job, { status: 'completed', pagesRead: 2 });
});

test('a start recovers the pages of a process that is gone, and erases uploads that no open job has', async () => {
  await runner.drain(0);
  const job = await submit(1);
  await store.claimPages(1, 0);
  await uploads.receive(Readable.from([Buffer.from('of no job')]));
  await start();
  expect(await readdir(join(dataDir, 'uploads'))).toEqual([job.uploadName]);
  (await reading(0)).succeed();
  await jobIs(job, { status: 'completed' });
});

/** The job once all its pages are read, waiting for its PDF. */
async function awaitingPdf(): Promise<JobRecord> {
  const job = await submit(2, { searchable_pdf: true });
  runner.wake();
  await vi.waitFor(() => expect(readings).toHaveLength(2), PATIENTLY);
  for (const reading of readings) reading.succeed();
  await vi.waitFor(() => expect(makings).toHaveLength(1), PATIENTLY);
  return job;
}

const jobNow = (job: JobRecord) => store.getJob('key', job.id);

test('a job that wants a searchable PDF is read with words, and ends when the PDF is there', async () => {
  const job = await awaitingPdf();
  expect(readings.map(({ task }) => task.options.word_boxes)).toEqual([true, true]);
  expect(await jobNow(job)).toMatchObject({ status: 'processing', pagesRead: 2, pdf: 'wanted' });
  const [{ task }] = makings as [Making];
  expect(task).toMatchObject({ path: uploadPath(job), password: 'secret', pageCount: 2 });
  const layers = (await readFile(task.layersPath, 'utf8')).trim().split('\n');
  expect(layers.map((line) => JSON.parse(line).pageIndex)).toEqual([0, 1]);

  await writeFile(task.outPath, 'the PDF');
  makings[0]?.succeed();
  await vi.waitFor(async () => expect((await jobNow(job))?.status).toBe('completed'), PATIENTLY);
  expect(await jobNow(job)).toMatchObject({ pdf: 'made', pdfError: undefined });
  expect(await readdir(join(dataDir, 'pdfs'))).toEqual([`${job.uploadName}.pdf`]);
  await vi.waitFor(async () => expect(await readdir(join(dataDir, 'uploads'))).toEqual([]), PATIENTLY);
});

test('a PDF that cannot be made ends the job, which says why', async () => {
  const job = await awaitingPdf();
  makings[0]?.fail(new OcrError('file.unreadable', 'The PDF cannot be extended.'));
  await vi.waitFor(async () => expect((await jobNow(job))?.status).toBe('completed'), PATIENTLY);
  expect(await jobNow(job)).toMatchObject({ pdf: undefined, pdfError: { code: 'file.unreadable' } });
  expect(await readdir(join(dataDir, 'pdfs'))).toEqual([]);
});

test('a PDF is made again once the engine or the disk lets it', async () => {
  const job = await awaitingPdf();
  makings[0]?.fail(new OcrError('engine.unavailable', 'The engine does not start.'));
  await vi.waitFor(() => expect(makings).toHaveLength(2), PATIENTLY);
  await writeFile(makings[1]?.task.outPath ?? '', 'the PDF');
  makings[1]?.succeed();
  await vi.waitFor(async () => expect((await jobNow(job))?.pdf).toBe('made'), PATIENTLY);
});

test('a job without a page that was read ends without a PDF', async () => {
  const job = await submit(1, { searchable_pdf: true });
  runner.wake();
  await vi.waitFor(() => expect(readings).toHaveLength(1), PATIENTLY);
  readings[0]?.fail(new OcrError('page.unreadable', 'The page is damaged.'));
  await vi.waitFor(async () => expect((await jobNow(job))?.status).toBe('failed'), PATIENTLY);
  expect(makings).toEqual([]);
});

test('a start makes the PDFs that a process that is gone has left, and erases those of nobody', async () => {
  const job = await awaitingPdf();
  await runner.drain(0);
  await writeFile(join(dataDir, 'pdfs', 'nobody.pdf'), 'x');
  makings = [];
  await start();
  await vi.waitFor(() => expect(makings).toHaveLength(1), PATIENTLY);
  expect(makings[0]?.task.path).toBe(uploadPath(job));
  expect(await readdir(join(dataDir, 'pdfs'))).not.toContain('nobody.pdf');
});

test('cancelling gives up the PDF that is being made and erases one that is there', async () => {
  const job = await awaitingPdf();
  await runner.cancel('key', job.id);
  expect(makings[0]?.signal?.aborted).toBe(true);
  expect(await jobNow(job)).toMatchObject({ status: 'cancelled' });
  expect(await readdir(join(dataDir, 'pdfs'))).toEqual([]);
});
