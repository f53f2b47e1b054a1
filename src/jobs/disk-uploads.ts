/** Uploads on the disk: `<data directory>/uploads/<uuid>`, one file each, synced with the folder. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { OcrError } from '../errors.js';
import { createDirectory } from './directories.js';
import { createMeter, type Uploads } from './uploads.js';

/** Its `sweep` REQUIRES: no upload is being received. @throws OcrError storage.failed */
export async function openDiskUploads(dataDir: string, maxBytes: number): Promise<Uploads> {
  const directory = resolve(dataDir, 'uploads');
  const path = (name: string) => join(directory, name);
  try {
    createDirectory(directory);
  } catch (error) {
    throwStorageFailure(error);
  }

  const erase = async (name: string) => {
    await rm(path(name), { force: true }).catch(throwStorageFailure);
  };

  return {
    lend: (name, work) => work(path(name)),
    erase,
    async receive(source) {
      const name = randomUUID();
      const meter = createMeter(maxBytes);
      const file = createWriteStream(path(name), { flags: 'wx', mode: 0o600, flush: true });
      const closed = new Promise<void>((resolve) => file.once('close', () => resolve()));
      try {
        await pipeline(source, meter.measured, file);
        await syncDirectory(directory);
      } catch (error) {
        // A file still being opened would appear after it was erased.
        await closed;
        await erase(name);
        throwStorageFailure(error);
      }
      return { name, ...meter.result() };
    },
    async sweep(isNeeded) {
      let swept = 0;
      for (const name of await readdir(directory).catch(throwStorageFailure)) {
        if (await isNeeded(name)) continue;
        await erase(name);
        swept += 1;
      }
      return swept;
    },
  };
}

/** Makes the entry of a new file durable. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** System calls on the uploads, in a sentence without their path; any other error comes back as it was. */
function throwStorageFailure(error: unknown): never {
  const { syscall, code, path } = error as NodeJS.ErrnoException;
  const ofFile = error instanceof Error && syscall !== undefined && (path !== undefined || FILE_CALLS.has(syscall));
  if (!ofFile) throw error;
  const sentence =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'The disk that holds the data directory is full.'
      : `The upload could not be stored or erased (${code}).`;
  throw new OcrError('storage.failed', sentence, { cause: error });
}

/** Calls on an open file, whose errors name no path. Those of sockets, from the source, are others (read, write ECONNRESET). */
const FILE_CALLS: ReadonlySet<string> = new Set(['write', 'writev', 'fsync', 'close']);
