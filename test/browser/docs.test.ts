/** The documentation page in a real browser. Chromium is looked for, never downloaded. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, startHarness } from '../contract/server-harness.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const executablePath = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

if (executablePath === undefined) {
  console.warn(`NOT TESTED: /docs in a browser. None of ${NAMES.join(', ')} is on the PATH.`);
}

describe.skipIf(executablePath === undefined)('/docs in a browser', () => {
  let server: Harness;
  let browser: Browser;

  beforeAll(async () => {
    server = await startHarness();
    // Without a sandbox, which containers do not allow; the page is our own.
    browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test('shows every operation, asks nobody else for anything and reports no error', async () => {
    const page = await browser.newPage();
    const foreign: string[] = [];
    const errors: string[] = [];
    await page.route('**/*', (route) => {
      const url = route.request().url();
      if (url.startsWith(server.url) || url.startsWith('data:')) return route.continue();
      foreign.push(url);
      return route.abort();
    });
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(`${server.url}/docs`);
    await page.locator('#operations-jobs-submitDocument').waitFor();
    const shown = await page.locator('.opblock-summary-path').evaluateAll((paths) => paths.length);
    const described = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: Record<string, object> };
    expect(shown).toBe(Object.values(described.paths).flatMap((path) => Object.keys(path)).length);
    expect(foreign).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('sends a request with the key that was entered', async () => {
    const { key, id } = await server.createKey();
    const page = await browser.newPage();
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
