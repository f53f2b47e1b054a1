/**
 * Copies on this machine of files that are kept elsewhere: fetched once, however many pages need them at the same
 * time, and erased when nobody used them for a while or the idle ones take too much room.
 */
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDirectory } from './directories.js';

/** Writes the file to the path. Resolves with how many bytes it has. */
type Fetch = (path: string) => Promise<number>;

export interface LocalCopies {
  /** Runs `work` with the path of a copy that is there until `work` is done. `fetch` writes it where there is none. */
  lend<T>(name: string, fetch: Fetch, work: (path: string) => Promise<T>): Promise<T>;
  /** Erased once it is not lent any more. */
  drop(name: string): Promise<void>;
  /** Erases all. REQUIRES: none is lent. */
  close(): void;
}

export interface LocalCopiesOptions {
  /** Of the copies alone: what is in it is erased first. */
  readonly directory: string;
  /** How long one that nobody uses is kept. */
  readonly idleMs: number;
  /** How much those that nobody uses may take together. */
  readonly maxIdleBytes: number;
}

interface Copy {
  /** Each copy has its own, so that one that is being erased is in nobody's way. */
  readonly path: string;
  /** With how many bytes it has. */
  readonly fetched: Promise<number>;
  users: number;
  /** Erased as soon as it has no users. */
  dropped: boolean;
  /** While it has no users. */
  idle: { readonly bytes: number; readonly timer: NodeJS.Timeout } | undefined;
}

export function openLocalCopies({ directory, idleMs, maxIdleBytes }: LocalCopiesOptions): LocalCopies {
  rmSync(directory, { recursive: true, force: true });
  createDirectory(directory);
  /** The one that was used last is the last. */
  const copies = new Map<string, Copy>();
  let made = 0;

  const make = (fetch: Fetch): Copy => {
    made += 1;
    const path = join(directory, String(made));
    return { path, fetched: fetch(path), users: 0, dropped: false, idle: undefined };
  };

  const take = (name: string, fetch: Fetch): Copy => {
    const copy = copies.get(name) ?? make(fetch);
    clearTimeout(copy.idle?.timer);
    copy.idle = undefined;
    copy.users += 1;
    copies.delete(name);
    copies.set(name, copy);
    return copy;
  };

  const giveBack = async (name: string, copy: Copy, bytes: number) => {
    copy.users -= 1;
    if (copy.users > 0) return;
    if (copy.dropped) return erase(name, copy);
    copy.idle = { bytes, timer: setTimeout(() => void erase(name, copy), idleMs).unref() };
    await makeRoom();
  };

  const makeRoom = async () => {
    const idle = [...copies].flatMap(([name, copy]) => (copy.idle === undefined ? [] : [{ name, copy, ...copy.idle }]));
    let taken = idle.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { name, copy, bytes } of idle) {
      if (taken <= maxIdleBytes) return;
      taken -= bytes;
      await erase(name, copy);
    }
  };

  const erase = async (name: string, copy: Copy) => {
    clearTimeout(copy.idle?.timer);
    if (copies.get(name) === copy) copies.delete(name);
    // What cannot be erased now is at the next start.
    await rm(copy.path, { force: true }).catch(() => {});
  };

  return {
    async lend(name, fetch, work) {
      const copy = take(name, fetch);
      let bytes: number;
      try {
        bytes = await copy.fetched;
      } catch (error) {
        // The next one tries again.
        await erase(name, copy);
        throw error;
      }
      try {
        return await work(copy.path);
      } finally {
        await giveBack(name, copy, bytes);
      }
    },
    async drop(name) {
      const copy = copies.get(name);
      if (copy === undefined) return;
      copy.dropped = true;
      if (copy.users === 0) await erase(name, copy);
    },
    close() {
      for (const { idle } of copies.values()) clearTimeout(idle?.timer);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
