/** The suites of the API once more, over servers that keep their jobs in PostgreSQL. */
import { afterAll, beforeAll, describe } from 'vitest';
import { type PostgresServer, postgresPrograms, startPostgres } from '../fixtures/postgres-server.js';
import { keepJobsIn } from './server-harness.js';

const programs = postgresPrograms();

describe.runIf(programs !== undefined)('over PostgreSQL', () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres(programs as string);
    keepJobsIn(() => postgres);
  });
  afterAll(() => postgres.stop());

  describe('the API', async () => void (await import('./server.test.js')));
  describe('results', async () => void (await import('./results.test.js')));
});
