/**
 * A disk that loses what was not synced when its power goes: a folder whose synced state is recorded by a preloaded
 * library (`synced.c`), and which is built anew from that record.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('synced.c', import.meta.url));
/** What a disk writes as a whole. */
const BLOCK_BYTES = 4096;

/** Syncs a tree, so that all of it is in the record. */
const SYNC_TREE = `
  const { closeSync, fsyncSync, openSync, readdirSync } = require('node:fs');
  const sync = (path) => { const file = openSync(path, 'r'); fsyncSync(file); closeSync(file); };
  for (const entry of readdirSync(process.argv[1], { recursive: true })) sync(process.argv[1] + '/' + entry);
  sync(process.argv[1]);`;

/** A disk in `folder`; REQUIRES: a C compiler (cc), and a file system that keeps times of birth, as ext4 or tmpfs. */
export function openDisk(folder) {
  const library = join(folder, 'synced.so');
  execFileSync('cc', ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', library, SOURCE, '-ldl'], {
    stdio: 'inherit',
  });
  let generation = 0;
  let disk;

  const path = (name) => join(folder, `${name}-${generation}`);
  const insert = (fill) => {
    const old = disk;
    generation += 1;
    disk = { root: path('disk'), shadow: path('shadow') };
    mkdirSync(disk.root);
    mkdirSync(disk.shadow);
    fill(disk.root);
    execFileSync(process.execPath, ['-e', SYNC_TREE, disk.root], { env: environment() });
    if (old !== undefined) for (const gone of [old.root, old.shadow]) rmSync(gone, { recursive: true });
  };
  const environment = () => ({ LD_PRELOAD: library, SYNCED_ROOT: disk.root, SYNCED_SHADOW: disk.shadow });

  return {
    /** Where it is now: elsewhere after each cut. */
    root: () => disk.root,
    /** For processes that write to it. */
    environment,
    /** Puts an empty disk in. */
    format: () => insert(() => {}),
    /**
     * The power goes and comes back; REQUIRES: nobody writes any more. Of what was not synced, `survives()` says block by
     * block and entry by entry whether it is there all the same.
     */
    cut(survives) {
      const { root, shadow } = disk;
      insert((target) => rebuild({ shadow, survives }, root, target));
    },
  };
}

/** Builds `target` as the record has `source`. */
function rebuild(record, source, target) {
  for (const [entry, { kind, name, isLive }] of entriesOf(record, source)) {
    const live = isLive ? join(source, entry) : undefined;
    const path = join(target, entry);
    if (kind === 'f') {
      writeFileSync(path, contentOf(record, name, live));
    } else {
      mkdirSync(path);
      if (live !== undefined) rebuild(record, live, path);
    }
  }
}

/** By entry: those that were synced, with the changes since that survive. */
function entriesOf({ shadow, survives }, source) {
  const file = join(shadow, `${nameOf(source)}.folder`);
  const synced = (existsSync(file) ? readFileSync(file, 'utf8') : '').split('\n').slice(0, -1).map(parseEntry);
  const live = readdirSync(source, { withFileTypes: true }).map((found) => ({
    kind: found.isDirectory() ? 'd' : 'f',
    name: nameOf(join(source, found.name)),
    entry: found.name,
  }));
  const isLive = ({ name, entry }) => live.some((other) => other.name === name && other.entry === entry);
  const isSynced = ({ name, entry }) => synced.some((other) => other.name === name && other.entry === entry);
  const left = [
    ...synced.filter((found) => isLive(found) || !survives()),
    ...live.filter((found) => !isSynced(found) && survives()),
  ];
  return new Map(left.map((found) => [found.entry, { ...found, isLive: isLive(found) }]));
}

function parseEntry(line) {
  const [kind, name, ...entry] = line.split(' ');
  return { kind, name, entry: entry.join(' ') };
}

function contentOf({ shadow, survives }, name, live) {
  const file = join(shadow, `${name}.file`);
  const synced = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  if (live === undefined) return synced;
  const written = readFileSync(live);
  const isLonger = written.length !== synced.length && survives();
  const content = Buffer.alloc(isLonger ? written.length : synced.length);
  synced.copy(content);
  for (let start = 0; start < Math.min(content.length, written.length); start += BLOCK_BYTES) {
    const block = written.subarray(start, start + BLOCK_BYTES);
    if (!block.equals(synced.subarray(start, start + BLOCK_BYTES)) && survives()) block.copy(content, start);
  }
  return content;
}

/** As `synced.c` names it. */
function nameOf(path) {
  const { ino, birthtimeNs } = statSync(path, { bigint: true });
  return `${ino}-${birthtimeNs / 1_000_000_000n}${String(birthtimeNs % 1_000_000_000n).padStart(9, '0')}`;
}
