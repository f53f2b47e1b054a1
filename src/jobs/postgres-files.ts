/**
 * Files in a PostgreSQL database, in rows of a megabyte: written and read as they come, never whole in memory.
 *
 * Only the last write of a file is synced, and with it everything before: the write-ahead log has one order.
 */
import { OcrError } from '../errors.js';
import type { Connection } from './postgres-connection.js';
import type { Transaction } from './postgres-transaction.js';

export type FileKind = 'upload' | 'pdf';

export interface PostgresFiles {
  /** All of it is durable when this resolves; nothing of it is left when `chunks` or the database fails, or the next
   * write of this name removes it. @throws OcrError storage.failed; the error of `chunks` */
  write(kind: FileKind, name: string, chunks: AsyncIterable<Buffer>): Promise<void>;
  /**
   * As `write`, but at once: others see all of it or what was there before, and of several that write the same name at
   * the same time the last one stays. For what is on a disk already, as it takes a transaction. `open` may be called
   * more than once.
   */
  replace(kind: FileKind, name: string, open: () => AsyncIterable<Buffer>): Promise<void>;
  /** Undefined where there is no such file, or not all of it. @throws OcrError storage.failed */
  size(kind: FileKind, name: string): Promise<number | undefined>;
  /** @throws OcrError storage.failed, internal where the file is gone meanwhile */
  read(kind: FileKind, name: string): AsyncGenerator<Buffer>;
  erase(kind: FileKind, name: string): Promise<void>;
}

/** A row's: large enough that a round trip costs little beside it. */
const CHUNK_BYTES = 1024 * 1024;

export function postgresFiles({ rows, write, writeUnsynced }: Connection): PostgresFiles {
  const erase = async (kind: FileKind, name: string) => {
    await writeUnsynced((transaction) =>
      transaction.rows('DELETE FROM files WHERE kind = $1 AND name = $2', [kind, name]),
    );
  };

  return {
    erase,
    async write(kind, name, chunks) {
      await erase(kind, name);
      try {
        await writeUnsynced((transaction) =>
          transaction.rows('INSERT INTO files (kind, name) VALUES ($1, $2)', [kind, name]),
        );
        const bytes = await writeChunks(kind, name, chunks, (insert) => writeUnsynced(insert));
        await write((transaction) => setBytes(transaction, kind, name, bytes));
      } catch (error) {
        // Where this fails too, the sweep finds it.
        await erase(kind, name).catch(() => {});
        throw error;
      }
    },
    async replace(kind, name, open) {
      await write(async (transaction) => {
        // Whoever writes the same name waits here.
        await transaction.rows(
          'INSERT INTO files (kind, name) VALUES ($1, $2) ON CONFLICT (kind, name) DO UPDATE SET bytes = NULL',
          [kind, name],
        );
        await transaction.rows('DELETE FROM file_chunks WHERE kind = $1 AND name = $2', [kind, name]);
        const bytes = await writeChunks(kind, name, open(), (insert) => insert(transaction));
        await setBytes(transaction, kind, name, bytes);
      });
    },
    async size(kind, name) {
      const [file] = await rows<{ bytes: number | null }>('SELECT bytes FROM files WHERE kind = $1 AND name = $2', [
        kind,
        name,
      ]);
      return file?.bytes ?? undefined;
    },
    async *read(kind, name) {
      const [file] = await rows<{ chunks: number }>(
        'SELECT count(*) AS chunks FROM file_chunks WHERE kind = $1 AND name = $2',
        [kind, name],
      );
      for (let chunk = 0; chunk < (file?.chunks ?? 0); chunk += 1) {
        const [row] = await rows<{ data: Buffer }>(
          'SELECT data FROM file_chunks WHERE kind = $1 AND name = $2 AND chunk = $3',
          [kind, name, chunk],
        );
        if (row === undefined) throw new OcrError('internal', 'A file was erased while it was read.');
        yield row.data;
      }
    },
  };
}

/** `within` gives each chunk the transaction that it is written in. Resolves with how many bytes there were. */
async function writeChunks(
  kind: FileKind,
  name: string,
  chunks: AsyncIterable<Buffer>,
  within: (insert: (transaction: Transaction) => Promise<unknown>) => Promise<unknown>,
): Promise<number> {
  let chunk = 0;
  let bytes = 0;
  for await (const data of inChunks(chunks)) {
    await within((transaction) =>
      transaction.rows('INSERT INTO file_chunks (kind, name, chunk, data) VALUES ($1, $2, $3, $4)', [
        kind,
        name,
        chunk,
        data,
      ]),
    );
    chunk += 1;
    bytes += data.length;
  }
  return bytes;
}

async function setBytes({ rows }: Transaction, kind: FileKind, name: string, bytes: number): Promise<void> {
  await rows('UPDATE files SET bytes = $3 WHERE kind = $1 AND name = $2', [kind, name, bytes]);
}

/** The same bytes, in pieces of `CHUNK_BYTES` but for the last. */
async function* inChunks(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  for await (let piece of source) {
    while (bytes + piece.length >= CHUNK_BYTES) {
      const rest = CHUNK_BYTES - bytes;
      yield Buffer.concat([...pieces, piece.subarray(0, rest)]);
      piece = piece.subarray(rest);
      pieces = [];
      bytes = 0;
    }
    pieces.push(piece);
    bytes += piece.length;
  }
  if (bytes > 0) yield Buffer.concat(pieces);
}
