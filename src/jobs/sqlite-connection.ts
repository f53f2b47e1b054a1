/**
 * An open SQLite database: its settings, its migrations, and how its failures are reported.
 *
 * Two processes may have the database open: the server and, for a moment, the CLI that administers keys. Both write in
 * short immediate transactions and wait for each other; only the server may hold `serve.lock`.
 *
 * SQLite syncs in the calling thread, which here is the one that answers HTTP: it commits without (synchronous NORMAL),
 * and the write-ahead log is synced in libuv's pool before a write resolves, one sync for all that came meanwhile. It
 * is the sync that synchronous FULL makes after a commit, and SQLite itself still syncs the log before it folds it in.
 */
import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { OcrError } from '../errors.js';
import { syncDirectory } from './directories.js';
import { MIGRATIONS } from './sqlite-schema.js';

/** How long a writer waits for the other process's transaction; those take milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;
/** What is left of the write-ahead log after a checkpoint that could not truncate it. */
const JOURNAL_SIZE_LIMIT_BYTES = 16 * 1024 * 1024;
/** Of the database, in the process. Open jobs and claims are little, and the system's own cache holds all of the file. */
const CACHE_KIB = 1_024;

export interface Connection {
  readonly database: Database.Database;
  /**
   * Runs `work` at once, in an immediate transaction: all of it happens, or nothing. Readers see it from then on; it is
   * on the disk when this resolves.
   */
  write<T>(work: () => T): Promise<T>;
  /** As `write`, but a power loss may undo it, which a crash of the process does not. */
  writeUnsynced<T>(work: () => T): T;
  /** Runs `work`, which only reads, on one snapshot. */
  read<T>(work: () => T): T;
  /** Resolves when everything that readers could see is on the disk. @throws OcrError storage.failed */
  sync(): Promise<void>;
  /** REQUIRES: no write or sync is under way. */
  close(): void;
}

/** Opens and migrates the database in `dataDir`. @throws OcrError storage.failed */
export function connect(dataDir: string): Connection {
  const file = join(dataDir, 'omega.db');
  const database = reportFailures(() => new Database(file, { timeout: BUSY_TIMEOUT_MS }));
  let log: number;
  try {
    log = reportFailures(() => {
      configure(database);
      migrate(database);
      syncDirectory(dataDir);
      return openLog(`${file}-wal`);
    });
  } catch (error) {
    database.close();
    throw error;
  }
  const transaction = database.transaction((work: () => unknown) => work());
  const sync = groupSync(log);
  const writeUnsynced = <T>(work: () => T) => reportFailures(() => transaction.immediate(work) as T);
  return {
    database,
    async write(work) {
      const result = writeUnsynced(work);
      await sync();
      return result;
    },
    writeUnsynced,
    read: <T>(work: () => T) => reportFailures(() => transaction.deferred(work) as T),
    sync,
    close() {
      database.close();
      closeSync(log);
    },
  };
}

/**
 * SQLite keeps the one file while a connection is open, and holds its locks on the others. What a process wrote before
 * it was killed may be in the file and not yet on the disk.
 */
function openLog(path: string): number {
  const log = openSync(path, 'r');
  fdatasyncSync(log);
  return log;
}

/**
 * Syncs `file` for everybody who asked before the sync began.
 *
 * After a sync that failed nobody knows what is on the disk, and a later one may succeed without having written it
 * (Linux drops the pages it could not write): no sync is good any more, until the file is opened again.
 */
export function groupSync(file: number, syncFile = promisify(fdatasync)): () => Promise<void> {
  let current = Promise.resolve();
  let next: Promise<void> | undefined;
  const begin = async () => {
    next = undefined;
    try {
      await syncFile(file);
    } catch (cause) {
      throw new OcrError('storage.failed', 'The database could not be synced to the disk; start the server again.', {
        cause,
      });
    }
  };
  return () => {
    next ??= current.then(begin);
    current = next;
    return next;
  };
}

function configure(database: Database.Database): void {
  const set = (name: string, value: string | number, reads: string | number = value) => {
    database.pragma(`${name} = ${value}`);
    const read = database.pragma(name, { simple: true });
    if (read !== reads) {
      throw new OcrError('storage.failed', `The database must run with ${name} ${reads}, but it answered ${read}.`);
    }
  };
  set('journal_mode', 'wal');
  set('synchronous', 'normal', 1);
  set('foreign_keys', 1);
  set('journal_size_limit', JOURNAL_SIZE_LIMIT_BYTES);
  set('cache_size', -CACHE_KIB);
  // Erased results and passwords are overwritten with zeros, not just unlinked from the tables.
  set('secure_delete', 1);
}

function migrate(database: Database.Database): void {
  const version = () => database.pragma('user_version', { simple: true }) as number;
  database
    .transaction(() => {
      for (let next = version(); next < MIGRATIONS.length; next += 1) {
        database.exec(MIGRATIONS[next] as string);
        database.pragma(`user_version = ${next + 1}`);
      }
    })
    .immediate();
  if (version() > MIGRATIONS.length) {
    throw new OcrError(
      'storage.failed',
      `The database has version ${version()}, but this release reads versions up to ${MIGRATIONS.length}; start a newer release.`,
    );
  }
}

/**
 * Takes the lock that keeps a second server off the same data directory, and returns what releases it.
 * @throws OcrError storage.failed
 */
export function lockForServer(dataDir: string): () => void {
  return lockFile(
    join(dataDir, 'serve.lock'),
    'Another server is already running on this data directory; stop it first.',
  );
}

/**
 * Takes a lock and returns what releases it. The lock is the kernel's, on an empty database of its own, so that it ends
 * with the process however that ends.
 * @throws OcrError storage.failed, with the sentence `taken` where another process has the lock
 */
export function lockFile(path: string, taken: string): () => void {
  const lock = reportFailures(() => new Database(path, { timeout: 0 }));
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new OcrError('storage.failed', taken);
    }
    throw storageFailure(error);
  }
  return () => lock.close();
}

/** Runs `work`, and reports failures of the disk and the database's file in a sentence. @throws OcrError storage.failed */
export function reportFailures<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storageFailure(error);
  }
}

/** Failures of the disk and the file, in a sentence; anything else is a fault of ours and comes back as it was. */
function storageFailure(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError) || error.code.startsWith('SQLITE_CONSTRAINT')) return error;
  const sentence =
    error.code === 'SQLITE_FULL'
      ? 'The disk that holds the data directory is full.'
      : `The database could not be read or written (${error.code}).`;
  return new OcrError('storage.failed', sentence, { cause: error });
}
