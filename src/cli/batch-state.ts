/**
 * What is known of the files that were read into a folder: `<folder>/.omega/state.db`, a row a file, so that a run that
 * ended, however it ended, goes on where it was. One process has it open at a time. Beside it lie the results that are
 * being written (`partial/`): nothing of use is in there when the state is opened.
 *
 * A row says that a file's results are there, and is written after they are. A power loss may take rows, never results
 * that a row speaks of: their bytes are synced before they get their names, and whoever goes by a row looks for them.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { OcrError } from '../errors.js';

export const STATE_FOLDER = '.omega';

const SCHEMA_VERSION = 1;

export const OUTCOMES = ['done', 'incomplete', 'failed'] as const;
/** `incomplete`: results were written, but some of its pages could not be read. */
export type FileOutcome = (typeof OUTCOMES)[number];

export interface FileRecord {
  readonly outputName: string;
  /** Of the content, in hexadecimal. */
  readonly sha256: string;
  /** Size and times of the file when it had that content; while they are the same it is not hashed again. */
  readonly stamp: string;
  /** Of the options it was read by, in hexadecimal. */
  readonly options: string;
  readonly outcome: FileOutcome;
  /** Further columns of the report, as JSON. */
  readonly report: string;
}

export interface BatchState {
  /** An empty folder on the disk of the results. */
  readonly partialFolder: string;
  find(outputName: string): FileRecord | undefined;
  save(record: FileRecord): void;
  close(): void;
}

/** @throws OcrError storage.failed where another process has it open, or a later release made it */
export function openBatchState(folder: string): BatchState {
  const stateFolder = join(folder, STATE_FOLDER);
  const partialFolder = join(stateFolder, 'partial');
  mkdirSync(stateFolder, { recursive: true });
  const database = openDatabase(join(stateFolder, 'state.db'));
  // Only after the lock was taken: another process's results may be in the making there.
  rmSync(partialFolder, { recursive: true, force: true });
  mkdirSync(partialFolder);
  const select = database.prepare<[string], FileRecord>('SELECT * FROM files WHERE outputName = ?');
  const upsert = database.prepare<[FileRecord]>(
    'INSERT OR REPLACE INTO files VALUES (@outputName, @sha256, @stamp, @options, @outcome, @report)',
  );
  return {
    partialFolder,
    find: (outputName) => select.get(outputName),
    save(record) {
      try {
        upsert.run(record);
      } catch (cause) {
        throw stateFailure(cause);
      }
    },
    close() {
      database.close();
      rmSync(partialFolder, { recursive: true, force: true });
    },
  };
}

function openDatabase(file: string): Database.Database {
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { timeout: 0 });
    // Held as long as it is open: a second run is refused, and no shared memory is needed, which network file systems lack.
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    const version = database.pragma('user_version', { simple: true }) as number;
    if (version > SCHEMA_VERSION) {
      throw new OcrError('storage.failed', `The output folder's ${STATE_FOLDER}/state.db is of a later release.`);
    }
    database.exec(`
      BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS files (
        outputName TEXT PRIMARY KEY, sha256 TEXT NOT NULL, stamp TEXT NOT NULL, options TEXT NOT NULL,
        outcome TEXT NOT NULL, report TEXT NOT NULL
      ) WITHOUT ROWID, STRICT;
      PRAGMA user_version = ${SCHEMA_VERSION};
      COMMIT;
    `);
    return database;
  } catch (error) {
    database?.close();
    throw stateFailure(error);
  }
}

function stateFailure(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const sentence = error.code.startsWith('SQLITE_BUSY')
    ? 'Another omega is writing to the output folder; wait until it has ended, or give another one.'
    : error.code === 'SQLITE_FULL'
      ? 'The disk that holds the output folder is full.'
      : `The output folder's ${STATE_FOLDER}/state.db could not be read or written (${error.code}).`;
  return new OcrError('storage.failed', sentence, { cause: error });
}
