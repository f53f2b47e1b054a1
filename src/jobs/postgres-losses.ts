/**
 * What becomes of pages whose node is lost, and what is known of the node.
 *
 * A node that is unseen for its lease may have died, or be cut off: its pages are handed out anew, and blamed for
 * nothing. That it died is known once its successor starts on the same data directory of the same host, and finds that
 * it did not leave. Only then is its death counted against the pages that it read, unless it had been told to stop.
 * A page that was lost twice is read alone, so that the third time it is the page that is to blame, or the host where
 * it was on one alone; the runner then lets it fail. A node that is seen again after it was given up was cut off, and takes nothing with it.
 */
import type { NodeMark } from './node-mark.js';
import { type Connection, LOCKS } from './postgres-connection.js';
import type { Transaction } from './postgres-transaction.js';

interface ReturnedRow {
  readonly job_no: number;
  readonly key_id: string;
}

/** Whether one of the nodes `$1` holds the page. */
const IS_OF = 'node = ANY ($1)';
/** What is noted of pages that come back, where their node was lost or died: the second time makes a suspect. */
const LOST = `, lost_with = CASE WHEN ${IS_OF} THEN array_append(lost_with, node) ELSE lost_with END,
  suspect = suspect OR ${IS_OF} AND deaths + cardinality(lost_with) > 0`;
/** On the host `$2`. */
const DIED = `deaths = deaths + 1,
  died_on = CASE WHEN $2 = ANY (died_on) THEN died_on ELSE array_append(died_on, $2) END`;
const DIED_WITH = `, ${DIED}, suspect = suspect OR deaths + cardinality(lost_with) > 0`;
const UNREAD = '';

/** One transaction at a time hands pages out or takes them back. */
export async function lockQueue(transaction: Transaction): Promise<void> {
  await transaction.rows('SELECT pg_advisory_xact_lock($1)', [LOCKS.queue]);
}

/** Pages that nobody began to read come back. As `giveBack`. */
export function giveBackUnread(
  transaction: Transaction,
  condition: string,
  values: readonly unknown[],
): Promise<number> {
  return giveBack(transaction, UNREAD, condition, values);
}

/** Pages of nodes that are unseen for `leaseMs` by the database's clock, or not there, come back. Returns how many. */
export async function giveUpUnseen(transaction: Transaction, leaseMs: number): Promise<number> {
  await lockQueue(transaction);
  const gone = await transaction.rows<{ id: string; stopping: boolean }>(
    "DELETE FROM nodes WHERE seen_at < now() - $1 * interval '1 millisecond' RETURNING id, stopping",
    [leaseMs],
  );
  const lost = gone.filter(({ stopping }) => !stopping).map(({ id }) => id);
  return giveBack(transaction, LOST, `(${IS_OF} OR NOT EXISTS (SELECT FROM nodes WHERE nodes.id = node))`, [lost]);
}

/** REQUIRES: the process of this node is gone. Its pages come back at once. @throws OcrError storage.failed */
export async function buryNode({ writeUnsynced }: Connection, { id, host }: NodeMark): Promise<void> {
  await writeUnsynced(async (transaction) => {
    await lockQueue(transaction);
    const [known] = await transaction.rows<{ stopping: boolean }>(
      'DELETE FROM nodes WHERE id = $1 RETURNING stopping',
      [id],
    );
    const isDeath = known?.stopping === false;
    await giveBack(transaction, isDeath ? DIED_WITH : UNREAD, IS_OF, [[id]], isDeath ? [host] : []);
    await transaction.rows(
      `UPDATE pages SET ${DIED}, lost_with = array_remove(lost_with, $1)
       WHERE lost_with <> '{}' AND status <> 'finished' AND $1 = ANY (lost_with)`,
      [id, host],
    );
  });
}

/** The node was given up and is there: no page has to do with it. */
export async function excuseNode(transaction: Transaction, node: string): Promise<void> {
  await lockQueue(transaction);
  await transaction.rows(
    `UPDATE pages SET lost_with = array_remove(lost_with, $1)
     WHERE lost_with <> '{}' AND status <> 'finished' AND $1 = ANY (lost_with)`,
    [node],
  );
}

/**
 * Pages that are held and for which `condition` is true are claimable again; `note` is what is set beside, with values
 * that come after those of the condition. REQUIRES: the queue is locked. Returns how many.
 */
async function giveBack(
  transaction: Transaction,
  note: string,
  condition: string,
  values: readonly unknown[],
  noted: readonly unknown[] = [],
): Promise<number> {
  const isHeld = `pages.status = 'processing' AND ${condition}`;
  // Jobs before pages, as whoever settles a page locks them.
  await transaction.rows(
    `SELECT no FROM jobs WHERE no IN (SELECT no FROM jobs JOIN pages ON job_no = no WHERE ${isHeld})
     ORDER BY no FOR NO KEY UPDATE`,
    values,
  );
  const returned = await transaction.rows<ReturnedRow>(
    `UPDATE pages SET status = 'pending', node = NULL${note} FROM jobs WHERE no = job_no AND ${isHeld}
     RETURNING job_no, key_id`,
    [...values, ...noted],
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
