/** Searchable PDFs on the disk: `<data directory>/pdfs/<upload name>.pdf`, beside what they are being made of. */
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { OcrError } from '../errors.js';
import { createDirectory, syncDirectory } from './directories.js';
import type { PdfFiles } from './pdf-files.js';

const WORK_EXTENSIONS = ['.layers', '.partial'] as const;
const EXTENSIONS = ['.pdf', ...WORK_EXTENSIONS] as const;

/** @throws OcrError storage.failed */
export function openDiskPdfFiles(dataDir: string): PdfFiles {
  const directory = resolve(dataDir, 'pdfs');
  try {
    createDirectory(directory);
  } catch (error) {
    throwStorageFailure(error);
  }
  const file = (uploadName: string, extension: (typeof EXTENSIONS)[number]) => join(directory, uploadName + extension);
  const eraseOf = async (uploadName: string, extensions: readonly (typeof EXTENSIONS)[number][]) => {
    const paths = extensions.map((extension) => file(uploadName, extension));
    await Promise.all(paths.map((path) => rm(path, { force: true }))).catch(throwStorageFailure);
  };
  const erase = (uploadName: string) => eraseOf(uploadName, EXTENSIONS);
  return {
    erase,
    discard: (uploadName) => eraseOf(uploadName, WORK_EXTENSIONS),
    async open(uploadName) {
      const handle = await open(file(uploadName, '.pdf')).catch(throwStorageFailure);
      const { size } = await handle.stat();
      return { bytes: size, stream: handle.createReadStream() };
    },
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
