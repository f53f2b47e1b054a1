/**
 * Which files of a folder that others write to are complete. The folder is listed again and again: change notices of
 * the system do not come over network shares, and tell nothing of when a writer has finished.
 */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { walk } from './inputs.js';

/** A file as one listing saw it. */
export interface Sighting {
  readonly path: string;
  /** Of a complete file the same in every listing. Undefined: it is empty, so its writer has not begun. */
  readonly mark: string | undefined;
}

/** What listings saw so far. Times are in milliseconds, of a clock that is never set back. */
export interface Arrivals {
  /**
   * The files that are complete: their marks have not changed for `settleMs`. A file is given once, and again when its
   * mark has changed since; one that is given is left out until its `end`.
   */
  listed(sightings: readonly Sighting[], now: number): readonly string[];
  /** Whether the file is still as it was when it was found complete. */
  isAsGiven(sighting: Sighting): boolean;
  /** `again`: not before when it is given once more though it has not changed. */
  end(path: string, again?: number): void;
}

interface Known {
  mark: string | undefined;
  since: number;
  state: 'waiting' | 'given' | 'ended';
}

/** Names under which programs write or keep what is no document yet. */
const TEMPORARY_NAME = /^[.~]|~$|\.(part|partial|filepart|tmp|temp|crdownload|download|swp)$/i;

export function isTemporaryName(path: string): boolean {
  return TEMPORARY_NAME.test(basename(path));
}

export function createArrivals(settleMs: number): Arrivals {
  const known = new Map<string, Known>();
  return {
    listed(sightings, now) {
      const complete: string[] = [];
      const there = new Set<string>();
      for (const { path, mark } of sightings) {
        if (isTemporaryName(path)) continue;
        there.add(path);
        const file = known.get(path);
        if (file?.state === 'given') continue;
        if (file === undefined || file.mark !== mark) known.set(path, { mark, since: now, state: 'waiting' });
        else if (file.state === 'waiting' && mark !== undefined && now - file.since >= settleMs) {
          file.state = 'given';
          complete.push(path);
        }
      }
      for (const [path, { state }] of known) {
        if (state !== 'given' && !there.has(path)) known.delete(path);
      }
      return complete;
    },
    isAsGiven: ({ path, mark }) => known.get(path)?.mark === mark,
    end(path, again) {
      const file = known.get(path);
      if (file === undefined) return;
      file.state = again === undefined ? 'ended' : 'waiting';
      if (again !== undefined) file.since = again - settleMs;
    },
  };
}

/** Listings are this far apart, and further where they take long: a fifth of the time at most goes into them. */
const LISTING_INTERVAL_MS = 1_000;
const INTERVAL_A_LISTING = 4;

export interface FolderToWatch {
  /** Absolute. */
  readonly folder: string;
  /** Folders below it that are not looked into. */
  readonly leaveOut: readonly string[];
  readonly settleMs: number;
  readonly arrivals: Arrivals;
  /** Ends the watching. */
  readonly signal: AbortSignal;
  /** Called where listing becomes impossible, and where it is possible again. */
  onListing(unreadable: readonly string[]): void;
}

/** Absolute paths of complete files as they come, until the signal. The caller ends each with `arrivals.end`. */
export async function* watchArrivals(watched: FolderToWatch): AsyncGenerator<string, void, undefined> {
  const { folder, leaveOut, settleMs, arrivals, signal, onListing } = watched;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const sightings: Sighting[] = [];
    const unreadable: string[] = [];
    if (await stat(folder).catch(() => undefined)) {
      for await (const found of walk(folder, leaveOut)) {
        if (typeof found !== 'string') unreadable.push(found.unreadable);
        else {
          const sighting = await sight(found);
          if (sighting !== undefined) sightings.push(sighting);
        }
      }
    } else unreadable.push(folder);
    const took = performance.now() - startedAt;
    onListing(unreadable);
    for (const path of arrivals.listed(sightings, startedAt)) {
      if (signal.aborted) return;
      const sighting = await sight(path);
      // A long queue may have stood before it, and much may have happened meanwhile.
      if (sighting !== undefined && arrivals.isAsGiven(sighting)) yield path;
      else arrivals.end(path);
    }
    const pause = Math.max(Math.min(LISTING_INTERVAL_MS, settleMs), INTERVAL_A_LISTING * took);
    await delay(pause, undefined, { signal }).catch(() => {});
  }
}

/** Undefined where it is gone. */
export async function sight(path: string): Promise<Sighting | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  if (stats === undefined) return undefined;
  return { path, mark: stats.size === 0n ? undefined : `${stats.size} ${stats.mtimeNs}` };
}
