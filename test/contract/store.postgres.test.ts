import { afterAll, beforeAll, describe } from 'vitest';
import { openPostgresStore } from '../../src/jobs/postgres.js';
import { type PostgresServer, postgresPrograms, startPostgres } from '../fixtures/postgres-server.js';
import { describeStore } from './store.js';

const programs = postgresPrograms();

describe.runIf(programs !== undefined)('PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(programs as string);
  });
  afterAll(() => server.stop());

  describeStore('the PostgreSQL store', async () => {
    const url = await server.createDatabase();
    return {
      open: () => openPostgresStore({ url, connections: 4, node: 'test', leaseMs: 30_000 }),
      dispose: () => server.dropDatabase(url),
    };
  });
});
