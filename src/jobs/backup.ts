/**
 * A copy of a data directory that a server may be at work on: the database as it was at one moment, and the files of
 * the jobs of that moment.
 *
 * A job's upload goes when the job ends, so that neither files before the database nor files after it would do: what
 * is there is linked first, then the little that came meanwhile while the database is held still for some
 * milliseconds. Uploads and finished PDFs are never written again, so that a link keeps what it is to keep.
 */
import { existsSync, linkSync, mkdirSync, readdirSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { OcrError } from '../errors.js';
import { createDirectory } from './directories.js';
import { lockFile, reportFailures } from './sqlite-connection.js';
import { MIGRATIONS } from './sqlite-schema.js';

/** How long the server's transaction under way is waited for; those take milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/** Which files of a data directory's folders the jobs of a database need. */
const NEEDED = {
  uploads: 'SELECT upload_name FROM jobs WHERE ended_at IS NULL',
  pdfs: "SELECT upload_name || '.pdf' FROM jobs WHERE pdf = 'made' AND results_erased = 0",
} as const;
const FOLDERS = Object.keys(NEEDED) as (keyof typeof NEEDED)[];

export interface BackupFigures {
  /** Jobs that had not ended; their uploads are in the copy. */
  readonly openJobs: number;
  /** Searchable PDFs. */
  readonly pdfs: number;
}

/**
 * Copies the data directory into the folder `to`, which is created. What was accepted before the call is in it.
 * @throws OcrError storage.failed, also where another backup is under way; the error of a failing disk
 */
export async function backUp(dataDir: string, to: string): Promise<BackupFigures> {
  const unlock = lockFile(join(dataDir, 'backup.lock'), 'Another backup of this data directory is under way.');
  const links = join(dataDir, 'backup.links');
  try {
    // Those of a backup that was killed.
    await rm(links, { recursive: true, force: true });
    const snapshot = openSnapshot(dataDir, links);
    try {
      createDirectory(to);
      await snapshot.backup(join(to, 'omega.db'));
      return await copyFiles(snapshot, links, to);
    } finally {
      snapshot.close();
    }
  } finally {
    await rm(links, { recursive: true, force: true });
    unlock();
  }
}

/** A connection that sees the database of one moment, whose files are in `links`. */
function openSnapshot(dataDir: string, links: string): Database.Database {
  const file = join(dataDir, 'omega.db');
  const options = { fileMustExist: true, timeout: BUSY_TIMEOUT_MS };
  const writer = reportFailures(() => new Database(file, options));
  try {
    refuseOtherVersions(writer);
    const reader = reportFailures(() => new Database(file, { ...options, readonly: true }));
    try {
      linkMissing(dataDir, links);
      const holdStill = writer.transaction(() => {
        linkMissing(dataDir, links);
        // The first read after BEGIN is what chooses the moment.
        reader.exec('BEGIN; SELECT 1 FROM jobs LIMIT 1');
      });
      reportFailures(() => holdStill.immediate());
      return reader;
    } catch (error) {
      reader.close();
      throw error;
    }
  } finally {
    writer.close();
  }
}

function refuseOtherVersions(database: Database.Database): void {
  const version = reportFailures(() => database.pragma('user_version', { simple: true }));
  if (version === MIGRATIONS.length) return;
  throw new OcrError(
    'storage.failed',
    `The database has version ${version}, but this release backs up version ${MIGRATIONS.length}; use the release that the server runs.`,
  );
}

/** Links what is in the folders and not yet in `links`. What goes meanwhile was nobody's, or its job's that ended. */
function linkMissing(dataDir: string, links: string): void {
  for (const folder of FOLDERS) {
    const linked = join(links, folder);
    mkdirSync(linked, { recursive: true, mode: 0o700 });
    const present = new Set(readdirSync(linked));
    // The server makes the folders at its first start.
    const names = existsSync(join(dataDir, folder)) ? readdirSync(join(dataDir, folder)) : [];
    for (const name of names) {
      if (present.has(name)) continue;
      try {
        linkSync(join(dataDir, folder, name), join(linked, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }
}

/** @throws OcrError storage.failed where a job's file is missing: then it was missing for the server too */
async function copyFiles(snapshot: Database.Database, links: string, to: string): Promise<BackupFigures> {
  const copied = { uploads: 0, pdfs: 0 };
  for (const folder of FOLDERS) {
    createDirectory(join(to, folder));
    for (const name of snapshot.prepare<[], string>(NEEDED[folder]).pluck().all()) {
      await copyFile(join(links, folder, name), join(to, folder, name)).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'ENOENT') throw cause;
        throw new OcrError('storage.failed', `The data directory lacks a file of a job, ${folder}/${name}.`, { cause });
      });
      copied[folder] += 1;
    }
  }
  return { openJobs: copied.uploads, pdfs: copied.pdfs };
}
