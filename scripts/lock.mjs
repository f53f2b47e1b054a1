/** A lock file between processes of one folder, released when its holder dies. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HEARTBEAT_MS = 5_000;
/** Twelve missed heartbeats: a busy machine is not mistaken for a dead holder, and a dead one costs a minute. */
const STALE_MS = 12 * HEARTBEAT_MS;
const POLL_MS = 200;

/**
 * Runs `work` while holding the lock file at `path`; waits for another holder first.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {{ onWait?: () => void, signal?: AbortSignal }} [options] `onWait` is called once if the lock is held; `signal`
 *   ends the waiting
 * @returns {Promise<T>}
 */
export async function withLock(path, work, { onWait = () => {}, signal } = {}) {
  mkdirSync(dirname(path), { recursive: true });
  for (let waited = false; !acquire(path); waited = true) {
    if (removeStale(path)) continue;
    if (!waited) onWait();
    await sleep(POLL_MS);
    if (signal?.aborted) throw new Error('interrupted while waiting.');
  }
  const release = () => rmSync(path, { force: true });
  const heartbeat = setInterval(() => utimesSync(path, new Date(), new Date()), HEARTBEAT_MS);
  process.on('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    process.off('exit', release);
    release();
  }
}

function acquire(path) {
  try {
    writeFileSync(path, JSON.stringify({ host: hostname(), pid: process.pid }), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Moved aside before it is deleted, so that of several waiters only one removes it, and looked at again: between the
 * first look and the move another waiter may have put its own lock there, which is then put back.
 * @returns {boolean} whether the lock may be free now
 */
function removeStale(path) {
  const aside = `${path}.${process.pid}`;
  try {
    const content = readFileSync(path, 'utf8');
    if (Date.now() - statSync(path).mtimeMs < STALE_MS && holderLives(content)) return false;
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== content) linkSync(aside, path);
    return true;
  } catch (error) {
    if (error.code === 'ENOENT') return true;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** A holder on another host, such as a container that shares the folder, is known by its heartbeat alone. */
function holderLives(content) {
  let holder;
  try {
    holder = JSON.parse(content);
  } catch {
    return true; // created a moment ago, not yet written
  }
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
