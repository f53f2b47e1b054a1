/**
 * The engine's only face. `openEngine` forks and supervises one engine process (`host.ts`), which hosts the Piscina
 * pool; callers see documents and pages, never processes, threads, pixels or tensors.
 *
 * A native crash, a hang or runaway memory costs one engine process: it is killed and replaced, and the pages it held
 * are tried once more, one at a time, so that a poisonous page is found and fails alone (`page.crashed`,
 * `page.timeout`).
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { OcrError } from '../errors.js';
import type { Page, Rect, Routing, Tier } from '../schema/document.js';
import type { DocumentKind } from '../schema/document-kind.js';
import type { OcrOptions } from '../schema/options.js';
import { checkLanguages, type Repertoire, repertoireOf } from './charset-mask.js';
import type { Device } from './devices.js';
import { loadCharset, tiersOf } from './model-contract.js';
import type { ModelFloor, ModelTime } from './model-floor.js';
import { installedModels, loadManifest, type ModelEntry } from './models.js';
import { type Answer, INSPECTORS, type Request } from './protocol.js';
import { type EngineProcess, ProcessLost, startProcess } from './supervisor.js';

export interface DocumentInfo {
  readonly kind: DocumentKind;
  readonly pageCount: number;
}

/** The options a page is read by. The password travels to the engine and is never logged or stored in a result. */
export type PageOptions = Omit<OcrOptions, 'pages' | 'searchable_pdf'>;

export interface PageTask {
  /** Absolute path of the document on this machine. */
  readonly path: string;
  readonly pageIndex: number;
  readonly options: PageOptions;
}

/** A searchable PDF to be made of a document that was read. */
export interface PdfTask {
  /** Of the document, as it was read. */
  readonly path: string;
  readonly password: string | undefined;
  /** A file with a `PageLayer` a line, in page order; JSON. */
  readonly layersPath: string;
  /** Where the PDF is written, over whatever is there. */
  readonly outPath: string;
  readonly pageCount: number;
}

/** Figures to be cut out of a page that was read. */
export interface PictureTask {
  readonly path: string;
  readonly pageIndex: number;
  readonly password: string | undefined;
  /** Of the page image in whose pixels `rects` are, and how the source's page was turned to it. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rotation: number;
  readonly rects: readonly Rect[];
}

export interface DeviceTimes {
  readonly device: Device;
  readonly times: readonly ModelTime[];
}

/** Of one engine process. */
export interface ProcessStatus {
  readonly device: Device;
  /** False while the process starts or is being replaced. */
  readonly ready: boolean;
  readonly pid: number | undefined;
  readonly restarts: number;
  /** Tasks accepted and not yet answered. */
  readonly inFlight: number;
  readonly threads: number;
  readonly rssBytes: number;
  /** Of the bare models, by tier; of those that the process has read pages by. */
  readonly modelFloors: ReadonlyMap<Tier, ModelFloor>;
}

/** Of all processes together; `ready` where one is. */
export interface EngineStatus extends Pick<ProcessStatus, 'ready' | 'restarts' | 'inFlight' | 'threads' | 'rssBytes'> {
  /** One for each device. */
  readonly processes: readonly ProcessStatus[];
}

export interface EngineConfig {
  readonly modelsDir: string;
  /** Piscina threads; one page each. With none, documents are opened and analysed, and no page is ever read. */
  readonly threads: number;
  /** What the models run on; the CPU when absent. */
  readonly device?: Device;
  /** Wall-clock limit of reading one page, retries not included; opening and analysing have 20 s of it at most. */
  readonly pageTimeoutMs: number;
  /** The engine process is replaced, between pages, when it grows past this. */
  readonly memoryLimitBytes: number;
  /** Largest page image that is decoded or rendered. */
  readonly maxPagePixels: number;
  /** The whole environment of the engine process; nothing is inherited. Empty when absent. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Models are run on few shapes, each prepared for at the start: what a GPU needs, and the default there. */
  readonly fixedShapes?: boolean;
  /** Told at every start of a process with fixed shapes how many of the shapes that models run on are prepared for. */
  readonly onPreparing?: (device: Device, done: number, total: number) => void;
}

export interface Engine {
  /**
   * Sniffs the type from the bytes, opens the document and counts its pages.
   * @throws OcrError file.unsupported-type, file.unreadable, file.encrypted, file.no-pages
   */
  inspect(path: string, password?: string): Promise<DocumentInfo>;
  /** @throws OcrError request.option-invalid where no installed recognizer can write all of the languages (ISO 639) */
  checkLanguages(languages: readonly string[]): Promise<void>;
  /** Complexity and provider of a page, without reading it; what it will cost. @throws OcrError page.* */
  analyze(task: PageTask, signal?: AbortSignal): Promise<Routing>;
  /** Reads one page. An aborted task rejects with `job.cancelled`; a running page is finished and dropped. */
  read(task: PageTask, signal?: AbortSignal): Promise<Page>;
  /**
   * Writes the PDF; what is at `outPath` when this rejects is of no use. An image becomes a PDF/A-2b.
   * @throws OcrError file.*, storage.failed
   */
  makePdf(task: PdfTask, signal?: AbortSignal): Promise<void>;
  /** PNG files, one for each rectangle. @throws OcrError page.* */
  cutPictures(task: PictureTask): Promise<readonly Uint8Array[]>;
  /** How long bare runs of the models take in one thread, on each device. @throws OcrError model.*, engine.unavailable */
  measureModels(): Promise<readonly DeviceTimes[]>;
  status(): EngineStatus;
  /** At once: unanswered tasks reject with engine.unavailable. Whoever wants them finished waits for them first. */
  close(): Promise<void>;
}

/** Beyond this times `memoryLimitBytes` a process is not waited for: the page it holds may be taking all there is. */
const MEMORY_KILL_FACTOR = 1.5;

/**
 * Longest inspection or analysis. The largest image that is decoded (4 times the pixel cap) is analysed in 5 s on an
 * idle core; what takes much longer only keeps the submissions behind it waiting.
 */
const INSPECTION_TIMEOUT_MS = 20_000;

/** Of making a PDF, for each page: a scan of 30 megapixels is packed in 2 s on an idle core. */
const PDF_PAGE_TIMEOUT_MS = 5_000;

/** Starts that fail, or end at once, in a row before waiting tasks are refused; starting goes on. */
const FAILED_STARTS = 5;
/** A process that lived this long, or was given work, started well: what ends it then is no fault of its start. */
const STABLE_MS = 1_000;
const MAX_BACKOFF_MS = 2_000;

interface Task {
  readonly request: Request;
  /** False once its caller gave up; its answer is dropped. */
  wanted: boolean;
  /** It was running when a process crashed, and may be why: the next time it runs alone, and the last time. */
  suspect: boolean;
  overdue: boolean;
  resolve(value: unknown): void;
  reject(error: OcrError): void;
}

/** A process in use, and the tasks it holds. A retired one is given no more. */
interface Served {
  readonly process: EngineProcess;
  readonly running: Set<Task>;
  wasGivenWork: boolean;
  /** Why we killed it, when we did and none of its tasks but the overdue one is to blame. */
  blameless: boolean;
}

/** @throws OcrError model.missing, model.invalid, engine.unavailable where the first process cannot start */
export async function openEngine(config: EngineConfig): Promise<Engine> {
  const waiting: Task[] = [];
  /** Of all processes, retired ones too: together they never run more than a process has threads. */
  const alive = new Set<Served>();
  let current: Served | undefined;
  let models: readonly ModelEntry[] = [];
  let restarts = 0;
  let failedStarts = 0;
  let unavailable: OcrError | undefined;
  let closed = false;

  const start = async () => {
    const { modelsDir, threads, device = 'cpu', fixedShapes = device !== 'cpu', maxPagePixels } = config;
    // Read at every start: a model that was added comes with the next process.
    models = await installedModels(modelsDir, await loadManifest(modelsDir));
    const engineProcess = await startProcess(
      { modelsDir, models, threads, device, fixedShapes, maxPagePixels },
      config.environment ?? {},
      (done, total) => config.onPreparing?.(device, done, total),
    );
    const served: Served = { process: engineProcess, running: new Set(), wasGivenWork: false, blameless: false };
    if (closed) {
      engineProcess.kill();
      return;
    }
    alive.add(served);
    current = served;
    unavailable = undefined;
    const startedAt = performance.now();
    void engineProcess.exited.then(() => {
      alive.delete(served);
      if (served.wasGivenWork || performance.now() - startedAt >= STABLE_MS) failedStarts = 0;
      else failedStarts += 1;
      if (served === current) replace();
      else dispatch();
    });
    engineProcess.onHeartbeat = () => {
      if (engineProcess.rssBytes > config.memoryLimitBytes * MEMORY_KILL_FACTOR) engineProcess.kill();
      else if (engineProcess.rssBytes > config.memoryLimitBytes) retire(served);
    };
    dispatch();
  };

  /** Puts another process in the place of the current one, however often it takes. */
  const replace = () => {
    current = undefined;
    restarts += 1;
    void restart();
  };
  const restart = async () => {
    while (!closed) {
      if (failedStarts > 1) await delay(Math.min(100 * 2 ** failedStarts, MAX_BACKOFF_MS));
      try {
        await start();
        return;
      } catch (error) {
        failedStarts += 1;
        if (failedStarts < FAILED_STARTS) continue;
        const reason = error instanceof OcrError ? error.message : 'the reason is unknown.';
        unavailable = new OcrError('engine.unavailable', `The engine does not start: ${reason}`, { cause: error });
        for (const task of waiting.splice(0)) task.reject(unavailable);
      }
    }
  };

  /** No new tasks for it; it is killed when those it holds are done. */
  const retire = (served: Served) => {
    if (served === current) replace();
    if (served.running.size === 0) served.process.kill();
  };

  const dispatch = () => {
    if (closed || current === undefined) return;
    const running = [...alive].flatMap((served) => [...served.running]);
    const holderOf = (isInTheWay: (held: Task) => boolean) =>
      [...alive].find((served) => [...served.running].some((held) => isAbandoned(held) && isInTheWay(held)));
    const suspect = waiting.find((task) => task.suspect);
    if (suspect !== undefined || (waiting.length > 0 && running.some((task) => task.suspect))) {
      // Nothing runs beside a suspect.
      const abandoned = holderOf(() => true);
      if (abandoned !== undefined) return end(abandoned);
      if (suspect !== undefined && running.length === 0) run(suspect, suspect.request, current);
      return;
    }
    const free = { reader: config.threads, inspector: INSPECTORS };
    for (const task of running) free[threadFor(task.request)] -= 1;
    // What is being opened has pages that come next.
    const alone = running.length + waiting.length === 1;
    for (const task of [...waiting]) {
      if (free[threadFor(task.request)] <= 0) {
        const abandoned = holderOf((held) => threadFor(held.request) === threadFor(task.request));
        if (abandoned !== undefined) return end(abandoned);
        continue;
      }
      free[threadFor(task.request)] -= 1;
      run(task, task.request.kind === 'read' ? { ...task.request, alone } : task.request, current);
    }
  };

  /** Kills it for a task that is overdue: the others it holds are not to blame. */
  const end = (served: Served) => {
    served.blameless = true;
    served.process.kill();
  };

  const run = (task: Task, request: Request, served: Served) => {
    waiting.splice(waiting.indexOf(task), 1);
    served.running.add(task);
    served.wasGivenWork = true;
    const deadline = setTimeout(
      () => {
        task.overdue = true;
        if (task.wanted) end(served);
        else dispatch();
      },
      timeLimit(task.request, config),
    );
    const done = () => {
      clearTimeout(deadline);
      served.running.delete(task);
    };
    served.process.ask(request).then(
      (answer) => {
        done();
        settle(task, answer);
        if (answer.retire) retire(served);
        else if (served !== current && served.running.size === 0) served.process.kill();
        dispatch();
      },
      (error: unknown) => {
        done();
        if (!(error instanceof ProcessLost)) throw error;
        lose(task, served.blameless);
      },
    );
  };

  const lose = (task: Task, blameless: boolean) => {
    if (!task.wanted) return;
    if (closed) task.reject(closing());
    else if (task.overdue) task.reject(overdueError(task.request, timeLimit(task.request, config)));
    else if (task.suspect && !blameless) task.reject(crashError(task.request));
    else {
      task.suspect ||= !blameless;
      waiting.unshift(task);
    }
  };

  const submit = <T>(request: Request, signal?: AbortSignal): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      if (closed) return reject(closing());
      if (unavailable !== undefined) return reject(unavailable);
      const forget = () => signal?.removeEventListener('abort', abort);
      const task: Task = {
        request,
        wanted: true,
        suspect: false,
        overdue: false,
        resolve(value) {
          forget();
          task.wanted = false;
          resolve(value as T);
        },
        reject(error) {
          forget();
          task.wanted = false;
          reject(error);
        },
      };
      const abort = () => {
        if (waiting.includes(task)) waiting.splice(waiting.indexOf(task), 1);
        task.reject(cancelled());
        dispatch();
      };
      signal?.addEventListener('abort', abort, { once: true });
      waiting.push(task);
      // Once all that come together are here: only then is it known whether a page is alone.
      queueMicrotask(dispatch);
    });

  await start();

  return {
    inspect: (path, password) => submit({ kind: 'inspect', path, password }),
    async checkLanguages(languages) {
      checkLanguages(languages, await repertoires(config.modelsDir, models));
    },
    analyze: (task, signal) => submit({ kind: 'analyze', task }, signal),
    read: (task, signal) => submit({ kind: 'read', task, alone: false }, signal),
    cutPictures: (task) => submit({ kind: 'cut-pictures', task }),
    makePdf: (task, signal) => submit({ kind: 'make-pdf', task }, signal),
    measureModels: async () => [
      { device: config.device ?? 'cpu', times: await submit<readonly ModelTime[]>({ kind: 'measure-models' }) },
    ],
    status() {
      const running = [...alive].flatMap((served) => [...served.running]);
      const inSum = {
        ready: current !== undefined,
        restarts,
        inFlight: waiting.length + running.filter(({ wanted }) => wanted).length,
        threads: config.threads,
        rssBytes: current?.process.rssBytes ?? 0,
      };
      const { device = 'cpu' } = config;
      const modelFloors = current?.process.modelFloors ?? new Map<Tier, ModelFloor>();
      return { ...inSum, processes: [{ ...inSum, device, pid: current?.process.pid, modelFloors }] };
    },
    async close() {
      closed = true;
      for (const task of waiting.splice(0)) task.reject(closing());
      const processes = [...alive].map((served) => served.process);
      for (const engineProcess of processes) engineProcess.kill();
      await Promise.all(processes.map(({ exited }) => exited));
    },
  };
}

/** Of each installed recognizer. Read anew each time it is asked for, which takes a few milliseconds. */
function repertoires(modelsDir: string, models: readonly ModelEntry[]): Promise<readonly Repertoire[]> {
  const tiers = tiersOf(models);
  const recognizers = models.filter(({ task, tier }) => task === 'recognize' && tier && tiers.includes(tier));
  return Promise.all(recognizers.map(async (entry) => repertoireOf(await loadCharset(modelsDir, entry))));
}

/**
 * Overdue, and nobody waits for it. It is left alone until it is in the way of another: its end would begin the pages
 * beside it anew, among them most often its own, which is read by then.
 */
function isAbandoned(held: Task): boolean {
  return held.overdue && !held.wanted;
}

/** Wall-clock limit of a request, in milliseconds. */
function timeLimit(request: Request, { pageTimeoutMs }: EngineConfig): number {
  if (request.kind === 'make-pdf') return pageTimeoutMs + request.task.pageCount * PDF_PAGE_TIMEOUT_MS;
  return threadFor(request) === 'reader' ? pageTimeoutMs : Math.min(pageTimeoutMs, INSPECTION_TIMEOUT_MS);
}

/** Reading takes seconds; a submission waits for the others, so they have threads to themselves. */
function threadFor({ kind }: Request): 'reader' | 'inspector' {
  return kind === 'inspect' || kind === 'analyze' ? 'inspector' : 'reader';
}

function settle(task: Task, answer: Answer): void {
  if (!task.wanted) return;
  if (answer.error === undefined) task.resolve(answer.value);
  else task.reject(OcrError.deserialize(answer.error));
}

function overdueError(request: Request, timeoutMs: number): OcrError {
  const limit = `${timeoutMs / 1000} s`;
  if (request.kind === 'measure-models') {
    return new OcrError('engine.unavailable', `The models took longer to measure than the ${limit} a page may take.`);
  }
  if (request.kind === 'make-pdf') {
    return new OcrError('page.timeout', `The searchable PDF took longer to make than the ${limit} it may take.`);
  }
  return request.kind === 'inspect'
    ? new OcrError('file.unreadable', `The document could not be opened within ${limit}.`)
    : new OcrError('page.timeout', `The page took longer than the ${limit} a page may take.`);
}

function crashError(request: Request): OcrError {
  if (request.kind === 'measure-models') {
    return new OcrError('engine.unavailable', 'The engine crashed twice when it measured the models.');
  }
  if (request.kind === 'make-pdf') {
    return new OcrError('page.crashed', 'The engine crashed twice when it made the searchable PDF.');
  }
  return request.kind === 'inspect'
    ? new OcrError('file.unreadable', 'The engine crashed twice when it opened the document.')
    : new OcrError('page.crashed', 'The engine crashed twice on the page.');
}

function cancelled(): OcrError {
  return new OcrError('job.cancelled', 'The page was cancelled before it was done.');
}

function closing(): OcrError {
  return new OcrError('engine.unavailable', 'The engine is closing.');
}
