/**
 * The PostgreSQL store's queue: pages that are handed out to nodes, given back, and taken back from nodes that are gone.
 *
 * Turns are taken as in `sqlite-queue.ts`, by the database function `claim_pages`: one round trip a claim, whatever the
 * length of the queue. A page is held by a node, not leased by itself: it is the node that must be seen in time.
 */
import type { OcrOptions } from '../schema/options.js';
import type { Connection } from './postgres-connection.js';
import { giveBackUnread, giveUpUnseen, lockQueue } from './postgres-losses.js';
import type { PageClaim, Store } from './store.js';

interface ClaimRow {
  readonly job_id: string;
  readonly key_id: string;
  readonly page_index: number;
  readonly attempt: number;
  readonly upload_name: string;
  readonly options: string;
  readonly password: string | null;
  readonly deaths: number;
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
          deaths: row.deaths,
          uploadName: row.upload_name,
          options: row.password === null ? options : { ...options, password: row.password },
        };
      });
    },
    async releasePages(claims) {
      await writeUnsynced(async (transaction) => {
        await lockQueue(transaction);
        await giveBackUnread(transaction, IS_AMONG, columnsOf(claims));
      });
    },
    async releaseLost(known) {
      return writeUnsynced(async (transaction) => {
        // A claim that is still being committed has this lock: what comes after it sees what it took.
        await lockQueue(transaction);
        return giveBackUnread(transaction, `node = $4 AND NOT ${IS_AMONG}`, [...columnsOf(known), node]);
      });
    },
    recoverPages: () => writeUnsynced((transaction) => giveUpUnseen(transaction, leaseMs)),
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
