/** The suites of the API once more, over servers that keep their jobs in PostgreSQL. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PostgresStore } from '../../src/jobs/postgres.js';
import type { JobReceipt } from '../../src/schema/job.js';
import type { NodeList } from '../../src/schema/node.js';
import { type PostgresServer, postgresPrograms, startPostgres } from '../fixtures/postgres-server.js';
import { formOf, type Harness, keepJobsIn, scripted, startHarness } from './server-harness.js';

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

  describe('several nodes', () => {
    let server: Harness;
    beforeEach(async () => {
      server = await startHarness();
      const { connection } = server.store as PostgresStore;
      await connection.rows(
        `INSERT INTO nodes (id, host, role, version, threads, devices, seconds_per_page) VALUES
           ('fast', 'there', 'worker', '1.2.3', 8, '{cuda:0}', 0.25), ('slow', 'there', 'worker', '1.2.3', 1, '{cpu}', 0.5),
           ('old', 'there', 'worker', '1.2.2', 1, '{}', NULL), ('api', 'there', 'serve', '1.2.3', 0, '{}', 2)`,
      );
    });
    afterEach(() => server.close());

    test('the time that a job will take is told by what every node has measured', async () => {
      const { key } = await server.createKey();
      server.engine.shut();
      const submit = async (pages: number) => {
        const form = formOf(scripted({ pages }));
        const answer = await fetch(`${server.url}/v1/ocr`, {
          method: 'POST',
          headers: { 'x-api-key': key },
          body: form,
        });
        return ((await answer.json()) as JobReceipt).estimatedCompletionSeconds;
      };
      // Here and on the old node half a page a second, as nothing is known of them; four and two on the others.
      expect(await submit(14)).toBe(2);
      expect(await submit(1)).toBe(3);
    });

    test('all are shown, in the order in which they came', async () => {
      const { key } = await server.createKey({ role: 'admin' });
      const answer = await fetch(`${server.url}/admin/nodes`, { headers: { 'x-api-key': key } });
      const { shared, nodes } = (await answer.json()) as NodeList;
      expect([shared, nodes.length]).toEqual([true, 5]);
      expect(nodes.slice(1).map(({ id, threads, devices }) => [id, threads, devices])).toEqual([
        ['api', 0, []],
        ['fast', 8, ['cuda:0']],
        ['old', 1, []],
        ['slow', 1, ['cpu']],
      ]);
    });
  });
});
