/** Where jobs are kept: in the data directory, or in a PostgreSQL database that several nodes share. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config.js';
import { createDirectory } from '../jobs/directories.js';
import { openDiskPdfFiles } from '../jobs/disk-pdf-files.js';
import { openDiskUploads } from '../jobs/disk-uploads.js';
import { openLocalCopies } from '../jobs/local-copies.js';
import { eraseNodeMark, readNodeMark, writeNodeMark } from '../jobs/node-mark.js';
import type { NodeDescription, Nodes } from '../jobs/nodes.js';
import type { PdfFiles } from '../jobs/pdf-files.js';
import { openPostgresStore, type PostgresStore } from '../jobs/postgres.js';
import { buryNode } from '../jobs/postgres-losses.js';
import { joinNodes, LEASE_MS, listNodes, type Membership, type MembershipEvents } from '../jobs/postgres-nodes.js';
import { openPostgresPdfFiles } from '../jobs/postgres-pdf-files.js';
import { openSignals } from '../jobs/postgres-signals.js';
import { openPostgresUploads } from '../jobs/postgres-uploads.js';
import { NO_SIGNALS, type Signals } from '../jobs/signals.js';
import { openSqliteStore } from '../jobs/sqlite.js';
import { lockForServer } from '../jobs/sqlite-connection.js';
import type { Store } from '../jobs/store.js';
import type { Uploads } from '../jobs/uploads.js';
import { VERSION } from './version.js';

/** Of a node that joins. */
export interface Abilities extends Pick<NodeDescription, 'threads' | 'devices'> {
  /** What it has measured by now. */
  readonly secondsPerPage: () => number;
}

export interface Storage {
  readonly store: Store;
  readonly uploads: Uploads;
  readonly pdfs: PdfFiles;
  readonly signals: Signals;
  /** Takes part among the nodes that share the storage, if any do. @throws OcrError storage.failed */
  join(abilities: Abilities, events: MembershipEvents): Promise<Membership>;
  readonly nodes: Nodes;
  /** Erases what nodes that died have left, while others are at work. On one machine the next start does. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

/** Connections to PostgreSQL of a node, beside the one that listens: what clients ask for is short. */
const NODE_CONNECTIONS = 10;
/** Of a command. */
const COMMAND_CONNECTIONS = 1;

/** How long a node keeps the copy of a document of which it reads no page: the turns of others may come between. */
const COPY_IDLE_MS = 60_000;
/** Of copies of which no page is being read. */
const MAX_IDLE_COPY_BYTES = 1024 ** 3;

/** Of a process that serves or reads. @throws OcrError storage.failed */
export function openStorage(config: Config, role: NodeDescription['role']): Promise<Storage> {
  const { databaseUrl } = config;
  return databaseUrl === undefined ? openOnDisk(config, role) : openShared(config, databaseUrl, role);
}

async function openOnDisk({ dataDir, maxUploadBytes }: Config, role: NodeDescription['role']): Promise<Storage> {
  const self = { id: randomUUID(), host: hostname(), role, version: VERSION };
  let joined: { readonly at: number; readonly abilities: Abilities } | undefined;
  const store = openSqliteStore({ dataDir, role: 'server' });
  return {
    store,
    uploads: await openDiskUploads(dataDir, maxUploadBytes),
    pdfs: openDiskPdfFiles(dataDir),
    signals: NO_SIGNALS,
    async join(abilities) {
      joined = { at: performance.now(), abilities };
      return { retire: async () => {}, leave: async () => {} };
    },
    nodes: {
      shared: false,
      async list() {
        if (joined === undefined) return [];
        const { threads, devices, secondsPerPage } = joined.abilities;
        const { processingPages: pagesHeld } = await store.queue();
        const seen = { ageMs: Math.round(performance.now() - joined.at), unseenMs: 0 };
        return [{ ...self, threads, devices, ...seen, pagesHeld, secondsPerPage: secondsPerPage() }];
      },
    },
    sweep: async () => {},
    close: () => store.close(),
  };
}

/** On the disk are only copies, and what PDFs are being made of. */
async function openShared(
  { dataDir, maxUploadBytes }: Config,
  url: string,
  role: NodeDescription['role'],
): Promise<Storage> {
  createDirectory(dataDir);
  const unlock = lockForServer(dataDir);
  const id = randomUUID();
  /** Closes what is open so far, the last first. */
  const closers: (() => unknown)[] = [unlock];
  const close = async () => {
    for (const closer of closers) await closer();
  };
  try {
    const store = await openPostgresStore({ url, connections: NODE_CONNECTIONS, node: id, leaseMs: LEASE_MS });
    closers.unshift(() => store.close());
    const directory = join(dataDir, 'copies');
    const copies = openLocalCopies({ directory, idleMs: COPY_IDLE_MS, maxIdleBytes: MAX_IDLE_COPY_BYTES });
    closers.unshift(() => copies.close());
    const signals = await openSignals(url, store.connection, id);
    closers.unshift(() => signals.close());
    const uploads = openPostgresUploads(store.connection, copies, maxUploadBytes);
    return {
      store,
      signals,
      uploads,
      async sweep() {
        await uploads.sweep((name) => store.isUploadNeeded(name));
      },
      pdfs: openPostgresPdfFiles(store.connection, directory),
      nodes: { shared: true, list: () => listNodes(store.connection) },
      async join({ threads, devices, secondsPerPage }, events) {
        const host = hostname();
        // Who holds the lock of the directory is alone in it: the node before is gone, and did not leave.
        const before = readNodeMark(dataDir);
        if (before?.host === host) await buryNode(store.connection, before);
        writeNodeMark(dataDir, { id, host });
        const self = { id, host, role, version: VERSION, threads, devices };
        const membership = await joinNodes(store, self, secondsPerPage, events);
        return {
          ...membership,
          async leave() {
            await membership.leave();
            eraseNodeMark(dataDir);
          },
        };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface StorePlace {
  readonly databaseUrl?: string | undefined;
  readonly dataDir: string;
}

/** Of a command that administers, whether or not servers run. @throws OcrError storage.failed */
export function openStore({ databaseUrl, dataDir }: StorePlace): Promise<Store> {
  return databaseUrl === undefined
    ? Promise.resolve(openSqliteStore({ dataDir, role: 'admin' }))
    : openSharedStore(databaseUrl);
}

/** @throws OcrError storage.failed */
export function openSharedStore(url: string): Promise<PostgresStore> {
  return openPostgresStore({ url, connections: COMMAND_CONNECTIONS, node: randomUUID(), leaseMs: LEASE_MS });
}
