/** From a stored upload to a durable job: sniff, inspect, choose pages, price, accept. What is refused leaves no file. */
import { createHash, randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { OcrError } from '../errors.js';
import type { JobRecord, KeyRecord } from '../jobs/store.js';
import { DOCUMENT_KINDS, SNIFF_BYTES, sniffKind } from '../schema/document-kind.js';
import type { OcrOptions } from '../schema/options.js';
import { formatPageRanges, parsePageRanges } from '../schema/page-ranges.js';
import type { ServerContext } from './context.js';
import type { Submission } from './form.js';
import { pagesPerSecondOf } from './pace.js';
import { pricePages } from './pricing.js';

export interface Caller {
  readonly key: KeyRecord;
  readonly idempotencyKey: string | undefined;
  /** Whether nobody waits for the answer any more. */
  gone(): boolean;
}

/**
 * What can be refused before the upload is read. A retry of an accepted request must find its job again, whatever the
 * credits and the queue are now: with an idempotency key the store alone decides.
 * @throws OcrError credits.insufficient, limit.queue-full
 */
export async function refuseEarly(context: ServerContext, caller: Caller): Promise<void> {
  if (caller.idempotencyKey !== undefined) return;
  const { pendingPages } = await context.store.queue();
  const maximum = context.settings.maxQueuedPages;
  if (pendingPages >= maximum) {
    const error = new OcrError('limit.queue-full', `The queue takes up to ${maximum} pages and is full.`, {
      details: { queued: pendingPages, maximum },
    });
    throw await withRetryAfter(error, context);
  }
  if (!caller.key.metered) return;
  const { available } = await context.store.credits(caller.key.id);
  if (available < 1) {
    throw new OcrError('credits.insufficient', 'A page costs at least 1 credit, none is available.', {
      details: { needed: 1, available },
    });
  }
}

/** The accepted job, or the earlier one of the same idempotency key. */
export async function submitJob(context: ServerContext, caller: Caller, submission: Submission): Promise<JobRecord> {
  const { upload } = submission;
  try {
    const { job, replayed } = await acceptJob(context, caller, submission);
    if (replayed) await context.uploads.erase(upload.name);
    else context.runner.wake();
    return job;
  } catch (error) {
    // Where the store does not say whether it accepted the job, the upload may be the job's: the sweep finds out.
    if (!(await context.store.isUploadNeeded(upload.name))) await context.uploads.erase(upload.name);
    throw error;
  }
}

async function acceptJob(context: ServerContext, caller: Caller, { upload, options }: Submission) {
  const { engine, settings, store, uploads } = context;
  const { pageIndices, pages } = await uploads.lend(upload.name, async (path) => {
    await checkKind(path);
    if (options.languages !== undefined) await engine.checkLanguages(options.languages);
    const { pageCount } = await engine.inspect(path, options.password);
    const pageIndices = choosePages(options, pageCount, settings.maxPages);
    return { pageIndices, pages: await pricePages(engine, path, pageIndices, options) };
  });
  if (caller.gone()) throw new OcrError('request.invalid', 'The caller went away before the job was accepted.');
  const job = {
    id: randomUUID(),
    keyId: caller.key.id,
    uploadName: upload.name,
    requestHash: requestHash(upload.sha256, options),
    idempotencyKey: caller.idempotencyKey,
    options: options.pages === undefined ? options : { ...options, pages: formatPageRanges(pageIndices) },
    createdAt: context.now(),
    pages,
  };
  return store.acceptJob(job, { maxQueuedPages: settings.maxQueuedPages }).catch(async (error: unknown) => {
    throw error instanceof OcrError && error.code === 'limit.queue-full' ? await withRetryAfter(error, context) : error;
  });
}

async function checkKind(path: string): Promise<void> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
    if (sniffKind(buffer.subarray(0, bytesRead)) !== undefined) return;
    throw new OcrError(
      'file.unsupported-type',
      `The file must be one of ${DOCUMENT_KINDS.join(', ')} by its first bytes; it is none of these.`,
    );
  } finally {
    await file.close();
  }
}

function choosePages(options: OcrOptions, pageCount: number, maxPages: number): readonly number[] {
  const pageIndices = parsePageRanges(options.pages, pageCount);
  if (pageIndices.length <= maxPages) return pageIndices;
  throw new OcrError(
    'file.too-many-pages',
    `A job may have ${maxPages} pages, this one has ${pageIndices.length}; choose some with the option "pages".`,
  );
}

/** The same upload with the same options, whatever their order. */
function requestHash(uploadSha256: string, options: OcrOptions): string {
  const sorted = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(uploadSha256).update(JSON.stringify(sorted)).digest('hex');
}

/** A full queue has room again when a page is read. */
async function withRetryAfter(error: OcrError, { nodes }: ServerContext): Promise<OcrError> {
  const retryAfterSeconds = Math.max(1, Math.ceil(1 / pagesPerSecondOf(await nodes.list())));
  return new OcrError(error.code, error.message, { details: { ...error.details, retryAfterSeconds } });
}
