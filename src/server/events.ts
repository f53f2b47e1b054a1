/**
 * `GET /v1/jobs/{id}/events`: server-sent events (WHATWG HTML, section 9.2).
 *
 * First a `job` event with the job as it is, without an id; then one `page` event a page in page order, whose id is the
 * page number, then one `end` event with the job. A client that comes back with `Last-Event-ID` goes on after that page;
 * one that has seen the end is told to stay away (204).
 */
import { OcrError } from '../errors.js';
import type { JobRecord, PageRecord, Store } from '../jobs/store.js';
import { parsePageRanges } from '../schema/page-ranges.js';
import { finishedPages, hasEnded, jobEnvelope, pageEntry } from './job-view.js';
import type { JobWatch } from './job-watch.js';

/** Below the idle timeouts of common proxies (60 s for nginx and most load balancers). */
const HEARTBEAT_MS = 15_000;
/** What a client waits before it comes back; also the first bytes, so that headers are sent at once. */
const RETRY = 'retry: 2000\n\n';
const HEARTBEAT = ': heartbeat\n\n';
export const END_EVENT_ID = 'end';

/** The page index that `Last-Event-ID` names; -1 where the client has seen none. */
export function lastSeenPage(lastEventId: string | undefined): number {
  if (lastEventId === undefined || lastEventId === '') return -1;
  if (/^[1-9]\d{0,5}$/.test(lastEventId)) return Number(lastEventId) - 1;
  throw new OcrError('request.invalid', 'The header Last-Event-ID must be the id of an event of this job.');
}

/** Ends with the job, or when `watch` is over: the client then comes back and goes on where it was. */
export async function* jobEvents(store: Store, job: JobRecord, after: number, watch: JobWatch): AsyncGenerator<string> {
  const expected = pageIndices(job).filter((pageIndex) => pageIndex > after);
  let sent = 0;
  try {
    yield RETRY + jobEvent(job);
    for (;;) {
      // Read before the pages: those of an ended job are all there.
      const current = await store.getJob(job.keyId, job.id);
      const ended = current === undefined || hasEnded(current);
      for await (const record of finishedPages(store, job.id, sent === 0 ? after : expected[sent - 1])) {
        if (!ended && record.pageIndex !== expected[sent]) break;
        sent = expected.indexOf(record.pageIndex, sent) + 1;
        yield pageEvent(record, job);
      }
      if (current !== undefined && ended) yield endEvent(current);
      if (ended || watch.over) return;
      if (!(await watch.next(HEARTBEAT_MS))) yield HEARTBEAT;
    }
  } finally {
    watch.close();
  }
}

/** The pages asked for, in order. Jobs keep their ranges closed (`submit.ts`), so the document's length is not needed. */
function pageIndices(job: JobRecord): readonly number[] {
  const { pages } = job.options;
  return parsePageRanges(pages, pages === undefined ? job.pageCount : Number.MAX_SAFE_INTEGER);
}

function jobEvent(job: JobRecord): string {
  return `event: job\ndata: ${JSON.stringify(jobEnvelope(job))}\n\n`;
}

function pageEvent(record: PageRecord, job: JobRecord): string {
  return frame(String(record.pageIndex + 1), 'page', pageEntry(record, job));
}

function endEvent(job: JobRecord): string {
  return frame(END_EVENT_ID, 'end', jobEnvelope(job));
}

/** JSON has no line breaks of its own, so one `data` line holds it. */
function frame(id: string, event: string, data: unknown): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
