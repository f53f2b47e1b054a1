/** A thread of the pool: one request at a time, with its own models and its own open document. */
import { setPriority } from 'node:os';
import { serialize } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { OcrError } from '../errors.js';
import type { Page, Tier } from '../schema/document.js';
import { keepDocuments } from './documents.js';
import type { PageTask } from './engine.js';
import { collectGarbagePeriodically } from './memory.js';
import { type ModelFloor, measureFloor, measureModels } from './model-floor.js';
import { loadNative } from './native.js';
import { type PipelineParts, readPage, routeOf } from './pipeline.js';
import { type Answer, PREPARED, type Request, type SealedAnswer, type ThreadSettings } from './protocol.js';
import { type Models, openModels } from './session.js';
import { gridOf } from './shape-grid.js';
import { mupdfUsable } from './stages/mupdf-faults.js';
import type { PageSource } from './stages/open.js';
import { cutPictures } from './stages/pictures.js';
import { openTurnstile } from './turnstile.js';

const settings = workerData as ThreadSettings;
const documents = keepDocuments(settings.maxPagePixels);
collectGarbagePeriodically();

/**
 * More threads than this gain little from one another: they share out the rows of single layers, each a fraction of a
 * millisecond.
 */
const MAX_INFERENCE_THREADS = 8;

let models: Models | undefined;

function parts(): PipelineParts {
  models ??= openModels(settings.modelsDir, settings.models, {
    threads: 1,
    device: settings.device,
    int8: loadNative().multipliesBytes,
    turnstile: openTurnstile(settings.turnstile),
    ...(settings.fixedShapes ? { gridOf, onPrepared: () => parentPort?.postMessage(PREPARED) } : {}),
  });
  return { native: loadNative(), models, maxPagePixels: settings.maxPagePixels };
}

/** Pages beside others have a thread each, which reads the most pages; one that is alone has the other cores too. */
function partsOf(alone: boolean): PipelineParts {
  const shared = parts();
  return alone ? { ...shared, models: shared.models.withThreads(allThreads()) } : shared;
}

/** Of a page that is alone. A device other than the CPU has its own parallelism. */
function allThreads(): number {
  return settings.device === 'cpu' ? Math.min(settings.threads, MAX_INFERENCE_THREADS) : 1;
}

/**
 * Loads the models that most pages begin with, so that a process that cannot serve says so before the first page. With
 * fixed shapes every model is loaded, and prepared for each of them: no page waits for that.
 */
export function prepare(): Promise<Answer<undefined>> {
  return answer(async () => {
    const { models } = parts();
    if (settings.fixedShapes) {
      await models.loadAll();
      return undefined;
    }
    await models.detector(models.installedTiers[0]);
    await models.recognizer(models.installedTiers[0]);
    return undefined;
  });
}

export function measure(tier: Tier): Promise<Answer<ModelFloor>> {
  return answer(() => measureFloor(parts().models, tier));
}

/**
 * A third of the share of a normal process: whoever answers HTTP on the same cores comes first, and yet other work on
 * the machine does not starve the pages. Not before the first request: a process that starts is being waited for.
 */
const NICE = 5;

export default async function handle(request: Request): Promise<SealedAnswer> {
  // Of this thread alone, on Linux.
  setPriority(NICE);
  const answered = await answer(() => perform(request));
  const tier = request.kind === 'read' ? (answered.value as Page | undefined)?.routing.tier : undefined;
  return { sealed: serialize(answered), ...(tier === undefined ? {} : { tier }) };
}

/** Never rejects: a rejection would mean that the thread is gone. */
async function answer<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    const value = await work();
    return { value, retire: !mupdfUsable() };
  } catch (error) {
    return { error: toOcrError(error).serialize(), retire: !mupdfUsable() };
  }
}

function toOcrError(error: unknown): OcrError {
  if (error instanceof OcrError) return error;
  // Its message may quote the document, so it goes to the operator's terminal alone, and only as a stack.
  const stack = error instanceof Error ? `${error.name} ${error.stack?.replace(/^[^\n]*\n/, '\n') ?? ''}` : 'no Error';
  process.stderr.write(`engine: unexpected ${stack}\n`);
  return new OcrError('internal', 'The page could not be read because of a fault in the engine.');
}

function perform(request: Request): Promise<NonNullable<Answer['value']> | null> {
  switch (request.kind) {
    case 'inspect':
      return documents.with(request.path, request.password, async ({ kind, pageCount }) => ({ kind, pageCount }));
    case 'analyze':
      return withPage(request.task, request.task.options.password, async (source) =>
        routeOf(source, request.task.options, parts()),
      );
    case 'cut-pictures':
      return withPage(request.task, request.task.password, (source) => cutPictures(source, request.task));
    case 'make-pdf': {
      const { path, password } = request.task;
      return documents.with(path, password, async ({ kind, pageCount }) => {
        const { writeSearchablePdf } = await import('./pdf/searchable-pdf.js');
        await writeSearchablePdf(request.task, { kind, pageCount }, settings.maxPagePixels);
        return null;
      });
    }
    case 'measure-models':
      return measureModels(parts().models);
    case 'read':
      return withPage(request.task, request.task.options.password, async (source) =>
        readPage(source, request.task.options, partsOf(request.alone)),
      );
  }
}

function withPage<T>(
  { path, pageIndex }: Pick<PageTask, 'path' | 'pageIndex'>,
  password: string | undefined,
  use: (source: PageSource) => Promise<T>,
): Promise<T> {
  return documents.with(path, password, async (document) => {
    if (pageIndex < 0 || pageIndex >= document.pageCount) {
      throw new OcrError(
        'page.out-of-range',
        `Page ${pageIndex + 1} was asked for: the document has ${document.pageCount}.`,
      );
    }
    const source = await document.openPage(pageIndex);
    try {
      return await use(source);
    } finally {
      source.close();
    }
  });
}
