/**
 * The processes that share a PostgreSQL store.
 *
 * Each says every few seconds that it is there, by the database's clock, so that the machines' clocks need not agree.
 * Whoever does so also hands out anew what processes that are gone held: it is one statement that finds nothing most
 * of the time, so that no process has to be chosen for it.
 */
import type { NodeDescription, NodeRecord } from './nodes.js';
import type { PostgresStore } from './postgres.js';
import type { Connection } from './postgres-connection.js';
import { excuseNode } from './postgres-losses.js';

export interface Membership {
  /** Says that it was told to stop: how it ends says nothing about the pages that it reads. @throws OcrError storage.failed */
  retire(): Promise<void>;
  /** What it still holds is handed out anew. REQUIRES: it claims nothing any more. @throws OcrError storage.failed */
  leave(): Promise<void>;
}

const HEARTBEAT_MS = 5_000;
/**
 * A node unseen for as long is gone: six heartbeats, which a busy machine may delay. With the next heartbeat of any
 * other node its pages are claimable.
 */
export const LEASE_MS = 30_000;
export interface MembershipEvents {
  /** Pages of a node that is gone are claimable. */
  readonly onRecovered: () => void;
  /** The database refused; the next heartbeat tries again. */
  readonly onError: (error: unknown) => void;
}

/** `secondsPerPage`: what it has measured by now. The node is seen when this resolves. @throws OcrError storage.failed */
export async function joinNodes(
  store: Pick<PostgresStore, 'connection' | 'recoverPages'>,
  node: NodeDescription,
  secondsPerPage: () => number,
  { onRecovered, onError }: MembershipEvents,
  heartbeatMs = HEARTBEAT_MS,
): Promise<Membership> {
  const { connection } = store;
  await beSeen(connection, node, secondsPerPage());
  let seenAt = performance.now();
  let closed = false;
  let beating = Promise.resolve();

  const beat = async () => {
    await beSeen(connection, node, secondsPerPage());
    // The database may have been away for everybody: they get the time of a heartbeat to be seen again.
    const isLate = performance.now() - seenAt > 2 * heartbeatMs;
    seenAt = performance.now();
    if (!isLate && (await store.recoverPages()) > 0) onRecovered();
  };
  const timer = setInterval(() => {
    beating = beating.then(() => (closed ? undefined : beat())).catch(onError);
  }, heartbeatMs);
  return {
    async retire() {
      await connection.writeUnsynced((transaction) =>
        transaction.rows('UPDATE nodes SET stopping = true WHERE id = $1', [node.id]),
      );
    },
    async leave() {
      closed = true;
      clearInterval(timer);
      await beating;
      await connection.writeUnsynced((transaction) => transaction.rows('DELETE FROM nodes WHERE id = $1', [node.id]));
      await store.recoverPages();
    },
  };
}

async function beSeen(connection: Connection, node: NodeDescription, secondsPerPage: number): Promise<void> {
  const { id, host, role, version, threads, devices } = node;
  await connection.writeUnsynced(async (transaction) => {
    const seen = await transaction.rows(
      'UPDATE nodes SET seen_at = now(), seconds_per_page = $2 WHERE id = $1 RETURNING id',
      [id, secondsPerPage],
    );
    if (seen.length > 0) return;
    // It is new, or was given up while it was cut off.
    await excuseNode(transaction, id);
    await transaction.rows(
      `INSERT INTO nodes (id, host, role, version, threads, devices, seconds_per_page)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [id, host, role, version, threads, devices, secondsPerPage],
    );
  });
}

/** The longest there first. @throws OcrError storage.failed */
export async function listNodes({ rows }: Connection): Promise<readonly NodeRecord[]> {
  const nodes = await rows<Omit<NodeRecord, 'secondsPerPage'> & { readonly secondsPerPage: number | null }>(
    `SELECT id, host, role, version, threads, devices, seconds_per_page AS "secondsPerPage",
       (extract(epoch FROM now() - started_at) * 1000)::bigint AS "ageMs",
       (extract(epoch FROM now() - seen_at) * 1000)::bigint AS "unseenMs",
       coalesce(held.pages, 0) AS "pagesHeld"
     FROM nodes LEFT JOIN
       (SELECT node, count(*) AS pages FROM pages WHERE status = 'processing' GROUP BY node) AS held ON node = id
     ORDER BY started_at, id`,
  );
  return nodes.map((node) => ({ ...node, secondsPerPage: node.secondsPerPage ?? undefined }));
}
