/**
 * Makes the searchable PDFs that jobs wait for: from the stored pages and the upload, by the engine, into the job's file.
 *
 * What a crash interrupts is found again at the next start, as the job has not ended. One PDF is made at a time: the
 * engine's threads are for pages.
 */
import { open } from 'node:fs/promises';
import type { Engine } from '../engine/engine.js';
import { OcrError, type SerializedError } from '../errors.js';
import type { Page } from '../schema/document.js';
import type { PageLayer } from '../schema/page-layer.js';
import type { PdfFiles } from './pdf-files.js';
import type { PdfClaim, Store } from './store.js';
import type { Uploads } from './uploads.js';

export interface PdfMakerParts {
  readonly store: Pick<Store, 'listPages'>;
  readonly uploads: Pick<Uploads, 'lend'>;
  readonly pdfs: PdfFiles;
  readonly engine: Pick<Engine, 'makePdf'>;
  readonly layerOf: (page: Page) => PageLayer;
}

/** Pages read from the store at a time. */
const PAGES_AT_ONCE = 16;

/**
 * Undefined once the PDF is there; else why it cannot be made.
 * @throws OcrError engine.unavailable, storage.failed: it may be tried again; job.cancelled
 */
export async function makePdf(
  { store, uploads, pdfs, engine, layerOf }: PdfMakerParts,
  { jobId, uploadName, password, pageCount }: PdfClaim,
  signal: AbortSignal,
): Promise<SerializedError | undefined> {
  const { layersPath, outPath } = pdfs.workPaths(uploadName);
  await writeLayers(store, jobId, layersPath, layerOf);
  try {
    await uploads.lend(uploadName, (path) =>
      engine.makePdf({ path, password, layersPath, outPath, pageCount }, signal),
    );
  } catch (error) {
    if (!(error instanceof OcrError) || isPassing(error)) throw error;
    await pdfs.discard(uploadName);
    return error.serialize();
  }
  await pdfs.keep(uploadName);
  return undefined;
}

function isPassing({ code }: OcrError): boolean {
  return code === 'engine.unavailable' || code === 'storage.failed' || code === 'job.cancelled';
}

/** A layer a line. The pages never stand in memory as a whole. */
async function writeLayers(
  store: Pick<Store, 'listPages'>,
  jobId: string,
  path: string,
  layerOf: (page: Page) => PageLayer,
): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    for (let after = -1; ; ) {
      const records = await store.listPages(jobId, after, PAGES_AT_ONCE);
      const last = records.at(-1);
      if (last === undefined) return;
      const lines = records.flatMap(({ page }) => (page === undefined ? [] : [`${JSON.stringify(layerOf(page))}\n`]));
      await file.write(lines.join(''));
      after = last.pageIndex;
    }
  } catch (error) {
    if (error instanceof OcrError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new OcrError('storage.failed', `The words of a PDF could not be stored (${code}).`, { cause: error });
  } finally {
    await file.close();
  }
}
