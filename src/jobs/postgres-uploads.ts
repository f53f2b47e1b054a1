/**
 * Uploads in a PostgreSQL database, for nodes that share no disk. A node that opens or reads one has a copy on its own
 * disk meanwhile; the node that received it has one at once.
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { OcrError } from '../errors.js';
import type { LocalCopies } from './local-copies.js';
import type { Connection } from './postgres-connection.js';
import { postgresFiles } from './postgres-files.js';
import { createMeter, type Uploads } from './uploads.js';

/** An upload of no job is left behind after this: longer than a request may take. */
const LEFT_BEHIND = '1 hour';

export function openPostgresUploads(connection: Connection, copies: LocalCopies, maxBytes: number): Uploads {
  const files = postgresFiles(connection);

  const fetch = async (name: string, path: string): Promise<number> => {
    const bytes = await files.size('upload', name);
    if (bytes === undefined) throw new OcrError('internal', 'The upload of a page is gone.');
    try {
      await pipeline(Readable.from(files.read('upload', name)), createWriteStream(path, { flags: 'wx', mode: 0o600 }));
    } catch (error) {
      throwDiskFailure(error);
    }
    return bytes;
  };

  return {
    async receive(source) {
      const name = randomUUID();
      const meter = createMeter(maxBytes);
      let stored: ReturnType<typeof meter.result> | undefined;
      const receiveInto = async (path: string): Promise<number> => {
        const copy = await open(path, 'wx', 0o600).catch(throwDiskFailure);
        let writing: Promise<void> | undefined;
        try {
          await pipeline(source, meter.measured, (chunks: AsyncIterable<Buffer>) => {
            writing = files.write('upload', name, alsoInto(copy, chunks));
            return writing;
          });
        } finally {
          // A pipeline is over when its source fails; what was written is erased a moment later.
          await writing?.catch(() => {});
          await copy.close();
        }
        stored = meter.result();
        return stored.bytes;
      };
      await copies.lend(name, receiveInto, async () => {});
      return { name, ...(stored as NonNullable<typeof stored>) };
    },
    lend: (name, work) => copies.lend(name, (path) => fetch(name, path), work),
    async erase(name) {
      await files.erase('upload', name);
      await copies.drop(name);
    },
    async sweep() {
      const swept = await connection.writeUnsynced((transaction) =>
        transaction.rows(
          `DELETE FROM files WHERE kind = 'upload' AND (
             EXISTS (SELECT FROM jobs WHERE upload_name = name AND ended_at IS NOT NULL)
             OR created_at < now() - $1::interval AND NOT EXISTS (SELECT FROM jobs WHERE upload_name = name))
           RETURNING name`,
          [LEFT_BEHIND],
        ),
      );
      return swept.length;
    },
  };
}

async function* alsoInto(copy: FileHandle, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    await copy.write(chunk).catch(throwDiskFailure);
    yield chunk;
  }
}

/** Of the local copy; any other error comes back as it was. */
function throwDiskFailure(error: unknown): never {
  const { syscall, code } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || syscall === undefined) throw error;
  throw new OcrError('storage.failed', `An upload could not be copied to this machine's disk (${code}).`, {
    cause: error,
  });
}
