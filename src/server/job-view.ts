/** Records of the store as the API shows them: the receipt, the job, and its results as a stream, page by page. */
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { failedPageResult, jobError, pageResult } from '../export/page-result.js';
import type { JobRecord, PageRecord, Store } from '../jobs/store.js';
import type { Page } from '../schema/document.js';
import type { Job, JobStatus, PageResult } from '../schema/job.js';

/** Pages read from the store at a time: few enough that other requests get their turn within milliseconds. */
export const PAGES_PER_CHUNK = 16;

const ENDED: readonly JobStatus[] = ['completed', 'failed', 'cancelled'];

export function hasEnded(job: JobRecord): boolean {
  return ENDED.includes(job.status);
}

/** The job without its results. */
export function jobEnvelope(job: JobRecord): Job {
  return {
    id: job.id,
    status: job.status,
    page_count: job.pageCount,
    pages_processed: job.pagesRead,
    credits_used: job.creditsUsed,
    created_at: job.createdAt,
    ...(job.completedAt === undefined ? {} : { completed_at: job.completedAt }),
    ...(job.error === undefined ? {} : { error: jobError(job.error) }),
    ...(job.resultsErased ? { results_erased: true } : {}),
  };
}

/** `settle`: what makes a page of the whole document out of it. */
export function pageEntry(record: PageRecord, { options }: Pick<JobRecord, 'options'>, settle = asItIs): PageResult {
  return record.error === undefined
    ? pageResult(settle(record.page), { words: options.word_boxes })
    : failedPageResult(record.pageIndex, record.error);
}

function asItIs(page: Page): Page {
  return page;
}

/** The JSON of the job with its results so far. A job of thousands of pages never stands in memory as a whole. */
export function jobJson(store: Store, job: JobRecord): Readable {
  return Readable.from(jobJsonParts(store, job));
}

export async function* jobJsonParts(store: Store, job: JobRecord, settle = asItIs): AsyncGenerator<string> {
  const envelope = JSON.stringify(jobEnvelope(job));
  if (job.resultsErased) return yield envelope;
  // Written chunk by chunk: a write a page would cost more than what is written.
  let before = `${envelope.slice(0, -1)},"results":[`;
  for await (const records of finishedChunks(store, job.id)) {
    yield before + records.map((record) => JSON.stringify(pageEntry(record, job, settle))).join(',');
    before = ',';
  }
  yield before === ',' ? ']}' : `${before}]}`;
}

/** Finished pages in page order, after page index `after`; other requests get a turn between chunks. */
export async function* finishedPages(store: Store, jobId: string, after = -1): AsyncGenerator<PageRecord> {
  for await (const records of finishedChunks(store, jobId, after)) yield* records;
}

/** None of them empty; other requests get a turn between them. */
export async function* finishedChunks(store: Store, jobId: string, after = -1): AsyncGenerator<readonly PageRecord[]> {
  for (;;) {
    const records = await store.listPages(jobId, after, PAGES_PER_CHUNK);
    const last = records.at(-1);
    if (last === undefined) return;
    yield records;
    if (records.length < PAGES_PER_CHUNK) return;
    after = last.pageIndex;
    await nextTurn();
  }
}
