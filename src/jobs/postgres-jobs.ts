/** The PostgreSQL store's members about jobs: submission, reading, cancelling, retention. */
import { OcrError } from '../errors.js';
import { type Connection, LOCKS } from './postgres-connection.js';
import { lockBalance, postEntries } from './postgres-credits.js';
import type { Transaction } from './postgres-transaction.js';
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
import type { NewJob, Store } from './store.js';

type JobRow = Row<boolean> & { readonly turn: number };

type JobMembers = Pick<
  Store,
  'acceptJob' | 'getJob' | 'listPages' | 'listJobs' | 'isUploadNeeded' | 'cancelJob' | 'purgeResults'
>;

export function jobMembers({ rows, write }: Connection): JobMembers {
  const accept = (job: NewJob, maxQueuedPages: number) =>
    write(async (transaction) => {
      // Whoever submits with the same key waits here: credits are counted and idempotency keys looked up one by one.
      const before = await lockBalance(transaction, job.keyId);
      const replay = await replayOf(transaction, job);
      if (replay !== undefined) return { job: jobOf(replay), replayed: true };

      // Of submissions at the same moment each counts what was accepted before: together they may pass the limit.
      const [{ queued }] = (await transaction.rows<{ queued: number }>(
        'SELECT coalesce(sum(pending_pages), 0)::bigint AS queued FROM key_turns WHERE pending_pages > 0',
      )) as [{ queued: number }];
      if (queued + job.pages.length > maxQueuedPages) throw queueFull(job.pages.length, queued, maxQueuedPages);
      const [key] = await transaction.rows<{ metered: boolean }>(
        'SELECT metered FROM keys WHERE id = $1 AND revoked_at IS NULL',
        [job.keyId],
      );
      if (key === undefined) throw keyNotFound();
      const needed = job.pages.reduce((sum, page) => sum + page.reserved, 0);
      if (key.metered && needed > before.available) throw insufficientCredits(needed, before.available);

      const inserted = await insertJob(transaction, job, key.metered, needed);
      const { metered } = key;
      const reserve = { kind: 'reserve', credits: needed, metered, jobNo: inserted.no, at: job.createdAt } as const;
      await postEntries(transaction, job.keyId, before, [reserve]);
      return { job: jobOf(inserted), replayed: false };
    });
  /** What is still being committed has the lock of the balance: afterwards it is known. */
  const findAccepted = ({ id, keyId }: NewJob) =>
    write(async (transaction) => {
      await lockBalance(transaction, keyId);
      const [row] = await transaction.rows<JobRow>('SELECT * FROM jobs WHERE id = $1', [id]);
      return row && jobOf(row);
    });

  return {
    async acceptJob(job, { maxQueuedPages }) {
      try {
        return await accept(job, maxQueuedPages);
      } catch (error) {
        // The job may have been accepted, and only the answer was lost.
        if (!(error instanceof OcrError) || error.code !== 'storage.failed') throw error;
        const accepted = await findAccepted(job);
        if (accepted === undefined) throw error;
        return { job: accepted, replayed: false };
      }
    },
    async getJob(keyId, jobId) {
      const [row] = await rows<JobRow>('SELECT * FROM jobs WHERE id = $1 AND key_id = $2', [jobId, keyId]);
      return row && jobOf(row);
    },
    async listPages(jobId, after, limit) {
      const found = await rows<ResultRow>(
        `SELECT page_index, page, error FROM results
         WHERE job_no = (SELECT no FROM jobs WHERE id = $1) AND page_index > $2 ORDER BY page_index LIMIT $3`,
        [jobId, after, limit],
      );
      return Promise.all(found.map(pageOf));
    },
    async listJobs(keyId, { status, limit, cursor }) {
      const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : parseCursor(cursor);
      const ofStatus = status === undefined ? '' : 'AND status = $4';
      // One more than asked for tells whether there is another page.
      const found = await rows<JobRow>(
        `SELECT * FROM jobs WHERE key_id = $1 AND no < $2 ${ofStatus} ORDER BY no DESC LIMIT $3`,
        [keyId, before, limit + 1, ...(status === undefined ? [] : [status])],
      );
      const shown = found.slice(0, limit);
      const last = found.length > limit ? shown.at(-1) : undefined;
      return { jobs: shown.map(jobOf), cursor: last && formatCursor(last.no) };
    },
    async isUploadNeeded(uploadName) {
      const [job] = await rows<{ needed: boolean }>(
        'SELECT ended_at IS NULL AS needed FROM jobs WHERE upload_name = $1',
        [uploadName],
      );
      return job?.needed === true;
    },
    async cancelJob(keyId, jobId, at) {
      return write(async (transaction) => {
        await transaction.rows('SELECT pg_advisory_xact_lock($1)', [LOCKS.queue]);
        const before = await lockBalance(transaction, keyId).catch(() => {
          throw jobNotFound();
        });
        const [job] = await transaction.rows<JobRow>('SELECT * FROM jobs WHERE id = $1 AND key_id = $2 FOR UPDATE', [
          jobId,
          keyId,
        ]);
        if (job === undefined) throw jobNotFound();
        if (job.ended_at === null) {
          const open = await transaction.rows<{ page_index: number; reserved: number }>(
            "SELECT page_index, reserved FROM pages WHERE job_no = $1 AND status <> 'finished' ORDER BY page_index",
            [job.no],
          );
          const { metered, no: jobNo } = job;
          const releases = open.map(
            ({ page_index: pageIndex, reserved: credits }) =>
              ({ kind: 'release', credits, metered, jobNo, pageIndex, at }) as const,
          );
          await postEntries(transaction, keyId, before, releases);
          await transaction.rows('UPDATE key_turns SET pending_pages = pending_pages - $2 WHERE key_id = $1', [
            keyId,
            job.pending_pages,
          ]);
          await transaction.rows(
            `UPDATE jobs SET status = 'cancelled', ended_at = greatest($2, created_at), pending_pages = 0,
               password = NULL WHERE no = $1`,
            [job.no, at],
          );
        }
        await eraseResults(transaction, [job.no]);
        const [cancelled] = await transaction.rows<JobRow>('SELECT * FROM jobs WHERE no = $1', [job.no]);
        return jobOf(cancelled as JobRow);
      });
    },
    async purgeResults(endedBefore, limit) {
      return write(async (transaction) => {
        const [{ alone }] = (await transaction.rows<{ alone: boolean }>(
          'SELECT pg_try_advisory_xact_lock($1) AS alone',
          [LOCKS.housekeeping],
        )) as [{ alone: boolean }];
        if (!alone) return 0;
        const expired = await transaction.rows<{ no: number }>(
          `SELECT no FROM jobs WHERE NOT results_erased AND ended_at IS NOT NULL AND ended_at < $1
           ORDER BY ended_at LIMIT $2 FOR UPDATE`,
          [endedBefore, limit],
        );
        const jobNos = expired.map(({ no }) => no);
        await eraseResults(transaction, jobNos);
        await transaction.rows('UPDATE jobs SET idempotency_key = NULL WHERE no = ANY ($1)', [jobNos]);
        return jobNos.length;
      });
    },
  };
}

async function replayOf(
  transaction: Transaction,
  { keyId, idempotencyKey, requestHash }: NewJob,
): Promise<JobRow | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const [earlier] = await transaction.rows<JobRow>('SELECT * FROM jobs WHERE key_id = $1 AND idempotency_key = $2', [
    keyId,
    idempotencyKey,
  ]);
  if (earlier !== undefined && earlier.request_hash !== requestHash) throw idempotencyMismatch();
  return earlier;
}

async function insertJob(transaction: Transaction, job: NewJob, metered: boolean, reserved: number): Promise<JobRow> {
  const { password = null, ...options } = job.options;
  const [row] = (await transaction.rows<JobRow>(
    `INSERT INTO jobs (id, key_id, status, options, password, metered, upload_name, request_hash, idempotency_key,
       created_at, page_count, credits_reserved, pending_pages, turn, pdf)
     VALUES ($1, $2, 'pending', $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, nextval('turns'), $12) RETURNING *`,
    [
      job.id,
      job.keyId,
      JSON.stringify(options),
      password,
      metered,
      job.uploadName,
      job.requestHash,
      job.idempotencyKey ?? null,
      job.createdAt,
      job.pages.length,
      reserved,
      job.options.searchable_pdf ? 'wanted' : null,
    ],
  )) as [JobRow];
  await transaction.rows(
    'INSERT INTO pages (job_no, page_index, reserved, routing) SELECT $1, * FROM unnest($2::int[], $3::bigint[], $4::text[])',
    [
      row.no,
      job.pages.map(({ pageIndex }) => pageIndex),
      job.pages.map((page) => page.reserved),
      job.pages.map(({ routing }) => (routing === undefined ? null : JSON.stringify(routing))),
    ],
  );
  await transaction.rows(
    `INSERT INTO key_turns (key_id, pending_pages, turn) VALUES ($1, $2, $3)
     ON CONFLICT (key_id) DO UPDATE SET pending_pages = key_turns.pending_pages + excluded.pending_pages,
       turn = CASE key_turns.pending_pages WHEN 0 THEN excluded.turn ELSE key_turns.turn END`,
    [job.keyId, job.pages.length, row.turn],
  );
  return row;
}

async function eraseResults(transaction: Transaction, jobNos: readonly number[]): Promise<void> {
  await transaction.rows('DELETE FROM results WHERE job_no = ANY ($1)', [jobNos]);
  // A write about a page that is still being read finds no row, as any other stale one.
  await transaction.rows('DELETE FROM pages WHERE job_no = ANY ($1)', [jobNos]);
  await transaction.rows('UPDATE jobs SET results_erased = true WHERE no = ANY ($1)', [jobNos]);
}
