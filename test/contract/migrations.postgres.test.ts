/** How a PostgreSQL database comes to a release's version: once, forward, and never over data. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPostgresStore } from '../../src/jobs/postgres.js';
import { clientOptions, connect } from '../../src/jobs/postgres-connection.js';
import { migrate } from '../../src/jobs/postgres-migrate.js';
import { joinNodes, listNodes } from '../../src/jobs/postgres-nodes.js';
import { MIGRATIONS, type Migration } from '../../src/jobs/postgres-schema.js';
import type { PageClaim } from '../../src/jobs/store.js';
import { type PostgresServer, postgresPrograms, startPostgres } from '../fixtures/postgres-server.js';
import { LIMITS, newJob, newKey, newPage } from './store.js';

const programs = postgresPrograms();
const NEW_NODE = { id: 'new', host: 'machine', role: 'serve', version: '1.2.3', threads: 2, devices: ['cpu'] } as const;
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

  describe('from the first schema', () => {
    /** A node of the release that made it, by the statements that it sends. */
    const oldNode = (id: string) => ({
      beSeen: () =>
        pool.query(
          `INSERT INTO nodes (id, host, role, version, threads) VALUES ($1, 'machine', 'serve', '0.0.1', 1)
           ON CONFLICT (id) DO UPDATE SET seen_at = now()`,
          [id],
        ),
      async claimPages(limit: number) {
        const { rows } = await pool.query('SELECT * FROM claim_pages($1, $2)', [limit, id]);
        return rows.map((row) => [row.page_index, row.attempt]);
      },
      async recoverPages(leaseMs: number) {
        const client = await pool.connect();
        try {
          await client.query('BEGIN');
          await client.query('SELECT pg_advisory_xact_lock(74002)');
          await client.query("DELETE FROM nodes WHERE seen_at < now() - $1 * interval '1 millisecond'", [leaseMs]);
          const { rows } = await client.query(
            `UPDATE pages SET status = 'pending', node = NULL FROM jobs
             WHERE jobs.no = job_no AND pages.status = 'processing'
               AND NOT EXISTS (SELECT FROM nodes WHERE nodes.id = node) RETURNING job_no, key_id`,
          );
          for (const table of ['key_turns WHERE key_id = $1', 'jobs WHERE no = $1']) {
            const [name, where] = table.split(' WHERE ');
            for (const row of rows) {
              await client.query(`UPDATE ${name} SET pending_pages = pending_pages + 1 WHERE ${where}`, [
                name === 'jobs' ? row.job_no : row.key_id,
              ]);
            }
          }
          await client.query('COMMIT');
          return rows.length;
        } finally {
          client.release();
        }
      },
    });

    /** A job of two pages, as that release accepted it; the first is being read by `old`. */
    async function firstRelease() {
      await migrate(pool, MIGRATIONS.slice(0, 1));
      await pool.query(`
        INSERT INTO keys VALUES ('a', 'key a', '\\x00', 'client', 'unlimited', true, 1, NULL);
        INSERT INTO balances VALUES ('a', 100, 90, 10, 0);
        INSERT INTO jobs (id, key_id, status, options, metered, upload_name, request_hash, created_at, page_count,
            credits_reserved, pending_pages, turn)
          VALUES ('job', 'a', 'pending', '{"mode":"auto"}', true, 'upload', 'hash', 1, 2, 10, 2, nextval('turns'));
        INSERT INTO pages (job_no, page_index, reserved) SELECT no, page, 5 FROM jobs, generate_series(0, 1) AS page;
        INSERT INTO key_turns VALUES ('a', 2, 1);
        INSERT INTO ledger (key_id, kind, credits, metered, at) VALUES ('a', 'grant', 100, true, 1);
        INSERT INTO ledger (key_id, kind, credits, metered, job_no, at) SELECT 'a', 'reserve', 10, true, no, 1 FROM jobs`);
      const old = oldNode('old');
      await old.beSeen();
      expect(await old.claimPages(1)).toEqual([[0, 1]]);
      return old;
    }

    const openNew = () => openPostgresStore({ url, connections: 2, node: 'new', leaseMs: 30_000 });

    test('a job that was under way is finished, to the credit', async () => {
      await firstRelease();
      const store = await openNew();
      await pool.query("UPDATE nodes SET seen_at = now() - interval '1 hour'");
      expect(await store.recoverPages()).toBe(1);
      const claims = await store.claimPages(5, 2);
      expect(claims.map(({ pageIndex, attempt, deaths }) => [pageIndex, attempt, deaths])).toEqual([
        [0, 2, 0],
        [1, 1, 0],
      ]);
      for (const claim of claims) expect(await store.completePage(claim, newPage(claim.pageIndex), 2)).toBe(true);
      expect(await store.getJob('a', 'job')).toMatchObject({ status: 'completed', pagesRead: 2, creditsUsed: 2 });
      expect(await store.credits('a')).toEqual({ granted: 100, available: 98, reserved: 0, used: 2 });
      await store.close();
    });

    test('nodes of it and of this release work side by side, and take over what the other left', async () => {
      const old = await firstRelease();
      const store = await openNew();
      const { leave } = await joinNodes(store, NEW_NODE, () => 2, { onRecovered() {}, onError() {} });
      expect((await store.claimPages(1, 2)).map(({ pageIndex }) => pageIndex)).toEqual([1]);
      await old.beSeen();
      expect(
        (await listNodes(store.connection)).map(({ id, devices, pagesHeld, secondsPerPage }) => ({
          id,
          devices,
          pagesHeld,
          secondsPerPage,
        })),
      ).toEqual([
        { id: 'old', devices: [], pagesHeld: 1, secondsPerPage: undefined },
        { id: 'new', devices: ['cpu'], pagesHeld: 1, secondsPerPage: 2 },
      ]);

      // This one gives up the old one, and reads its page; then the old one that of this one.
      await pool.query("UPDATE nodes SET seen_at = now() - interval '1 hour' WHERE id = 'old'");
      expect(await store.recoverPages()).toBe(1);
      const [claim] = (await store.claimPages(5, 2)) as [PageClaim];
      expect([claim.pageIndex, claim.attempt]).toEqual([0, 2]);
      expect(await store.completePage(claim, newPage(0), 2)).toBe(true);
      await old.beSeen();
      await leave();
      const other = oldNode('other');
      await other.beSeen();
      expect(await other.claimPages(5)).toEqual([[1, 2]]);
      await pool.query("UPDATE nodes SET seen_at = now() - interval '1 hour' WHERE id = 'other'");
      expect(await old.recoverPages(30_000)).toBe(1);
      expect(await old.claimPages(5)).toEqual([[1, 3]]);
      expect((await store.queue()).pendingPages).toBe(0);
      await store.close();
    });
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
