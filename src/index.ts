/**
 * Reads documents from a program: the package's only entry, and what `omega ocr` works by.
 *
 *     const engine = await openEngine();
 *     const document = await engine.read('scan.pdf');
 *     console.log(document.markdown());
 *     await engine.close();
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Type } from 'typebox';
import { checkValues } from './coerce.js';
import { Config } from './config.js';
import type { Engine } from './engine/engine.js';
import { openEngines } from './engine/engines.js';
import { OcrError } from './errors.js';
import { failedPageResult, pageResult } from './export/page-result.js';
import { type EngineSettings, engineConfig } from './reading/engine-config.js';
import { completedJob, formatDocument } from './reading/ocr-results.js';
import {
  createGate,
  type DocumentOutcome,
  PAGES_A_THREAD,
  type Reading,
  readDocument,
  readInPageOrder,
} from './reading/read-documents.js';
import { writeSearchablePdf } from './reading/searchable-pdf.js';
import type { Job, PageResult } from './schema/job.js';
import { OcrOptions } from './schema/options.js';

export { type ErrorCode, OcrError } from './errors.js';
export type {
  ContentBlock,
  FailedPageResult,
  Geometry,
  Job,
  PageResult,
  ReadPageResult,
  ResultLine,
} from './schema/job.js';

/** How the engine is opened. The environment is not asked: no `OMEGA_*` variable has a say. */
export interface EngineOptions {
  /** Folder of the model files and their manifest; that of the package when absent. */
  readonly modelsDir?: string | undefined;
  /** Pages read at the same time, one a thread, from 1 to 1024; the number of cores when absent. */
  readonly threads?: number | undefined;
  /** What models run on: `cpu` (when absent), `cuda:0`, several as in `cuda:0,cuda:1`, or `cuda:all`. */
  readonly devices?: string | undefined;
  /** Longest time one page may take, in milliseconds; 60,000 when absent. */
  readonly pageTimeoutMs?: number | undefined;
  /** Size in bytes at which the engine process is replaced, between two pages. */
  readonly engineMemoryBytes?: number | undefined;
  /** Largest page image decoded or rendered, in pixels; 80 million when absent. */
  readonly maxPagePixels?: number | undefined;
}

/** How a document is read: the options of `POST /v1/ocr`, by the same names, and with the same defaults. */
export interface ReadOptions {
  /** Models by each page's complexity (`auto`, when absent), the smallest everywhere, or the largest installed. */
  readonly mode?: 'auto' | 'fast' | 'quality' | undefined;
  /** Whether a PDF's own text is used: where it can be trusted (`auto`, when absent), never, or always. */
  readonly text_layer?: 'auto' | 'ignore' | 'only' | undefined;
  /** Page numbers from 1, as in `1-3,7` or `5-`; all pages when absent. */
  readonly pages?: string | undefined;
  /** ISO 639 codes; only characters of their scripts are recognised. */
  readonly languages?: string[] | undefined;
  /** Resolution at which PDF pages are rendered, from 36 to 600; chosen from the content when absent. */
  readonly dpi?: number | undefined;
  /** Opens an encrypted PDF. */
  readonly password?: string | undefined;
  /** Whether lines of results have their words. */
  readonly word_boxes?: boolean | undefined;
  /** Whether the structure of tables is read; true when absent. */
  readonly tables?: boolean | undefined;
  /** Aborted, the reading rejects with `job.cancelled`. */
  readonly signal?: AbortSignal | undefined;
}

/** A path, absolute or from the working directory, a `file:` URL, or the bytes of a PDF, PNG, JPEG, TIFF or WebP file. */
export type DocumentSource = string | URL | Uint8Array;

export interface OcrEngine {
  /**
   * Reads a whole document. A page that cannot be read fails alone: `pages` has its error in its place.
   * @throws OcrError file.* where the document cannot be opened; request.option-invalid; page.out-of-range;
   * job.cancelled; engine.unavailable
   */
  read(source: DocumentSource, options?: ReadOptions): Promise<OcrDocument>;
  /**
   * Reads a document page by page: each is given in page order as soon as it is there, and no more than a few are held.
   * Pages know nothing of each other here: headings are ranked, and running headers found, only in whole documents.
   * Leaving the loop ends the reading.
   * @throws OcrError as `read`, at the first step
   */
  pages(source: DocumentSource, options?: ReadOptions): AsyncGenerator<PageResult, void, undefined>;
  /** At once: what is being read rejects with `engine.unavailable`. The program can end only after this. */
  close(): Promise<void>;
}

/** A document that was read. Every form is made of all its pages together; failed ones are left out. */
export interface OcrDocument {
  /** Of the pages asked for, in page order: what was read, or `error`. Places are fractions of the page. */
  readonly pages: readonly PageResult[];
  markdown(): string;
  /** Plain text. */
  text(): string;
  html(): string;
  /** hOCR 1.2. */
  hocr(): string;
  /** ALTO 4. */
  alto(): string;
  /** The completed job of the API, with `pages` as its `results`. */
  json(): Job;
  /**
   * A PDF of the pages that were asked for, with their text laid over invisibly. Reads the source once more.
   * @throws OcrError as `read`; storage.failed
   */
  searchablePdf(): Promise<Uint8Array>;
}

const EngineSchema = Type.Pick(Config, [
  'modelsDir',
  'threads',
  'devices',
  'pageTimeoutMs',
  'engineMemoryBytes',
  'maxPagePixels',
]);

const ReadSchema = Type.Omit(OcrOptions, ['searchable_pdf']);

/**
 * Starts the engine process, which takes about a second and holds the models; open it once and read many documents.
 * @throws OcrError config.invalid, model.missing, model.invalid, engine.unavailable
 */
export async function openEngine(options: EngineOptions = {}): Promise<OcrEngine> {
  const settings: EngineSettings = checkValues(
    EngineSchema,
    { ...options },
    { code: 'config.invalid', noun: 'option' },
  );
  const engine = await openEngines(engineConfig(settings));
  const pagesInFlight = PAGES_A_THREAD * engine.status().threads;
  const gate = createGate(pagesInFlight);

  async function readingOf({ signal, ...options }: ReadOptions): Promise<Reading & { readonly words: boolean }> {
    const context = { code: 'request.option-invalid', noun: 'option' } as const;
    const { pages, word_boxes: words, ...others } = checkValues(ReadSchema, options, context);
    if (signal?.aborted) throw new OcrError('job.cancelled', 'The reading was cancelled before it began.');
    if (others.languages !== undefined) await engine.checkLanguages(others.languages);
    // Which formats will be asked for is not known yet, and some of them place single words.
    return {
      pages,
      words,
      options: { ...others, word_boxes: true },
      gate,
      ...(signal === undefined ? {} : { signal }),
    };
  }

  return {
    async read(source, options = {}) {
      const reading = await readingOf(options);
      const outcome = await withFile(source, (path) =>
        readDocument(engine, { path, name: path }, reading, { opened: () => {}, pageDone: () => {} }),
      );
      if (outcome.error !== undefined) throw OcrError.deserialize(outcome.error);
      return documentOf(outcome, engine, source, reading);
    },
    async *pages(source, options = {}) {
      const { words, ...reading } = await readingOf(options);
      const file = await fileOf(source);
      try {
        for await (const { pageIndex, page, error } of readInPageOrder(engine, file, reading, pagesInFlight)) {
          yield page === undefined ? failedPageResult(pageIndex, error) : pageResult(page, { words });
        }
      } finally {
        await file.remove();
      }
    },
    close: () => engine.close(),
  };
}

function documentOf(
  outcome: DocumentOutcome,
  engine: Engine,
  source: DocumentSource,
  { words, options: { password } }: Reading & { readonly words: boolean },
): OcrDocument {
  const job = completedJob(outcome, { words });
  return {
    pages: job.results ?? [],
    markdown: () => formatDocument(outcome, 'md', { words }),
    text: () => formatDocument(outcome, 'txt', { words }),
    html: () => formatDocument(outcome, 'html', { words }),
    hocr: () => formatDocument(outcome, 'hocr', { words }),
    alto: () => formatDocument(outcome, 'alto', { words }),
    json: () => job,
    async searchablePdf() {
      const folder = await temporaryFolder();
      try {
        const outPath = join(folder, 'searchable.pdf');
        await withFile(source, (path) =>
          writeSearchablePdf(engine, { ...outcome, input: { path, name: path } }, { outPath, password }),
        );
        return await readFile(outPath);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  };
}

/** A file that the engine process can open. */
interface SourceFile {
  readonly path: string;
  /** If it was made for this. */
  remove(): Promise<void>;
}

async function withFile<T>(source: DocumentSource, use: (path: string) => Promise<T>): Promise<T> {
  const file = await fileOf(source);
  try {
    return await use(file.path);
  } finally {
    await file.remove();
  }
}

async function fileOf(source: DocumentSource): Promise<SourceFile> {
  if (!(source instanceof Uint8Array)) {
    return { path: source instanceof URL ? fileURLToPath(source) : resolve(source), remove: async () => {} };
  }
  const folder = await temporaryFolder();
  const remove = () => rm(folder, { recursive: true });
  try {
    await writeFile(join(folder, 'document'), source);
  } catch (error) {
    await remove();
    throw error;
  }
  return { path: join(folder, 'document'), remove };
}

/** Nobody else may look into it. */
function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'ocr-omega-'));
}
