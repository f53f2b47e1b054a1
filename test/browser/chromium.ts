/** A real browser for tests. Chromium is looked for, never downloaded. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const executablePath = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** A suite with a browser; where there is none, it says loudly that it was not run. */
export function describeInBrowser(name: string, suite: (browser: () => Browser) => void): void {
  if (executablePath === undefined) console.warn(`NOT TESTED: ${name}. None of ${NAMES.join(', ')} is on the PATH.`);
  describe.skipIf(executablePath === undefined)(name, () => {
    let browser: Browser;
    beforeAll(async () => {
      // Without a sandbox, which containers do not allow; the pages are our own.
      browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox'] });
    });
    afterAll(() => browser?.close());
    suite(() => browser);
  });
}

export interface Complaints {
  /** Addresses elsewhere that the page asked for. */
  readonly foreign: string[];
  /** Uncaught errors and what the browser printed as errors, violations of the content policy among them. */
  readonly errors: string[];
}

/** What a page must not do. Requests to other servers are stopped. REQUIRES: called before the page is opened. */
export async function watchPage(page: Page, serverUrl: string): Promise<Complaints> {
  const complaints: Complaints = { foreign: [], errors: [] };
  await page.route('**/*', (route) => {
    const url = route.request().url();
    if (url.startsWith(serverUrl) || url.startsWith('data:') || url.startsWith('blob:')) return route.continue();
    complaints.foreign.push(url);
    return route.abort();
  });
  page.on('pageerror', (error) => complaints.errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.errors.push(message.text());
  });
  return complaints;
}
