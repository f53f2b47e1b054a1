/** How a PostgreSQL database comes to a release's version: once, forward, and never over data. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPostgresStore } from '../../src/jobs/postgres.js';
import { clientOptions, connect } from '../../src/jobs/postgres-connection.js';
import { migrate } from '../../src/jobs/postgres-migrate.js';
import { joinNodes } from '../../src/jobs/postgres-nodes.js';
import { MIGRATIONS, type Migration } from '../../src/jobs/postgres-schema.js';
import type { PageClaim } from '../../src/jobs/store.js';
import { type PostgresServer, postgresPrograms, startPostgres } from '../fixtures/postgres-server.js';
import { LIMITS, newJob, newKey, newPage } from './store.js';

const programs = postgresPrograms();
const OLD: readonly Migration[] = [
  { statements: "CREATE TABLE omega.words (word text); INSERT INTO omega.words VALUES ('kept')", additive: false },
];
const BREAKING: Migration = { statements: 'ALTER TABLE omega.words RENAME word TO term', additive: false };
const ADDITIVE: Migration = { statements: 'ALTER TABLE omega.words ADD COLUMN more int', additive: true };

describe.runIf(programs !== undefined)('migrations', () => {
  let server: PostgresServer;
  let url: string;
  let pool: pg.Pool;
  beforeAll(async () => {
    server = await startPostgres(programs as string);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await server.createDatabase();
    pool = new pg.Pool({ ...clientOptions(url), max: 4 });
    // Connections that are ending when the database is dropped.
    pool.on('error', () => {});
  });
  afterEach(async () => {
    await pool.end();
    await server.dropDatabase(url);
  });

  test('data of an older release is there in the new one', async () => {
    await migrate(pool, OLD);
    await migrate(pool, [...OLD, BREAKING, ADDITIVE]);
    expect((await pool.query('SELECT * FROM omega.words')).rows).toEqual([{ term: 'kept', more: null }]);
  });

  test('of nodes that start at the same time one migrates', async () => {
    await Promise.all([1, 2, 3, 4].map(() => migrate(pool, MIGRATIONS)));
    const { rows } = await pool.query('SELECT version FROM omega.migrations ORDER BY version');
    expect(rows.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  test('a migration that fails leaves the database as it was', async () => {
    await migrate(pool, OLD);
    await expect(migrate(pool, [...OLD, ADDITIVE, { statements: 'nonsense', additive: true }])).rejects.toThrow();
    expect((await pool.query('SELECT * FROM omega.words')).rows).toEqual([{ word: 'kept' }]);
  });

  test('an older release works beside a newer one whose schema only adds', async () => {
    await migrate(pool, [...OLD, ADDITIVE]);
    await expect(migrate(pool, OLD)).resolves.toBeUndefined();
  });

  test('a process of an older release goes on, and starts again, beside a newer one whose schema only adds', async () => {
    const open = () => openPostgresStore({ url, connections: 2, node: 'old', leaseMs: 30_000 });
    let store = await open();
    await store.createKey(newKey('a'), 100, 'cli');
    const { job } = await store.acceptJob(newJob('a', 2), LIMITS);
    const statements =
      "ALTER TABLE omega.jobs ADD COLUMN colour text NOT NULL DEFAULT 'red'; CREATE TABLE omega.more (a int)";
    await migrate(pool, [...MIGRATIONS, { statements, additive: true }]);
    for (const pageIndex of [0, 1]) {
      const [claim] = await store.claimPages(1, 1);
      expect(await store.completePage(claim as PageClaim, newPage(pageIndex), 1)).toBe(true);
      await store.close();
      store = await open();
    }
    expect(await store.getJob('a', job.id)).toMatchObject({ status: 'completed', pagesRead: 2, creditsUsed: 2 });
    await store.close();
  });

  test('a schema is not changed under nodes that rely on it, until they are gone', async () => {
    const store = await openPostgresStore({ url, connections: 2, node: 'old', leaseMs: 30_000 });
    const node = { id: 'old', host: 'machine', role: 'serve', version: '1.2.3', threads: 2, devices: ['cpu'] } as const;
    const { leave } = await joinNodes(store, node, () => 2, { onRecovered() {}, onError() {} });
    const newer = [...MIGRATIONS, { statements: 'ALTER TABLE omega.jobs RENAME turn TO round', additive: false }];
    await expect(migrate(pool, newer)).rejects.toMatchObject({
      code: 'storage.failed',
      message:
        'Nodes of an older release are at work on the database (1), and this release changes what they rely on; stop them first.',
    });
    expect((await store.queue()).pendingPages).toBe(0);
    await leave();
    await store.close();
    await migrate(pool, newer);
    expect((await pool.query('SELECT version FROM omega.migrations')).rows).toHaveLength(newer.length);
  });

  test('a schema that an older release cannot work with is refused in a sentence', async () => {
    await migrate(pool, [...OLD, ADDITIVE, BREAKING]);
    await expect(migrate(pool, [...OLD, ADDITIVE])).rejects.toMatchObject({
      code: 'storage.failed',
      message: 'The database has version 3, but this release reads versions up to 2; start a newer release.',
    });
  });

  test('a server that is not there is told in a sentence without its password', async () => {
    const away = connect({ url: 'postgres://omega:swordfish@127.0.0.1:1/omega', connections: 1 });
    await expect(away).rejects.toMatchObject({
      code: 'storage.failed',
      message: 'The database could not be reached or used (ECONNREFUSED).',
    });
  });
});
