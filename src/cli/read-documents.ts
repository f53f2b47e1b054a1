/** Reads many documents at once, page by page, so that every engine thread stays busy across their borders. */
import type { Engine, PageOptions } from '../engine/engine.js';
import { OcrError, type SerializedError } from '../errors.js';
import type { Page } from '../schema/document.js';
import { parsePageRanges } from '../schema/page-ranges.js';
import type { Input } from './inputs.js';

export type PageOutcome =
  | { readonly pageIndex: number; readonly page: Page; readonly error: undefined }
  | { readonly pageIndex: number; readonly page: undefined; readonly error: SerializedError };

export interface DocumentOutcome {
  readonly input: Input;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Of the pages asked for, in page order. Empty where the document could not be opened. */
  readonly pages: readonly PageOutcome[];
  /** Why the document could not be opened. */
  readonly error: SerializedError | undefined;
}

export interface ReadRequest {
  readonly inputs: readonly Input[];
  /** Page ranges, the same for every document. */
  readonly pages: string | undefined;
  readonly options: PageOptions;
  /** Pages handed to the engine at a time. */
  readonly concurrency: number;
}

export interface ReadListener {
  opened(input: Input, pageCount: number): void;
  pageDone(input: Input, outcome: PageOutcome): void;
}

interface Reading {
  readonly input: Input;
  readonly startedAt: number;
  readonly pages: PageOutcome[];
  readonly end: (error?: SerializedError) => void;
}

/** Outcomes come in the order of the inputs; reading never waits for them to be taken. */
export async function* readDocuments(
  engine: Pick<Engine, 'inspect' | 'read'>,
  request: ReadRequest,
  listener: ReadListener,
): AsyncGenerator<DocumentOutcome, void, undefined> {
  const begun = new Map<Input, (outcome: DocumentOutcome) => void>();
  const outcomes = request.inputs.map((input) => new Promise<DocumentOutcome>((end) => begun.set(input, end)));
  const tasks = pageTasks(engine, request, listener, begun);
  const lanes = Array.from({ length: request.concurrency }, async () => {
    // The lanes share one generator: each takes the next page when it is free.
    for await (const { reading, pageIndex, pageCount } of tasks) {
      const outcome = await readPage(engine, request, reading.input, pageIndex);
      reading.pages.push(outcome);
      listener.pageDone(reading.input, outcome);
      if (reading.pages.length === pageCount) reading.end();
    }
  });
  const working = Promise.all(lanes);
  for (const outcome of outcomes) yield await Promise.race([outcome, working.then(() => outcome)]);
  await working;
}

async function* pageTasks(
  engine: Pick<Engine, 'inspect'>,
  request: ReadRequest,
  listener: ReadListener,
  outcomes: ReadonlyMap<Input, (outcome: DocumentOutcome) => void>,
): AsyncGenerator<{ reading: Reading; pageIndex: number; pageCount: number }, void, undefined> {
  for (const input of request.inputs) {
    const startedAt = Date.now();
    const pages: PageOutcome[] = [];
    const end = (error?: SerializedError) => {
      pages.sort((a, b) => a.pageIndex - b.pageIndex);
      outcomes.get(input)?.({ input, startedAt, endedAt: Date.now(), pages, error });
    };
    let indices: readonly number[];
    try {
      const { pageCount } = await engine.inspect(input.path, request.options.password);
      indices = parsePageRanges(request.pages, pageCount);
    } catch (error) {
      listener.opened(input, 0);
      end(serializeError(error));
      continue;
    }
    listener.opened(input, indices.length);
    const reading: Reading = { input, startedAt, pages, end };
    for (const pageIndex of indices) yield { reading, pageIndex, pageCount: indices.length };
  }
}

async function readPage(
  engine: Pick<Engine, 'read'>,
  { options }: ReadRequest,
  { path }: Input,
  pageIndex: number,
): Promise<PageOutcome> {
  try {
    return { pageIndex, page: await engine.read({ path, pageIndex, options }), error: undefined };
  } catch (error) {
    return { pageIndex, page: undefined, error: serializeError(error) };
  }
}

/** Anything but an `OcrError` is a fault of the program, and is thrown on. */
function serializeError(error: unknown): SerializedError {
  if (error instanceof OcrError) return error.serialize();
  throw error;
}
