/** Reads documents page by page, several at once, so that every engine thread stays busy across their borders. */
import type { Engine, PageOptions } from '../engine/engine.js';
import { OcrError, type SerializedError } from '../errors.js';
import type { Page } from '../schema/document.js';
import { parsePageRanges } from '../schema/page-ranges.js';

/** A document to be read. */
export interface Source {
  /** Absolute. */
  readonly path: string;
  /** As the caller would name it. */
  readonly name: string;
}

export type PageOutcome =
  | { readonly pageIndex: number; readonly page: Page; readonly error: undefined }
  | { readonly pageIndex: number; readonly page: undefined; readonly error: SerializedError };

export interface DocumentOutcome {
  readonly input: Source;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Of the pages asked for, in page order. Empty where the document could not be opened. */
  readonly pages: readonly PageOutcome[];
  /** Why the document could not be opened. */
  readonly error: SerializedError | undefined;
}

/** How documents are read, the same for all of them. */
export interface Reading {
  /** Page ranges. */
  readonly pages: string | undefined;
  readonly options: PageOptions;
  /** Pages handed to the engine at a time, of all documents together; see `createGate`. */
  readonly gate: Gate;
  readonly signal?: AbortSignal;
}

export interface ReadRequest extends Omit<Reading, 'gate'> {
  readonly inputs: Iterable<Source> | AsyncIterable<Source>;
  /** Pages handed to the engine at a time. */
  readonly concurrency: number;
}

export interface ReadListener {
  opened(input: Source, pageCount: number): void;
  pageDone(input: Source, outcome: PageOutcome): void;
}

/** Runs a work when fewer than its limit are running; works begin in the order they came. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Pages in flight a thread: one being read, one waiting, so that no thread idles between two pages. */
export const PAGES_A_THREAD = 2;

/** Documents begun ahead of the one whose turn it is to be given: enough to bridge its slowest page. */
const WINDOW_FACTOR = 4;

/**
 * Outcomes come in the order of the inputs, which are taken as they are needed: reading goes ahead of the outcome
 * that is waited for, but not without end.
 */
export async function* readDocuments(
  engine: Pick<Engine, 'inspect' | 'read'>,
  { inputs, concurrency, ...request }: ReadRequest,
  listener: ReadListener,
): AsyncGenerator<DocumentOutcome, void, undefined> {
  const reading = { ...request, gate: createGate(concurrency) };
  const begun: Promise<DocumentOutcome>[] = [];
  for await (const input of inputs) {
    const outcome = readDocument(engine, input, reading, listener);
    // It is awaited when its turn comes, which may be after it failed.
    outcome.catch(() => {});
    begun.push(outcome);
    if (begun.length >= WINDOW_FACTOR * concurrency) yield (await begun.shift()) as DocumentOutcome;
  }
  for (const outcome of begun) yield await outcome;
}

export async function readDocument(
  engine: Pick<Engine, 'inspect' | 'read'>,
  input: Source,
  { pages: ranges, options, gate, signal }: Reading,
  listener: ReadListener,
): Promise<DocumentOutcome> {
  const startedAt = Date.now();
  let indices: readonly number[];
  try {
    const { pageCount } = await engine.inspect(input.path, options.password);
    indices = parsePageRanges(ranges, pageCount);
  } catch (error) {
    listener.opened(input, 0);
    return { input, startedAt, endedAt: Date.now(), pages: [], error: serializeError(error) };
  }
  listener.opened(input, indices.length);
  const pages = await Promise.all(
    indices.map((pageIndex) =>
      gate(async () => {
        const outcome = await readPage(engine, { path: input.path, pageIndex, options }, signal);
        listener.pageDone(input, outcome);
        return outcome;
      }),
    ),
  );
  return { input, startedAt, endedAt: Date.now(), pages, error: undefined };
}

/**
 * Pages of one document, each as soon as those before it are read; up to `ahead` are read meanwhile.
 * @throws OcrError file.*, request.option-invalid where the document or a page range is none
 */
export async function* readInPageOrder(
  engine: Pick<Engine, 'inspect' | 'read'>,
  { path }: Pick<Source, 'path'>,
  { pages: ranges, options, gate, signal }: Reading,
  ahead: number,
): AsyncGenerator<PageOutcome, void, undefined> {
  const { pageCount } = await engine.inspect(path, options.password);
  // A caller that has seen enough leaves pages behind that nobody waits for.
  const leaving = new AbortController();
  const either = signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]);
  const begun: Promise<PageOutcome>[] = [];
  try {
    for (const pageIndex of parsePageRanges(ranges, pageCount)) {
      const outcome = gate(() => readPage(engine, { path, pageIndex, options }, either));
      outcome.catch(() => {});
      begun.push(outcome);
      if (begun.length > ahead) yield (await begun.shift()) as PageOutcome;
    }
    for (const outcome of begun) yield await outcome;
  } finally {
    leaving.abort();
  }
}

async function readPage(
  engine: Pick<Engine, 'read'>,
  task: Parameters<Engine['read']>[0],
  signal: AbortSignal | undefined,
): Promise<PageOutcome> {
  try {
    return { pageIndex: task.pageIndex, page: await engine.read(task, signal), error: undefined };
  } catch (error) {
    return { pageIndex: task.pageIndex, page: undefined, error: serializeError(error) };
  }
}

/** What is not to blame on the document is thrown on: a fault of the program, an engine that is gone, an interruption. */
function serializeError(error: unknown): SerializedError {
  if (error instanceof OcrError && /^(file|page|request)\./.test(error.code)) return error.serialize();
  throw error;
}

export function createGate(limit: number): Gate {
  const waiting: (() => void)[] = [];
  let free = limit;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
