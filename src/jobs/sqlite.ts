/** The embedded store: one SQLite database in the data directory. Put together here from its parts. */
import Database from 'better-sqlite3';
import { OcrError } from '../errors.js';
import { createDirectory } from './directories.js';
import { type Connection, connect, lockForServer } from './sqlite-connection.js';
import { creditBook } from './sqlite-credits.js';
import { jobMembers } from './sqlite-jobs.js';
import { keyMembers, rateMembers } from './sqlite-keys.js';
import { pdfMembers } from './sqlite-pdfs.js';
import { queueMembers, turnBook } from './sqlite-queue.js';
import { settleMembers } from './sqlite-settle.js';
import type { Store } from './store.js';

export interface SqliteStoreOptions {
  /** Holds the database and the uploads; created, for its owner alone, if need be. */
  readonly dataDir: string;
  /**
   * `server`: holds the data directory against a second server, and checkpoints. `admin`: the CLI, which may change
   * keys and credits while the server runs.
   */
  readonly role: 'server' | 'admin';
}

/** How often the write-ahead log is folded into the database and cut to nothing. */
const CHECKPOINT_INTERVAL_MS = 60_000;

/** @throws OcrError storage.failed, also where another server holds the data directory */
export function openSqliteStore({ dataDir, role }: SqliteStoreOptions): Store {
  createDataDir(dataDir);
  const unlock = role === 'server' ? lockForServer(dataDir) : undefined;
  try {
    const connection = connect(dataDir);
    const book = creditBook(connection);
    const turns = turnBook(connection);
    const timer = role === 'server' ? setInterval(checkpoint, CHECKPOINT_INTERVAL_MS, connection).unref() : undefined;

    return {
      ...keyMembers(connection, book),
      ...jobMembers(connection, book, turns),
      ...settleMembers(connection, book),
      ...queueMembers(connection, turns),
      ...pdfMembers(connection),
      ...rateMembers(connection),
      async close() {
        clearInterval(timer);
        connection.close();
        unlock?.();
      },
    };
  } catch (error) {
    unlock?.();
    throw error;
  }
}

function createDataDir(path: string): void {
  try {
    createDirectory(path);
  } catch (cause) {
    throw new OcrError('storage.failed', 'The data directory could not be created.', { cause });
  }
}

function checkpoint({ database }: Connection): void {
  try {
    database.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    // The log keeps what could not be folded in (a full disk, a reader), until the next interval.
    if (!(error instanceof Database.SqliteError)) throw error;
  }
}
