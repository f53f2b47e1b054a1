/**
 * Whether a set-up step's result is still right, told from sizes and times so that asking costs milliseconds.
 *
 * A stamp is written after the step succeeded. It records every input with its size, time and sha256 and every output
 * with its size and time. An input whose time changed is compared by sha256 (a checkout touches files it does not
 * change); an output that changed at all makes the step stale.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * @typedef {[bytes: number, mtimeMs: number, sha256: string]} InputRecord
 * @typedef {{ key: string, inputs: Record<string, InputRecord>, outputs: Record<string, [number, number]> }} Stamp
 */

/**
 * @param {string} root
 * @param {string} stampPath
 * @param {string} key what the result depends on beside files, such as platform and architecture
 * @param {readonly string[]} inputs files and folders, relative to `root`
 */
export function isFresh(root, stampPath, key, inputs) {
  const stamp = readStamp(stampPath);
  if (stamp === undefined || stamp.key !== key) return false;

  const files = listFiles(root, inputs);
  if (files.length !== Object.keys(stamp.inputs).length) return false;
  for (const file of files) {
    const recorded = stamp.inputs[file];
    if (recorded === undefined) return false;
    const [bytes, mtimeMs, sha256] = recorded;
    const now = statSync(join(root, file));
    if (now.size !== bytes) return false;
    if (now.mtimeMs !== mtimeMs && sha256Of(join(root, file)) !== sha256) return false;
  }
  return Object.entries(stamp.outputs).every(([file, [bytes, mtimeMs]]) => {
    const now = statSync(join(root, file), { throwIfNoEntry: false });
    return now !== undefined && now.size === bytes && now.mtimeMs === mtimeMs;
  });
}

/** Taken before the step runs: an edit made meanwhile must leave it stale. */
export function recordInputs(root, inputs) {
  const records = {};
  for (const file of listFiles(root, inputs)) {
    const { size, mtimeMs } = statSync(join(root, file));
    records[file] = [size, mtimeMs, sha256Of(join(root, file))];
  }
  return records;
}

/** Replaces the stamp in one step, so that a reader sees the old one or the new one. */
export function writeStamp(root, stampPath, key, inputs, outputs) {
  const records = {};
  for (const file of listFiles(root, outputs)) {
    const { size, mtimeMs } = statSync(join(root, file));
    records[file] = [size, mtimeMs];
  }
  mkdirSync(dirname(stampPath), { recursive: true });
  const partial = `${stampPath}.${process.pid}`;
  writeFileSync(partial, JSON.stringify({ key, inputs, outputs: records }));
  renameSync(partial, stampPath);
}

/** @returns {Stamp | undefined} undefined too where it cannot be read: the step then runs again */
function readStamp(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @returns {string[]} files, with those of folders below, that exist; sorted */
function listFiles(root, paths) {
  const files = [];
  for (const path of paths) {
    const stats = statSync(join(root, path), { throwIfNoEntry: false });
    if (stats === undefined) continue;
    if (stats.isDirectory()) {
      const entries = readdirSync(join(root, path), { withFileTypes: true });
      files.push(
        ...listFiles(
          root,
          entries.map((entry) => `${path}/${entry.name}`),
        ),
      );
    } else {
      files.push(path);
    }
  }
  return files.sort();
}

function sha256Of(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
