/** Where jobs are kept: in the data directory, or in a PostgreSQL database that several nodes share. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config } from '../config.js';
import { openUploads, type Uploads } from '../jobs/files.js';
import { openPdfFiles, type PdfFiles } from '../jobs/pdf-files.js';
import { openPostgresStore } from '../jobs/postgres.js';
import { joinNodes, LEASE_MS, type MembershipEvents, type NodeDescription } from '../jobs/postgres-nodes.js';
import { openSqliteStore } from '../jobs/sqlite.js';
import type { Store } from '../jobs/store.js';
import { VERSION } from './version.js';

export interface Storage {
  readonly store: Store;
  readonly uploads: Uploads;
  readonly pdfs: PdfFiles;
  /** Takes part among the nodes that share the storage, if any do; resolves with what takes it out again. */
  join(events: MembershipEvents): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Connections to PostgreSQL of a node: its pages end one by one, and what clients ask for is short. */
const NODE_CONNECTIONS = 10;
/** Of a command. */
const COMMAND_CONNECTIONS = 1;

/** Of a process that serves or reads. @throws OcrError storage.failed */
export async function openStorage(config: Config, role: NodeDescription['role']): Promise<Storage> {
  const { databaseUrl, dataDir, maxUploadBytes, threads } = config;
  const files = async () => ({ uploads: await openUploads(dataDir, maxUploadBytes), pdfs: openPdfFiles(dataDir) });
  if (databaseUrl === undefined) {
    const store = openSqliteStore({ dataDir, role: 'server' });
    return { store, ...(await files()), join: async () => async () => {}, close: () => store.close() };
  }
  const id = randomUUID();
  const store = await openPostgresStore({
    url: databaseUrl,
    connections: NODE_CONNECTIONS,
    node: id,
    leaseMs: LEASE_MS,
  });
  return {
    store,
    ...(await files()),
    async join(events) {
      const node = { id, host: hostname(), role, version: VERSION, threads };
      const { leave } = await joinNodes(store, node, events);
      return leave;
    },
    close: () => store.close(),
  };
}

interface StorePlace {
  readonly databaseUrl?: string | undefined;
  readonly dataDir: string;
}

/** Of a command that administers, whether or not servers run. @throws OcrError storage.failed */
export function openStore({ databaseUrl, dataDir }: StorePlace): Promise<Store> {
  return databaseUrl === undefined
    ? Promise.resolve(openSqliteStore({ dataDir, role: 'admin' }))
    : openPostgresStore({ url: databaseUrl, connections: COMMAND_CONNECTIONS, node: randomUUID(), leaseMs: LEASE_MS });
}
