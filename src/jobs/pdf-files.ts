/**
 * Searchable PDFs on the disk: `<data directory>/pdfs/<upload name>.pdf`, beside what they are being made of.
 *
 * A PDF is there whole or not at all, and belongs to its job once the store says that it is made: what a crash leaves
 * behind is made again, or swept.
 */
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { OcrError } from '../errors.js';
import { createDirectory, syncDirectory } from './directories.js';

export interface PdfFiles {
  /** Absolute path of a job's PDF. */
  path(uploadName: string): string;
  /** Where the engine finds the words, and where it writes the PDF. */
  workPaths(uploadName: string): { readonly layersPath: string; readonly outPath: string };
  /** What the engine wrote becomes the job's PDF; it is on the disk when this resolves. @throws OcrError storage.failed */
  keep(uploadName: string): Promise<void>;
  /** Everything of a job. @throws OcrError storage.failed */
  erase(uploadName: string): Promise<void>;
  /** Erases everything of jobs whose PDF nobody needs. */
  sweep(isNeeded: (uploadName: string) => Promise<boolean>): Promise<void>;
}

const EXTENSIONS = ['.pdf', '.layers', '.partial'] as const;

/** @throws OcrError storage.failed */
export function openPdfFiles(dataDir: string): PdfFiles {
  const directory = resolve(dataDir, 'pdfs');
  try {
    createDirectory(directory);
  } catch (error) {
    throwStorageFailure(error);
  }
  const file = (uploadName: string, extension: (typeof EXTENSIONS)[number]) => join(directory, uploadName + extension);
  const erase = async (uploadName: string) => {
    const paths = EXTENSIONS.map((extension) => file(uploadName, extension));
    await Promise.all(paths.map((path) => rm(path, { force: true }))).catch(throwStorageFailure);
  };
  return {
    erase,
    path: (uploadName) => file(uploadName, '.pdf'),
    workPaths: (uploadName) => ({ layersPath: file(uploadName, '.layers'), outPath: file(uploadName, '.partial') }),
    async keep(uploadName) {
      try {
        await syncFile(file(uploadName, '.partial'));
        await rename(file(uploadName, '.partial'), file(uploadName, '.pdf'));
        await rm(file(uploadName, '.layers'), { force: true });
        syncDirectory(directory);
      } catch (error) {
        throwStorageFailure(error);
      }
    },
    async sweep(isNeeded) {
      const names = new Set((await readdir(directory).catch(throwStorageFailure)).map((name) => name.split('.', 1)[0]));
      for (const name of names) if (name !== undefined && !(await isNeeded(name))) await erase(name);
    },
  };
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function throwStorageFailure(error: unknown): never {
  const { code } = error as NodeJS.ErrnoException;
  throw new OcrError('storage.failed', `The PDF could not be stored or erased (${code}).`, { cause: error });
}
