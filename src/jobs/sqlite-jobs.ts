/** The SQLite store's members about jobs: submission, reading, cancelling, retention. */
import type { JobStatus } from '../schema/job.js';
import {
  formatCursor,
  idempotencyMismatch,
  insufficientCredits,
  jobNotFound,
  keyNotFound,
  parseCursor,
  queueFull,
} from './refusals.js';
import { jobOf, pageOf, type ResultRow, type JobRow as Row } from './rows.js';
import type { Connection } from './sqlite-connection.js';
import type { CreditBook } from './sqlite-credits.js';
import type { TurnBook } from './sqlite-queue.js';
import type { NewJob, Store } from './store.js';

type JobRow = Row<0 | 1>;

type JobMembers = Pick<
  Store,
  'acceptJob' | 'getJob' | 'listPages' | 'listJobs' | 'isUploadNeeded' | 'cancelJob' | 'purgeResults'
>;

export function jobMembers(connection: Connection, book: CreditBook, turns: TurnBook): JobMembers {
  const { database, read, sync, write } = connection;
  const selectMetered = database.prepare<[string], { readonly metered: 0 | 1 }>(
    'SELECT metered FROM keys WHERE id = ? AND revoked_at IS NULL',
  );
  const selectByIdempotencyKey = database.prepare<[string, string], JobRow>(
    'SELECT * FROM jobs WHERE key_id = ? AND idempotency_key = ?',
  );
  const insertJob = database.prepare<[Record<string, string | number | null>]>(
    `INSERT INTO jobs (id, key_id, status, options, password, metered, upload_name, request_hash, idempotency_key,
       created_at, page_count, credits_reserved, pending_pages, turn, pdf)
     VALUES (@id, @keyId, 'pending', @options, @password, @metered, @uploadName, @requestHash, @idempotencyKey,
       @createdAt, @pageCount, @reserved, @pageCount, @turn, @pdf)`,
  );
  const insertPage = database.prepare<[number | bigint, number, number, string | null]>(
    'INSERT INTO pages (job_no, page_index, reserved, routing) VALUES (?, ?, ?, ?)',
  );
  const selectJob = database.prepare<[string, string], JobRow>('SELECT * FROM jobs WHERE id = ? AND key_id = ?');
  const selectPages = database.prepare<[string, number, number], ResultRow>(
    `SELECT page_index, page, error FROM results
     WHERE job_no = (SELECT no FROM jobs WHERE id = ?) AND page_index > ? ORDER BY page_index LIMIT ?`,
  );
  const selectJobs = database.prepare<[string, number, number], JobRow>(
    'SELECT * FROM jobs WHERE key_id = ? AND no < ? ORDER BY no DESC LIMIT ?',
  );
  const selectJobsByStatus = database.prepare<[string, JobStatus, number, number], JobRow>(
    'SELECT * FROM jobs WHERE key_id = ? AND status = ? AND no < ? ORDER BY no DESC LIMIT ?',
  );
  const selectNeeded = database
    .prepare<[string], 0 | 1>('SELECT ended_at IS NULL FROM jobs WHERE upload_name = ?')
    .pluck();
  const selectOpenPages = database.prepare<[number], { readonly page_index: number; readonly reserved: number }>(
    "SELECT page_index, reserved FROM pages WHERE job_no = ? AND status <> 'finished' ORDER BY page_index",
  );
  const updateCancelled = database.prepare<[number, number]>(
    `UPDATE jobs SET status = 'cancelled', ended_at = max(?, created_at), pending_pages = 0, password = NULL
     WHERE no = ?`,
  );
  const selectExpired = database.prepare<[number, number], { readonly no: number }>(
    `SELECT no FROM jobs WHERE results_erased = 0 AND ended_at IS NOT NULL AND ended_at < ? ORDER BY ended_at LIMIT ?`,
  );
  const deleteResults = database.prepare<[number]>('DELETE FROM results WHERE job_no = ?');
  const deletePages = database.prepare<[number]>('DELETE FROM pages WHERE job_no = ?');
  const updateErased = database.prepare<[number]>('UPDATE jobs SET results_erased = 1 WHERE no = ?');
  const forgetIdempotencyKey = database.prepare<[number]>('UPDATE jobs SET idempotency_key = NULL WHERE no = ?');

  const eraseResults = (jobNo: number) => {
    deleteResults.run(jobNo);
    // A write about a page that is still being read finds no row, as any other stale one.
    deletePages.run(jobNo);
    updateErased.run(jobNo);
  };
  const requireJob = (keyId: string, jobId: string): JobRow => {
    const row = selectJob.get(jobId, keyId);
    if (row === undefined) throw jobNotFound();
    return row;
  };
  const replayOf = ({ keyId, idempotencyKey, requestHash }: NewJob): JobRow | undefined => {
    if (idempotencyKey === undefined) return undefined;
    const earlier = selectByIdempotencyKey.get(keyId, idempotencyKey);
    if (earlier !== undefined && earlier.request_hash !== requestHash) throw idempotencyMismatch();
    return earlier;
  };

  return {
    async acceptJob(job, { maxQueuedPages }) {
      return write(() => {
        const replay = replayOf(job);
        if (replay !== undefined) return { job: jobOf(replay), replayed: true };

        const queued = turns.pendingPages();
        if (queued + job.pages.length > maxQueuedPages) throw queueFull(job.pages.length, queued, maxQueuedPages);
        const key = selectMetered.get(job.keyId);
        if (key === undefined) throw keyNotFound();
        const needed = job.pages.reduce((sum, page) => sum + page.reserved, 0);
        const { available } = book.balance(job.keyId);
        if (key.metered === 1 && needed > available) throw insufficientCredits(needed, available);

        const { password, ...options } = job.options;
        const { lastInsertRowid } = insertJob.run({
          id: job.id,
          keyId: job.keyId,
          options: JSON.stringify(options),
          password: password ?? null,
          metered: key.metered,
          uploadName: job.uploadName,
          requestHash: job.requestHash,
          idempotencyKey: job.idempotencyKey ?? null,
          createdAt: job.createdAt,
          pageCount: job.pages.length,
          reserved: needed,
          turn: turns.join(job.keyId, job.pages.length),
          pdf: job.options.searchable_pdf ? 'wanted' : null,
        });
        const jobNo = Number(lastInsertRowid);
        for (const { pageIndex, reserved, routing } of job.pages) {
          insertPage.run(jobNo, pageIndex, reserved, routing === undefined ? null : JSON.stringify(routing));
        }
        const metered = key.metered === 1;
        book.post({ keyId: job.keyId, kind: 'reserve', credits: needed, metered, jobNo, at: job.createdAt });
        return { job: jobOf(requireJob(job.keyId, job.id)), replayed: false };
      });
    },
    async getJob(keyId, jobId) {
      const row = read(() => selectJob.get(jobId, keyId));
      return row && jobOf(row);
    },
    async listPages(jobId, after, limit) {
      return Promise.all(read(() => selectPages.all(jobId, after, limit)).map(pageOf));
    },
    async listJobs(keyId, { status, limit, cursor }) {
      const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : parseCursor(cursor);
      // One more than asked for tells whether there is another page.
      const rows = read(() =>
        status === undefined
          ? selectJobs.all(keyId, before, limit + 1)
          : selectJobsByStatus.all(keyId, status, before, limit + 1),
      );
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      return { jobs: shown.map(jobOf), cursor: last && formatCursor(last.no) };
    },
    async isUploadNeeded(uploadName) {
      if (read(() => selectNeeded.get(uploadName)) === 1) return true;
      await sync();
      return false;
    },
    async cancelJob(keyId, jobId, at) {
      return write(() => {
        const job = requireJob(keyId, jobId);
        if (job.ended_at === null) {
          for (const { page_index: pageIndex, reserved } of selectOpenPages.all(job.no)) {
            const metered = job.metered === 1;
            book.post({ keyId, kind: 'release', credits: reserved, metered, jobNo: job.no, pageIndex, at });
          }
          turns.leave(keyId, job.pending_pages);
          updateCancelled.run(at, job.no);
        }
        eraseResults(job.no);
        return jobOf(requireJob(keyId, jobId));
      });
    },
    async purgeResults(endedBefore, limit) {
      return write(() => {
        const expired = selectExpired.all(endedBefore, limit);
        for (const { no } of expired) {
          eraseResults(no);
          forgetIdempotencyKey.run(no);
        }
        return expired.length;
      });
    },
  };
}
