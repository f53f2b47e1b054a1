/** Directories that outlive a power loss: an entry is on the disk once the directory that holds it is synced. */
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Creates `path`, for its owner alone, and what is missing above it; all of it is on the disk when this returns. */
export function createDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const above = dirname(resolve(first));
  let parent = resolve(path);
  do {
    parent = dirname(parent);
    syncDirectory(parent);
  } while (parent !== above);
}

/** Makes the entries of a directory durable. */
export function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
