/** What the console shows of nodes that share a PostgreSQL database. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, keepJobsIn, startHarness } from '../contract/server-harness.js';
import { type PostgresServer, postgresPrograms, startPostgres } from '../fixtures/postgres-server.js';
import { describeInBrowser, watchPage } from './chromium.js';

/** Built by `npm test` before the tests run. */
const CONSOLE_DIR = join(import.meta.dirname, '../../dist/console');
const programs = postgresPrograms();

describeInBrowser('nodes in the console', (browser) => {
  const openAdministration = async (server: Harness) => {
    const page = await browser().newPage({ locale: 'en-GB' });
    const complaints = await watchPage(page, server.url);
    await page.goto(`${server.url}/#/admin`);
    await page.getByLabel('API key').fill((await server.createKey({ role: 'admin' })).key);
    await page.getByRole('button', { name: 'Open' }).click();
    // What came with the first answer is shown when there is a second.
    for (const _ of [1, 2]) await page.waitForResponse(`${server.url}/admin/nodes`);
    return { page, complaints };
  };

  test('are not shown where there can be no other', async () => {
    const server = await startHarness({ consoleDir: CONSOLE_DIR });
    const { page } = await openAdministration(server);
    expect(await page.getByRole('heading', { name: 'Queue and engine' }).count()).toBe(1);
    expect(await page.getByRole('heading', { name: 'Nodes' }).count()).toBe(0);
    await page.close();
    await server.close();
  });

  describe.runIf(programs !== undefined)('over PostgreSQL', () => {
    let postgres: PostgresServer;
    beforeAll(async () => {
      postgres = await startPostgres(programs as string);
      keepJobsIn(() => postgres);
    });
    afterAll(() => postgres.stop());

    test('are shown, with what they run on', async () => {
      const server = await startHarness({ consoleDir: CONSOLE_DIR });
      const { page, complaints } = await openAdministration(server);
      await page.getByRole('heading', { name: 'Nodes' }).waitFor();
      const row = page.getByRole('row').filter({ hasText: 'cuda:0, cuda:1' });
      expect((await row.getByRole('cell').allTextContents()).slice(1, 5)).toEqual([
        'serves and reads',
        'cuda:0, cuda:1',
        '2',
        '0',
      ]);
      expect(await row.getByRole('cell').nth(5).textContent()).toMatch(/^\d+ s ago$/);
      expect(complaints).toEqual({ foreign: [], errors: [] });
      await page.close();
      await server.close();
    });
  });
});
