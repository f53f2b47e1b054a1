import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openSqliteStore } from '../../../src/jobs/sqlite.js';
import { connect, groupSync } from '../../../src/jobs/sqlite-connection.js';
import type { KeyRecord, NewJob, Store } from '../../../src/jobs/store.js';

let dataDir: string;
let store: Store;
beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'omega-sqlite-')), 'data');
  store = openSqliteStore({ dataDir, role: 'server' });
});
afterEach(async () => {
  await store.close();
  await rm(join(dataDir, '..'), { recursive: true });
});

const key: KeyRecord = {
  id: 'key',
  name: 'key',
  secretHash: Buffer.alloc(32),
  role: 'client',
  plan: 'unlimited',
  metered: true,
  createdAt: 1,
  revokedAt: undefined,
};
const job = (id: string, password: string): NewJob => ({
  id,
  keyId: 'key',
  uploadName: id,
  requestHash: 'hash',
  idempotencyKey: undefined,
  options: { mode: 'auto', text_layer: 'auto', word_boxes: false, tables: true, password },
  createdAt: 1,
  pages: [{ pageIndex: 0, reserved: 5, routing: undefined }],
});

/** A second look at the server's database. */
function inspect<T>(look: (database: Database.Database) => T): T {
  const database = new Database(join(dataDir, 'omega.db'));
  try {
    return look(database);
  } finally {
    database.close();
  }
}

test('the data directory is made for its owner alone', async () => {
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
});

test('the log is written ahead and synced by the store, not by SQLite in the thread that answers', () => {
  const { database, close } = connect(dataDir);
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(database.pragma('synchronous', { simple: true })).toBe(1);
  expect(database.pragma('foreign_keys', { simple: true })).toBe(1);
  close();
});

test('a write resolves after a sync that began after it, and writes that come meanwhile share one', async () => {
  const ends: (() => void)[] = [];
  const sync = groupSync(7, (file) => {
    expect(file).toBe(7);
    return new Promise<void>((resolve) => ends.push(resolve));
  });
  const resolved: string[] = [];
  const ask = (name: string) => void sync().then(() => resolved.push(name));
  ask('first');
  await setImmediate();
  ask('second');
  ask('third');
  await setImmediate();
  expect(ends.length).toBe(1);
  ends[0]?.();
  await setImmediate();
  expect(resolved).toEqual(['first']);
  expect(ends.length).toBe(2);
  ends[1]?.();
  await setImmediate();
  expect(resolved).toEqual(['first', 'second', 'third']);
});

test('after a sync that failed no later one counts', async () => {
  let syncs = 0;
  const sync = groupSync(7, async () => {
    syncs += 1;
    if (syncs === 1) throw new Error('EIO');
  });
  await expect(sync()).rejects.toThrow('The database could not be synced to the disk; start the server again.');
  await expect(sync()).rejects.toThrow('The database could not be synced to the disk; start the server again.');
  expect(syncs).toBe(1);
});

test('a second server on the same data directory is refused in one sentence, until the first has ended', async () => {
  expect(() => openSqliteStore({ dataDir, role: 'server' })).toThrow(
    'Another server is already running on this data directory; stop it first.',
  );
  await store.close();
  store = openSqliteStore({ dataDir, role: 'server' });
});

test('keys are administered while the server runs, and the server sees it at once', async () => {
  const admin = openSqliteStore({ dataDir, role: 'admin' });
  await admin.createKey(key, 10, 'cli');
  expect(await store.credits('key')).toMatchObject({ available: 10 });
  await store.acceptJob(job('1', ''), { maxQueuedPages: 10 });
  await admin.grantCredits('key', 3, 'cli', 2);
  expect(await store.credits('key')).toEqual({ granted: 13, available: 8, reserved: 5, used: 0 });
  await admin.close();
});

test('ledger and audit are append-only for whoever has the database', async () => {
  await store.createKey(key, 10, 'cli');
  for (const statement of [
    'UPDATE ledger SET credits = 1',
    'DELETE FROM ledger',
    "UPDATE audit SET actor = 'nobody'",
    'DELETE FROM audit',
  ]) {
    expect(() => inspect((database) => database.exec(statement))).toThrow('append-only');
  }
});

test('the database itself refuses a second charge of a page and books that do not balance', async () => {
  await store.createKey(key, 10, 'cli');
  await store.acceptJob(job('1', ''), { maxQueuedPages: 10 });
  const charge =
    "INSERT INTO ledger (key_id, kind, credits, metered, job_no, page_index, at) VALUES ('key', 'charge', 1, 1, 1, 0, 1)";
  inspect((database) => database.exec(charge));
  expect(() => inspect((database) => database.exec(charge))).toThrow('UNIQUE constraint failed');
  expect(() => inspect((database) => database.exec('UPDATE balances SET used = used + 1'))).toThrow(
    'CHECK constraint failed',
  );
});

test('the password of a job is overwritten on the disk when the job ends', async () => {
  await store.createKey(key, 10, 'cli');
  await store.acceptJob(job('1', 'correct horse battery'), { maxQueuedPages: 10 });
  inspect((database) => database.pragma('wal_checkpoint(TRUNCATE)'));
  expect(await readFile(join(dataDir, 'omega.db'), 'latin1')).toContain('correct horse battery');
  await store.cancelJob('key', '1', 2);
  inspect((database) => database.pragma('wal_checkpoint(TRUNCATE)'));
  expect(await readFile(join(dataDir, 'omega.db'), 'latin1')).not.toContain('correct horse battery');
});

test('a database of a newer release is refused and left as it is', async () => {
  await store.close();
  const version = inspect((database) => database.pragma('user_version', { simple: true }));
  inspect((database) => database.pragma('user_version = 999'));
  expect(() => openSqliteStore({ dataDir, role: 'admin' })).toThrow(/The database has version 999, but this release/);
  inspect((database) => database.pragma(`user_version = ${version}`));
  store = openSqliteStore({ dataDir, role: 'server' });
});

test('a file that is no database is a storage failure in one sentence', async () => {
  await store.close();
  await rm(dataDir, { recursive: true });
  expect(() => openSqliteStore({ dataDir: '/dev/null/data', role: 'server' })).toThrow(
    'The data directory could not be created.',
  );
  store = openSqliteStore({ dataDir, role: 'server' });
});

test('a full disk refuses a write in one sentence, keeps what was there, and is over when there is room', async () => {
  await store.close();
  const { database, write, close } = connect(dataDir);
  const pages = database.pragma('page_count', { simple: true }) as number;
  database.pragma(`max_page_count = ${pages}`);
  const fill = () => database.exec("INSERT INTO pages_read_by_tier VALUES (hex(zeroblob(10000)), '', 1)");
  await expect(write(fill)).rejects.toThrow('The disk that holds the data directory is full.');
  expect(database.prepare('SELECT * FROM pages_read_by_tier').all()).toEqual([]);
  database.pragma(`max_page_count = ${pages + 100}`);
  await write(fill);
  expect(database.prepare('SELECT pages FROM pages_read_by_tier').pluck().all()).toEqual([1]);
  close();
  store = openSqliteStore({ dataDir, role: 'server' });
});

test('no statement of the store scans what grows, but the pages and keys that wait and the trail from its end', async () => {
  const prepare = vi.spyOn(Database.prototype, 'prepare');
  const admin = openSqliteStore({ dataDir, role: 'admin' });
  const statements = prepare.mock.calls.map(([source]) => source.replaceAll(/\?|@\w+/g, '1'));
  prepare.mockRestore();
  await admin.close();

  expect(statements.length).toBeGreaterThan(40);
  const scans = inspect((database) =>
    statements
      .flatMap((statement) =>
        database.prepare<[], { readonly detail: string }>(`EXPLAIN QUERY PLAN ${statement}`).all(),
      )
      .map(({ detail }) => detail)
      .filter((detail) => detail.startsWith('SCAN')),
  );
  expect(new Set(scans)).toEqual(
    new Set([
      'SCAN jobs USING INDEX jobs_wanting_pdf',
      'SCAN key_turns USING INDEX key_turns_waiting',
      'SCAN pages USING COVERING INDEX pages_processing',
      'SCAN pages USING INDEX pages_processing',
      'SCAN jobs USING INDEX jobs_waiting',
      'SCAN audit',
      // One row a key, a provider, and one in all.
      'SCAN keys',
      'SCAN pages_read_by_tier',
      'SCAN state',
    ]),
  );
});
