/**
 * Documents of jobs that have not ended, wherever they are kept: on the disk of one machine (`disk-uploads.ts`) or in
 * the database of several (`postgres-uploads.ts`).
 *
 * An upload belongs to a job from the moment the store has accepted it, and to nobody before: what a crash leaves
 * behind is an upload that no open job has, and is swept.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { OcrError } from '../errors.js';

export interface StoredUpload {
  readonly name: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

export interface Uploads {
  /**
   * Stores what `source` gives; it is durable when this resolves. Nothing is left when the source fails or the limit
   * is passed.
   * @throws OcrError file.too-large, storage.failed; the source's own error
   */
  receive(source: Readable): Promise<StoredUpload>;
  /**
   * Runs `work` with the absolute path of a file of this machine that holds the upload and is there until `work` is
   * done. Of an upload that is gone: with a path to nothing, or not at all.
   * @throws OcrError storage.failed, internal where it is gone; what `work` throws
   */
  lend<T>(name: string, work: (path: string) => Promise<T>): Promise<T>;
  /** Of an upload that is gone already: nothing. @throws OcrError storage.failed */
  erase(name: string): Promise<void>;
  /** Erases the uploads that nobody needs and nobody may be about to. Returns how many. */
  sweep(isNeeded: (name: string) => Promise<boolean>): Promise<number>;
}

/** Counts and hashes an upload on its way. */
export interface Meter {
  measured(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer>;
  /** Of all that went through. */
  result(): Pick<StoredUpload, 'bytes' | 'sha256'>;
}

/** `measured` throws OcrError file.too-large. */
export function createMeter(maxBytes: number): Meter {
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    async *measured(chunks) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > maxBytes) {
          throw new OcrError('file.too-large', `The file must have at most ${maxBytes} bytes, but it has more.`);
        }
        hash.update(chunk);
        yield chunk;
      }
    },
    result: () => ({ bytes, sha256: hash.digest('hex') }),
  };
}
