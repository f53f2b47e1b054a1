/** Signals between nodes, and that a node whose connection breaks hears again. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Connection, connect } from '../../src/jobs/postgres-connection.js';
import { openSignals, type PostgresSignals } from '../../src/jobs/postgres-signals.js';
import type { Signal } from '../../src/jobs/signals.js';
import { type PostgresServer, postgresPrograms, startPostgres } from '../fixtures/postgres-server.js';

const programs = postgresPrograms();

describe.runIf(programs !== undefined)('signals', () => {
  let server: PostgresServer;
  let url: string;
  let connection: Connection;
  let first: PostgresSignals;
  let second: PostgresSignals;
  let heard: { first: Signal[]; second: Signal[] };
  beforeAll(async () => {
    server = await startPostgres(programs as string);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await server.createDatabase();
    connection = await connect({ url, connections: 2 });
    first = await openSignals(url, connection, 'first');
    second = await openSignals(url, connection, 'second');
    heard = { first: [], second: [] };
    first.listen((signal) => heard.first.push(signal));
    second.listen((signal) => heard.second.push(signal));
  });
  afterEach(async () => {
    await first.close();
    await second.close();
    await connection.close();
    await server.dropDatabase(url);
  });
  const sent = (signals: readonly Signal[]) => signals.filter(({ kind }) => kind !== 'missed');

  test('what a node sends the others hear, each thing once, and not the node itself', async () => {
    for (let times = 0; times < 100; times += 1) first.send({ kind: 'pages' });
    first.send({ kind: 'job', jobId: 'one' });
    first.send({ kind: 'cancelled', jobId: 'two' });
    await vi.waitFor(() => expect(sent(heard.second)).toHaveLength(3));
    expect(sent(heard.second)).toEqual([
      { kind: 'pages' },
      { kind: 'job', jobId: 'one' },
      { kind: 'cancelled', jobId: 'two' },
    ]);
    expect(sent(heard.first)).toEqual([]);
  });

  test('a node whose connection was cut is told that it may have missed something, and hears again', async () => {
    const admin = new pg.Client(url);
    await admin.connect();
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    );
    await admin.end();
    await vi.waitFor(() => expect(heard.second).toContainEqual({ kind: 'missed' }), { timeout: 10_000 });
    await vi.waitFor(
      () => {
        first.send({ kind: 'job', jobId: 'after' });
        expect(heard.second).toContainEqual({ kind: 'job', jobId: 'after' });
      },
      { timeout: 10_000, interval: 100 },
    );
  });

  test('everybody is told to look from time to time', async () => {
    await vi.waitFor(() => expect(heard.first).toContainEqual({ kind: 'missed' }), { timeout: 10_000 });
  });

  test('what a newer release sends is no signal', async () => {
    await connection.rows("SELECT pg_notify('omega', 'third weather rain')");
    second.send({ kind: 'pages' });
    await vi.waitFor(() => expect(sent(heard.first)).toEqual([{ kind: 'pages' }]));
  });
});
