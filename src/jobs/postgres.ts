/** The store of several nodes: one PostgreSQL database. Put together here from its parts. */
import { type Connection, connect, type PostgresOptions } from './postgres-connection.js';
import { jobMembers } from './postgres-jobs.js';
import { keyMembers, rateMembers } from './postgres-keys.js';
import { pdfMembers } from './postgres-pdfs.js';
import { queueMembers } from './postgres-queue.js';
import { settleMembers } from './postgres-settle.js';
import type { Store } from './store.js';

export interface PostgresStoreOptions extends PostgresOptions {
  /** Of this process: pages are held by it until it is gone. */
  readonly node: string;
  /** How long a node may go unseen before what it holds is handed out again. */
  readonly leaseMs: number;
}

/** `connection` is the store's own, for others that keep things in the same database; it closes with the store. */
export interface PostgresStore extends Store {
  readonly connection: Connection;
}

/** @throws OcrError storage.failed */
export async function openPostgresStore({ node, leaseMs, ...options }: PostgresStoreOptions): Promise<PostgresStore> {
  const connection = await connect(options);
  return {
    connection,
    ...keyMembers(connection),
    ...jobMembers(connection),
    ...settleMembers(connection),
    ...queueMembers(connection, node, leaseMs),
    ...pdfMembers(connection, node),
    ...rateMembers(connection),
    close: () => connection.close(),
  };
}
