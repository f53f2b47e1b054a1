/**
 * The PostgreSQL store's queue: pages that are handed out to nodes, given back, and taken back from nodes that are gone.
 *
 * Turns are taken as in `sqlite-queue.ts`, by the database function `claim_pages`: one round trip a claim, whatever the
 * length of the queue. A page is held by a node, not leased by itself: it is the node that must be seen in time.
 */
import type { OcrOptions } from '../schema/options.js';
import { type Connection, LOCKS } from './postgres-connection.js';
import type { Transaction } from './postgres-transaction.js';
import type { PageClaim, Store } from './store.js';

interface ClaimRow {
  readonly job_id: string;
  readonly key_id: string;
  readonly page_index: number;
  readonly attempt: number;
  readonly upload_name: string;
  readonly options: string;
  readonly password: string | null;
}

interface ReturnedRow {
  readonly job_no: number;
  readonly key_id: string;
}

/** Claims as columns, for `unnest`. */
const columnsOf = (claims: readonly PageClaim[]) => [
  claims.map(({ jobId }) => jobId),
  claims.map(({ pageIndex }) => pageIndex),
  claims.map(({ attempt }) => attempt),
];
/** Whether a page is one of the claims `$1` to `$3`. */
const IS_AMONG = `EXISTS (SELECT FROM unnest($1::text[], $2::int[], $3::int[]) AS claim (job_id, page, try)
  WHERE claim.job_id = jobs.id AND page = page_index AND try = attempt)`;

/** `leaseMs`: a node that was not seen for as long, by the database's clock, is gone. */
export function queueMembers(
  { rows, writeUnsynced }: Connection,
  node: string,
  leaseMs: number,
): Pick<Store, 'claimPages' | 'releasePages' | 'releaseLost' | 'recoverPages' | 'queue'> {
  return {
    async claimPages(limit) {
      const claimed = await writeUnsynced((transaction) =>
        transaction.rows<ClaimRow>('SELECT * FROM claim_pages($1, $2)', [limit, node]),
      );
      return claimed.map((row) => {
        const options = JSON.parse(row.options) as OcrOptions;
        return {
          jobId: row.job_id,
          keyId: row.key_id,
          pageIndex: row.page_index,
          attempt: row.attempt,
          uploadName: row.upload_name,
          options: row.password === null ? options : { ...options, password: row.password },
        };
      });
    },
    async releasePages(claims) {
      await writeUnsynced(async (transaction) => {
        await lockQueue(transaction);
        await giveBack(transaction, IS_AMONG, columnsOf(claims));
      });
    },
    async releaseLost(known) {
      return writeUnsynced(async (transaction) => {
        // A claim that is still being committed has this lock: what comes after it sees what it took.
        await lockQueue(transaction);
        return giveBack(transaction, `node = $4 AND NOT ${IS_AMONG}`, [...columnsOf(known), node]);
      });
    },
    async recoverPages() {
      return writeUnsynced(async (transaction) => {
        await lockQueue(transaction);
        await transaction.rows("DELETE FROM nodes WHERE seen_at < now() - $1 * interval '1 millisecond'", [leaseMs]);
        return giveBack(transaction, 'NOT EXISTS (SELECT FROM nodes WHERE nodes.id = node)');
      });
    },
    async queue() {
      const [row] = (await rows<{ pending: number; processing: number; oldest: number | null }>(
        `SELECT
           (SELECT coalesce(sum(pending_pages), 0)::bigint FROM key_turns WHERE pending_pages > 0) AS pending,
           (SELECT count(*) FROM pages WHERE status = 'processing') AS processing,
           (SELECT created_at FROM jobs WHERE pending_pages > 0 ORDER BY created_at LIMIT 1) AS oldest`,
      )) as [{ pending: number; processing: number; oldest: number | null }];
      return {
        pendingPages: row.pending,
        processingPages: row.processing,
        oldestPendingAt: row.oldest ?? undefined,
      };
    },
  };
}

async function lockQueue(transaction: Transaction): Promise<void> {
  await transaction.rows('SELECT pg_advisory_xact_lock($1)', [LOCKS.queue]);
}

/** Pages that are held and for which `condition` is true are claimable again. REQUIRES: the queue is locked. */
async function giveBack(transaction: Transaction, condition: string, values: readonly unknown[] = []): Promise<number> {
  const isHeld = `pages.status = 'processing' AND ${condition}`;
  // Jobs before pages, as whoever settles a page locks them.
  await transaction.rows(
    `SELECT no FROM jobs WHERE no IN (SELECT no FROM jobs JOIN pages ON job_no = no WHERE ${isHeld})
     ORDER BY no FOR NO KEY UPDATE`,
    values,
  );
  const returned = await transaction.rows<ReturnedRow>(
    `UPDATE pages SET status = 'pending', node = NULL FROM jobs WHERE no = job_no AND ${isHeld}
     RETURNING job_no, key_id`,
    values,
  );
  await rejoin(transaction, returned);
  return returned.length;
}

/** The counts of what waits, after pages came back. */
async function rejoin(transaction: Transaction, returned: readonly ReturnedRow[]): Promise<void> {
  if (returned.length === 0) return;
  // In the order in which a claim locks: turns of keys, then jobs.
  await transaction.rows(
    `UPDATE key_turns SET pending_pages = pending_pages + more.pages
     FROM (SELECT key_id, count(*) AS pages FROM unnest($1::text[]) AS returned (key_id) GROUP BY key_id) AS more
     WHERE key_turns.key_id = more.key_id`,
    [returned.map(({ key_id: keyId }) => keyId)],
  );
  await transaction.rows(
    `UPDATE jobs SET pending_pages = pending_pages + more.pages
     FROM (SELECT no, count(*) AS pages FROM unnest($1::bigint[]) AS returned (no) GROUP BY no) AS more
     WHERE jobs.no = more.no`,
    [returned.map(({ job_no: jobNo }) => jobNo)],
  );
}
