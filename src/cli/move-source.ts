/** Moves documents that were read out of the folder they came to: nothing is overwritten, and nothing is ever in neither place. */
import { copyFile, mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { sha256Of } from './batch.js';

/** "scans/page.pdf", "scans/page-2.pdf", "scans/page-3.pdf" … */
export function* numberedNames(name: string): Generator<string, never, undefined> {
  yield name;
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  for (let number = 2; ; number += 1) yield `${stem}-${number}${extension}`;
}

/**
 * A name below `folder` that is free, or under which a file of that content lies already: an earlier run may have
 * ended between copying and removing.
 */
export async function nameToMoveTo(folder: string, name: string, sha256: string): Promise<string> {
  for (const candidate of numberedNames(name)) {
    const path = join(folder, candidate);
    if ((await stat(path).catch(() => undefined)) === undefined) return candidate;
    if ((await sha256Of(path).catch(() => undefined)) === sha256) return candidate;
  }
  throw new Error('unreachable: names are numbered without end');
}

/** `target` is from `nameToMoveTo`. The folders may be on different disks. */
export async function moveSource(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  try {
    await rename(source, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    // Hidden, and under the same name in the run after one that was killed here.
    const partial = join(dirname(target), `.${basename(target)}.partial`);
    await copyFile(source, partial);
    const file = await open(partial, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    const { atime, mtime } = await stat(source);
    await utimes(partial, atime, mtime);
    await rename(partial, target);
    await rm(source);
  }
}
