/**
 * Uploads on the disk: `<data directory>/uploads/<uuid>`, one file each.
 *
 * An upload belongs to a job from the moment the store has accepted it, and to nobody before: what a crash leaves
 * behind is a file that no open job has, and is swept at the next start.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { OcrError } from '../errors.js';
import { createDirectory } from './directories.js';

export interface StoredUpload {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

export interface Uploads {
  /**
   * Stores what `source` gives; it is on the disk (fsync of file and folder) when this resolves. Nothing is left
   * when the source fails or the limit is passed.
   * @throws OcrError file.too-large, storage.failed; the source's own error
   */
  receive(source: Readable): Promise<StoredUpload>;
  /** Absolute path of an upload. */
  path(name: string): string;
  /** Of an upload that is gone already: nothing. @throws OcrError storage.failed */
  erase(name: string): Promise<void>;
  /** Erases the uploads that nobody needs. Returns how many. REQUIRES: none is being received. */
  sweep(isNeeded: (name: string) => Promise<boolean>): Promise<number>;
}

/** @throws OcrError storage.failed */
export async function openUploads(dataDir: string, maxBytes: number): Promise<Uploads> {
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
    path,
    erase,
    async receive(source) {
      const name = randomUUID();
      const hash = createHash('sha256');
      const file = createWriteStream(path(name), { flags: 'wx', mode: 0o600, flush: true });
      const closed = new Promise<void>((resolve) => file.once('close', () => resolve()));
      let bytes = 0;
      async function* measured(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          if (bytes > maxBytes) {
            throw new OcrError('file.too-large', `The file must have at most ${maxBytes} bytes, but it has more.`);
          }
          hash.update(chunk);
          yield chunk;
        }
      }
      try {
        await pipeline(source, measured, file);
        await syncDirectory(directory);
      } catch (error) {
        // A file still being opened would appear after it was erased.
        await closed;
        await erase(name);
        throwStorageFailure(error);
      }
      return { name, path: path(name), bytes, sha256: hash.digest('hex') };
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
