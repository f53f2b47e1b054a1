/**
 * Dispatch: claims pages while the engine has room, has them read, and stores what became of them.
 *
 * Nothing polls: it runs at `wake()` (a job was accepted), when a page is done, when other processes on the store
 * signal, and, after the engine or the store refused, when a delay is over. What a crash interrupts is claimed again
 * at the next start, or by the others; the store's fence keeps a page from being counted twice. The engine answers
 * for deadlines and for trying a crashed page again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../engine/engine.js';
import { OcrError, type SerializedError } from '../errors.js';
import type { Page } from '../schema/document.js';
import type { PageLayer } from '../schema/page-layer.js';
import type { PdfFiles } from './pdf-files.js';
import { makePdf } from './pdf-maker.js';
import type { Signal, Signals } from './signals.js';
import type { JobRecord, PageClaim, PdfClaim, Store } from './store.js';
import type { Uploads } from './uploads.js';

export interface RunnerLog {
  error(details: Readonly<Record<string, unknown>>, message: string): void;
}

export interface RunnerParts {
  readonly store: Store;
  readonly uploads: Pick<Uploads, 'lend' | 'erase' | 'sweep'>;
  readonly pdfs: PdfFiles;
  /** Without threads it reads no pages and makes no PDFs; the other processes do. */
  readonly engine: Pick<Engine, 'read' | 'makePdf' | 'status'>;
  /** To and from the other processes on the store. */
  readonly signals: Signals;
  /** What a searchable PDF needs of a page. */
  readonly layerOf: (page: Page) => PageLayer;
  readonly log: RunnerLog;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Told of each page that was read and stored; for figures. */
  readonly onPage?: (page: Page) => void;
}

export interface Runner {
  /** Pages may wait, for this process and the others. */
  wake(): void;
  /** Calls `listener` after each page of the job and when it ends. Returns what ends the subscription. */
  subscribe(jobId: string, listener: () => void): () => void;
  /**
   * Cancels the job in the store, gives up its pages that are being read, and erases its upload.
   * @throws OcrError job.not-found
   */
  cancel(keyId: string, jobId: string): Promise<JobRecord>;
  /**
   * Claims no more, waits for the pages being read, and gives back those that are not done within `timeoutMs`.
   * The engine and the store may be closed afterwards.
   */
  drain(timeoutMs: number): Promise<void>;
}

/** First delay after the engine or the store refused; it doubles with each refusal in a row. */
const MIN_RETRY_MS = 100;
/** Longest delay: what a full disk costs at most once it was cleared. */
const MAX_RETRY_MS = 5_000;

/** Processes that died while they read a page, the last one reading nothing else, before it is read no more. */
const MAX_DEATHS = 3;

/** A page being read. */
interface Running {
  readonly claim: PageClaim;
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

/** REQUIRES: no other runner works on the store, unless it has `signals`. */
export async function startRunner(parts: RunnerParts): Promise<Runner> {
  const { store, uploads, pdfs, engine, signals, log, now, onPage = () => {} } = parts;
  const running = new Set<Running>();
  const listeners = new Map<string, Set<() => void>>();
  /** No more pages are claimed. */
  const stopping = new AbortController();
  /** No more is written about the pages still being read. */
  const givenUp = new AbortController();
  /** While nothing may be claimed, since the engine or the store refused. */
  let hold: Promise<void> | undefined;
  let refusals = 0;
  let filling: Promise<void> | undefined;
  /** The answer of a claim never came: the store may say that pages are held which nobody here reads. */
  let claimWasLost = false;
  let wakeUps = 0;
  /** The searchable PDF being made. */
  let making: { readonly jobId: string; readonly controller: AbortController } | undefined;
  let makingAll: Promise<void> | undefined;
  let wanted = 0;

  await store.recoverPages();
  await uploads.sweep((name) => store.isUploadNeeded(name));
  await pdfs.sweep((name) => store.isPdfNeeded(name));
  signals.listen(hear);
  claimMore();
  wakePdfs();

  function hear(signal: Signal): void {
    if (signal.kind === 'pages') claimMore();
    if (signal.kind === 'job') notify(signal.jobId);
    if (signal.kind === 'cancelled') giveUp(signal.jobId);
    if (signal.kind === 'missed') {
      claimMore();
      wakePdfs();
      for (const jobId of listeners.keys()) notify(jobId);
    }
  }

  function claimMore(): void {
    wakeUps += 1;
    filling ??= fill();
  }

  /** Claims what there is room for, until no wake-up came during a claim. */
  async function fill(): Promise<void> {
    try {
      let seen: number;
      do {
        seen = wakeUps;
        await hold;
        const room = capacity(engine.status().threads) - running.size;
        if (room <= 0 || stopping.signal.aborted) return;
        await claimSome(room);
      } while (seen !== wakeUps);
    } finally {
      // In the step that saw no wake-up: one that comes later begins anew.
      filling = undefined;
    }
  }

  async function claimSome(room: number): Promise<void> {
    try {
      if (claimWasLost) await store.releaseLost([...running].map((entry) => entry.claim));
      claimWasLost = false;
      for (const claimed of await store.claimPages(room, now())) start(claimed);
    } catch (error) {
      report(error, 'pages could not be claimed');
      claimWasLost = true;
      holdOff();
      wakeUps += 1;
    }
  }

  function wakePdfs(): void {
    if (engine.status().threads === 0) return;
    wanted += 1;
    makingAll ??= makePdfs();
  }

  /** One after the other, until no wake-up came during the last one. */
  async function makePdfs(): Promise<void> {
    let seen: number;
    let refusedInARow = 0;
    do {
      seen = wanted;
      try {
        const [claim] = await store.listWantedPdfs();
        if (claim === undefined || stopping.signal.aborted) continue;
        await makeOne(claim);
        refusedInARow = 0;
      } catch (error) {
        report(error, 'a searchable PDF could not be made yet');
        await backoff(refusedInARow, stopping.signal);
        refusedInARow += 1;
      }
      wanted += 1;
    } while (seen !== wanted && !stopping.signal.aborted);
    makingAll = undefined;
  }

  /** @throws OcrError engine.unavailable, storage.failed: it is to be tried again */
  async function makeOne(claim: PdfClaim): Promise<void> {
    const controller = new AbortController();
    making = { jobId: claim.jobId, controller };
    let failure: SerializedError | undefined;
    try {
      failure = await makePdf(parts, claim, controller.signal);
    } catch (error) {
      if (controller.signal.aborted) return;
      if (error instanceof OcrError) throw error;
      report(error, 'a searchable PDF could not be made');
      failure = { code: 'internal', message: 'It could not be made because of an internal error.' };
    } finally {
      making = undefined;
    }
    await persist(() => store.finishPdf(claim.jobId, failure, now()));
    if (givenUp.signal.aborted) return;
    // The job was cancelled while it was kept, or another process has ended it otherwise.
    if (!(await store.isPdfNeeded(claim.uploadName))) await pdfs.erase(claim.uploadName);
    await announce(claim);
  }

  function holdOff(): void {
    if (hold !== undefined) return;
    hold = backoff(refusals, stopping.signal).then(() => {
      hold = undefined;
    });
    refusals += 1;
  }

  function start(claim: PageClaim): void {
    const controller = new AbortController();
    const done = work(claim, controller.signal).finally(() => {
      running.delete(entry);
      claimMore();
    });
    const entry: Running = { claim, controller, done };
    running.add(entry);
  }

  async function work(claim: PageClaim, signal: AbortSignal): Promise<void> {
    if (claim.deaths >= MAX_DEATHS) {
      const failure = new OcrError('page.crashed', `The program that read the page died ${MAX_DEATHS} times.`);
      await persist(() => store.failPage(claim, failure.serialize(), now()));
      return settled(claim);
    }
    const { pages: _, searchable_pdf = false, ...asked } = claim.options;
    // A searchable PDF is made of words.
    const options = { ...asked, word_boxes: asked.word_boxes || searchable_pdf };
    let page: Page;
    try {
      const { pageIndex } = claim;
      page = await uploads.lend(claim.uploadName, (path) => engine.read({ path, pageIndex, options }, signal));
    } catch (error) {
      if (signal.aborted) return;
      const failure = asOcrError(error);
      if (failure.code === 'engine.unavailable' || failure.code === 'storage.failed') {
        if (failure.code === 'storage.failed') report(failure, 'the document of a page could not be had yet');
        holdOff();
        await persist(() => store.releasePages([claim]));
        signals.send({ kind: 'pages' });
        return;
      }
      if (failure !== error) report(error, 'a page could not be read');
      await persist(() => store.failPage(claim, failure.serialize(), now()));
      return settled(claim);
    }
    refusals = 0;
    if (await persist(() => store.completePage(claim, page, now()))) onPage(page);
    await settled(claim);
  }

  /** Also of a page that could not be stored any more: it may have been, and the answer was lost. */
  async function settled(claim: PageClaim): Promise<void> {
    if (givenUp.signal.aborted) return;
    await announce(claim);
    if (claim.options.searchable_pdf) wakePdfs();
  }

  /** Writes again and again while the store refuses, so that no page is read twice for it; undefined once given up. */
  async function persist<T>(write: () => Promise<T>): Promise<T | undefined> {
    for (let attempt = 0; !givenUp.signal.aborted; attempt += 1) {
      try {
        return await write();
      } catch (error) {
        report(error, 'the outcome of a page could not be stored');
        await backoff(attempt, givenUp.signal);
      }
    }
    return undefined;
  }

  async function announce({ jobId, uploadName }: Pick<PageClaim, 'jobId' | 'uploadName'>): Promise<void> {
    notify(jobId);
    signals.send({ kind: 'job', jobId });
    try {
      if (!(await store.isUploadNeeded(uploadName))) await uploads.erase(uploadName);
    } catch (error) {
      report(error, 'an upload could not be erased; the next start tries again');
    }
  }

  /** The job was cancelled: nobody wants what is made of it. */
  function giveUp(jobId: string): void {
    for (const { claim, controller } of running) if (claim.jobId === jobId) controller.abort();
    if (making?.jobId === jobId) making.controller.abort();
    notify(jobId);
  }

  function notify(jobId: string): void {
    for (const listener of listeners.get(jobId) ?? []) listener();
  }

  /** The message of an error that is not ours may quote the document, and is left out. */
  function report(error: unknown, message: string): void {
    if (error instanceof OcrError) {
      log.error({ code: error.code, detail: error.message }, message);
    } else {
      const { name = 'unknown', stack = '' } = error instanceof Error ? error : {};
      log.error({ error: name, frames: stack.split('\n').filter((line) => /^\s+at /.test(line)) }, message);
    }
  }

  return {
    wake() {
      claimMore();
      signals.send({ kind: 'pages' });
    },
    subscribe(jobId, listener) {
      const subscribed = listeners.get(jobId) ?? new Set();
      listeners.set(jobId, subscribed.add(listener));
      return () => {
        subscribed.delete(listener);
        if (subscribed.size === 0 && listeners.get(jobId) === subscribed) listeners.delete(jobId);
      };
    },
    async cancel(keyId, jobId) {
      const job = await store.cancelJob(keyId, jobId, now());
      giveUp(jobId);
      signals.send({ kind: 'cancelled', jobId });
      await uploads.erase(job.uploadName);
      await pdfs.erase(job.uploadName);
      return job;
    },
    async drain(timeoutMs) {
      stopping.abort();
      await filling;
      // It is made at the next start.
      making?.controller.abort();
      const finished = Promise.all([...running].map(({ done }) => done));
      await Promise.race([finished, delay(timeoutMs, undefined, { ref: false })]);
      const claims = [...running].map(({ claim }) => claim);
      givenUp.abort();
      for (const { controller } of running) controller.abort();
      await finished;
      making?.controller.abort();
      await makingAll;
      // Where this fails, the next start recovers them.
      await store.releasePages(claims).catch((error) => report(error, 'pages could not be given back'));
      if (claims.length > 0) signals.send({ kind: 'pages' });
    },
  };
}

/** A page more for every fourth thread, so that none waits while the store writes what it read. */
function capacity(threads: number): number {
  return threads + Math.ceil(threads / 4);
}

/** Ends early, without an error, when `signal` aborts. */
async function backoff(attempt: number, signal: AbortSignal): Promise<void> {
  await delay(Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** attempt), undefined, { signal }).catch(() => {});
}

function asOcrError(error: unknown): OcrError {
  if (error instanceof OcrError) return error;
  return new OcrError('internal', 'The page could not be read because of an internal error.', { cause: error });
}
