/** Searchable PDFs in a PostgreSQL database, for nodes that share no disk. They are made on the disk of one. */
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { OcrError } from '../errors.js';
import type { PdfFiles } from './pdf-files.js';
import type { Connection } from './postgres-connection.js';
import { postgresFiles } from './postgres-files.js';

/** `workDirectory` is there, and of this process alone. */
export function openPostgresPdfFiles(connection: Connection, workDirectory: string): PdfFiles {
  const files = postgresFiles(connection);
  const workPaths = (uploadName: string) => ({
    layersPath: join(workDirectory, `${uploadName}.layers`),
    outPath: join(workDirectory, `${uploadName}.pdf`),
  });
  const eraseWork = async (uploadName: string) => {
    const paths = Object.values(workPaths(uploadName));
    await Promise.all(paths.map((path) => rm(path, { force: true }))).catch(throwDiskFailure);
  };

  return {
    workPaths,
    discard: eraseWork,
    async open(uploadName) {
      const bytes = await files.size('pdf', uploadName);
      if (bytes === undefined) throw new OcrError('storage.failed', 'The PDF is not in the database.');
      return { bytes, stream: Readable.from(files.read('pdf', uploadName)) };
    },
    async keep(uploadName) {
      const { outPath } = workPaths(uploadName);
      await files.replace('pdf', uploadName, () => createReadStream(outPath)).catch(throwDiskFailure);
      await eraseWork(uploadName);
    },
    async erase(uploadName) {
      await files.erase('pdf', uploadName);
      await eraseWork(uploadName);
    },
    async sweep() {
      await connection.writeUnsynced((transaction) =>
        transaction.rows(
          `DELETE FROM files WHERE kind = 'pdf' AND NOT EXISTS (
             SELECT FROM jobs WHERE upload_name = name AND NOT results_erased
               AND (pdf = 'made' OR (pdf = 'wanted' AND ended_at IS NULL)))`,
        ),
      );
    },
  };
}

/** Of the work directory; any other error comes back as it was. */
function throwDiskFailure(error: unknown): never {
  const { syscall, code } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || syscall === undefined) throw error;
  throw new OcrError('storage.failed', `A PDF could not be made on this machine's disk (${code}).`, { cause: error });
}
