/** Copies of a data directory that are taken while jobs come and go are whole: each is good to go on with. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/jobs/sqlite.js';
import { lockFile } from '../../src/jobs/sqlite-connection.js';
import { type AcceptedJob, acceptedJob, createKeys, expectExactBooks, finishAll } from '../fixtures/jobs-books.js';

const BACKUPS = 8;
/** Longer than it takes to submit one, so that jobs pile up. */
const PAGE_MS = 30;
const PROGRAM = fileURLToPath(new URL('../fixtures/jobs-under-load.mjs', import.meta.url));

let folder: string;
let dataDir: string;
let load: ChildProcess | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'omega-backup-'));
  dataDir = join(folder, 'data');
  await createKeys(dataDir);
});
afterEach(() => load?.kill('SIGKILL'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = promisify(execFile);
const backup = (to: string) =>
  run(process.execPath, ['dist/main.js', 'backup', to], { env: { PATH: process.env.PATH, OMEGA_DATA_DIR: dataDir } });

/** The files in a copy, and those that its database says there must be. */
function filesOf(copy: string) {
  const database = new Database(join(copy, 'omega.db'), { readonly: true });
  const needed = database.prepare('SELECT upload_name FROM jobs WHERE ended_at IS NULL').pluck().all().sort();
  const integrity = database.pragma('integrity_check', { simple: true });
  database.close();
  return { integrity, needed, uploads: readdirSync(join(copy, 'uploads')).sort() };
}

describe('omega backup', () => {
  it(`makes ${BACKUPS} copies under load, of which each has every job accepted before, its upload, and exact books`, async () => {
    load = spawn(process.execPath, [PROGRAM, dataDir, String(PAGE_MS)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const accepted: AcceptedJob[] = [];
    createInterface({ input: load.stdout as NodeJS.ReadableStream }).on('line', (l) => accepted.push(acceptedJob(l)));
    const copies: { readonly copy: string; readonly before: readonly AcceptedJob[] }[] = [];
    for (let number = 0; number < BACKUPS; number += 1) {
      await delay(Math.random() * 300);
      const before = [...accepted];
      const copy = join(folder, `copy-${number}`);
      const { stdout } = await backup(copy);
      expect(stdout).toMatch(/^\S+: the database, uploads of \d+ jobs under way, 0 searchable PDFs; SHA256SUMS has/);
      copies.push({ copy, before });
    }
    load.kill('SIGKILL');
    expect(readdirSync(dataDir).filter((name) => name.startsWith('backup.links'))).toEqual([]);

    let underWay = 0;
    for (const { copy, before } of copies) {
      await run('sha256sum', ['--check', '--quiet', '--strict', 'SHA256SUMS'], { cwd: copy });
      const { integrity, needed, uploads } = filesOf(copy);
      expect(integrity).toBe('ok');
      expect(uploads).toEqual(needed);
      underWay += needed.length;
      const store = openSqliteStore({ dataDir: copy, role: 'server' });
      await finishAll(store, copy);
      await expectExactBooks(store, before);
      await store.close();
      expect(readdirSync(join(copy, 'uploads'))).toEqual([]);
    }
    expect(copies.at(-1)?.before.length).toBeGreaterThan(BACKUPS);
    expect(underWay).toBeGreaterThan(BACKUPS);
  });

  it('never writes into a folder that exists', async () => {
    const taken = join(folder, 'taken');
    writeFileSync(taken, 'something else');
    await expect(backup(taken)).rejects.toMatchObject({
      code: 1,
      stderr: `error: ${taken} exists already: name a folder that does not\n`,
    });
    expect(readFileSync(taken, 'utf8')).toBe('something else');
  });

  it('is one at a time, and leaves nothing of one that failed', async () => {
    const unlock = lockFile(join(dataDir, 'backup.lock'), 'taken');
    await expect(backup(join(folder, 'second'))).rejects.toMatchObject({
      code: 1,
      stderr: 'error: Another backup of this data directory is under way.\n',
    });
    unlock();
    expect(readdirSync(folder).filter((name) => name.startsWith('second'))).toEqual([]);
    await backup(join(folder, 'second'));
    expect(existsSync(join(folder, 'second', 'omega.db'))).toBe(true);
  });

  it('leaves a database server to its own tools', async () => {
    const env = {
      PATH: process.env.PATH,
      OMEGA_DATA_DIR: dataDir,
      OMEGA_DATABASE_URL: 'postgres://nobody@127.0.0.1/none',
    };
    const to = join(folder, 'third');
    await expect(run(process.execPath, ['dist/main.js', 'backup', to], { env })).rejects.toMatchObject({
      code: 1,
      stderr: 'error: Jobs are in PostgreSQL (OMEGA_DATABASE_URL): back it up with its own tools, such as pg_dump\n',
    });
    expect(existsSync(to)).toBe(false);
  });
});
