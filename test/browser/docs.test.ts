/** The documentation page in a real browser. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Harness, startHarness } from '../contract/server-harness.js';
import { describeInBrowser, watchPage } from './chromium.js';

describeInBrowser('/docs in a browser', (browser) => {
  let server: Harness;
  beforeAll(async () => {
    server = await startHarness();
  });
  afterAll(() => server?.close());

  test('shows every operation, asks nobody else for anything and reports no error', async () => {
    const page = await browser().newPage();
    const complaints = await watchPage(page, server.url);
    await page.goto(`${server.url}/docs`);
    await page.locator('#operations-jobs-submitDocument').waitFor();
    const shown = await page.locator('.opblock-summary-path').evaluateAll((paths) => paths.length);
    const described = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: Record<string, object> };
    expect(shown).toBe(Object.values(described.paths).flatMap((path) => Object.keys(path)).length);
    expect(complaints).toEqual({ foreign: [], errors: [] });
  });

  test('sends a request with the key that was entered', async () => {
    const { key, id } = await server.createKey();
    const page = await browser().newPage();
    await page.goto(`${server.url}/docs`);
    await page.locator('.btn.authorize').first().click();
    await page.locator('.auth-container input').fill(key);
    await page.locator('.auth-btn-wrapper .authorize').click();
    await page.locator('.btn-done').click();
    const usage = page.locator('#operations-account-getUsage');
    await usage.locator('.opblock-summary-control').click();
    await usage.locator('.try-out__btn').click();
    await usage.locator('.execute').click();
    const answer = usage.locator('.live-responses-table tr.response .response-col_description');
    await expect.poll(() => answer.textContent(), { timeout: 10_000 }).toContain(`"key_id": "${id}"`);
  });
});
