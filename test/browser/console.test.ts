/** The web console in a real browser, on a whole server whose engine alone is scripted. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Block, Quad } from '../../src/schema/document.js';
import { type Harness, type Script, startHarness } from '../contract/server-harness.js';
import { makePdf } from '../fixtures/make-pdf.js';
import { type Complaints, describeInBrowser, watchPage } from './chromium.js';

/** Built by `npm test` before the tests run. */
const CONSOLE_DIR = join(import.meta.dirname, '../../dist/console');

/** A PDF that opens, whose first line is what the scripted engine reads. */
function document(name: string, script: Script) {
  const pages = Array.from({ length: script.pages }, () => ({
    content: '0 0 100 40 re f',
    entries: '/MediaBox [0 0 100 200]',
  }));
  const [, ...rest] = makePdf(pages).toString('latin1').split('\n');
  return {
    name,
    mimeType: 'application/pdf',
    buffer: Buffer.from([`%PDF- ${JSON.stringify(script)}`, ...rest].join('\n'), 'latin1'),
  };
}

const quad = (x: number, y: number, width: number, height: number): Quad => [
  { x, y },
  { x: x + width, y },
  { x: x + width, y: y + height },
  { x, y: y + height },
];

const line = (text: string, y: number, confidence = 0.99) => ({
  text,
  quad: quad(10, y, 80, 8),
  confidence,
  source: 'test',
});

/** Pages are 100 × 200 pixels. */
const RICH: readonly Block[] = [
  {
    type: 'title',
    level: 1,
    rect: { x: 10, y: 10, width: 80, height: 8 },
    confidence: 0.99,
    lines: [line('Tide tables', 10)],
  },
  {
    type: 'text',
    rect: { x: 10, y: 30, width: 80, height: 20 },
    confidence: 0.9,
    lines: [
      {
        ...line('The lagoon is calm', 30, 0.8),
        words: [
          { text: 'The', quad: quad(10, 30, 15, 8), confidence: 0.99 },
          { text: 'lagoon', quad: quad(28, 30, 30, 8), confidence: 0.42 },
          { text: 'is', quad: quad(60, 30, 8, 8), confidence: 0.98 },
          { text: 'calm', quad: quad(70, 30, 20, 8), confidence: 0.99 },
        ],
      },
    ],
  },
  {
    type: 'table',
    rect: { x: 10, y: 60, width: 80, height: 20 },
    confidence: 0.99,
    lines: [line('Ferry pier', 60), line('203', 70)],
    table: {
      rows: 1,
      columns: 2,
      cells: [
        {
          row: 0,
          column: 0,
          rowSpan: 1,
          columnSpan: 1,
          text: 'Ferry pier',
          rect: { x: 10, y: 60, width: 40, height: 10 },
          header: false,
          confidence: 0.99,
        },
        {
          row: 0,
          column: 1,
          rowSpan: 1,
          columnSpan: 1,
          text: '203',
          rect: { x: 50, y: 60, width: 40, height: 10 },
          header: false,
          confidence: 0.99,
        },
      ],
    },
  },
  { type: 'figure', rect: { x: 10, y: 100, width: 40, height: 40 }, confidence: 0.9, lines: [] },
];

describeInBrowser('the console in a browser', (browser) => {
  let server: Harness;
  let context: BrowserContext;
  let page: Page;
  let complaints: Complaints;

  beforeEach(async () => {
    server = await startHarness({ consoleDir: CONSOLE_DIR, maxPages: 400, maxUploadBytes: 1_000_000 });
    context = await browser().newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
    page = await context.newPage();
    complaints = await watchPage(page, server.url);
    await page.goto(server.url);
  });
  afterEach(async () => {
    await context.close();
    await server.close();
    expect(complaints.foreign).toEqual([]);
  });

  const signIn = async (key: string) => {
    await page.getByLabel('API key').fill(key);
    await page.getByRole('button', { name: 'Open' }).click();
  };
  const newKey = async (...options: Parameters<Harness['createKey']>) => (await server.createKey(...options)).key;
  const choose = (...files: ReturnType<typeof document>[]) => page.getByLabel('Choose files').setInputFiles(files);
  const text = () => page.locator('.page-text').textContent();

  test('a document is sent, read page by page before one’s eyes, looked at, saved and deleted', async () => {
    await signIn(await newKey());
    server.engine.shut();
    await choose(document('tides.pdf', { pages: 3, blocks: RICH }));
    await page.getByRole('link', { name: 'tides.pdf' }).click();
    await page.getByText('The first page appears here').waitFor();
    await expect.poll(() => server.engine.status().inFlight).toBeGreaterThan(0);
    server.engine.open(1);
    await page.getByText('1 of 3 pages').waitFor();
    expect(await text()).toContain('The lagoon');
    server.engine.open();
    await page.locator('.job-status', { hasText: /^3 pages/ }).waitFor();

    // The picture is the user's own file, drawn here.
    await page.locator('.paper canvas:not(.is-empty)').waitFor();
    const lagoon = page.locator('.page-text .word', { hasText: 'lagoon' });
    const place = page.locator(`.overlay [data-ref="${await lagoon.getAttribute('data-ref')}"]`);
    await lagoon.hover();
    await expect.poll(() => place.getAttribute('class')).toContain('is-pointed');
    await page.locator('.page-text h2').hover();
    await expect.poll(() => place.getAttribute('class')).not.toContain('is-pointed');
    await place.hover();
    await expect.poll(() => lagoon.getAttribute('class')).toContain('is-pointed');
    expect(await page.locator('.page-text .doubtful').allInnerTexts()).toEqual([expect.stringContaining('lagoon')]);
    expect(await page.locator('.page-text td').allInnerTexts()).toEqual(['Ferry pier', '203']);
    expect(await page.locator('.routing').textContent()).toContain('paddle');
    const figure = page.getByRole('img', { name: 'Figure' });
    const side = async (name: 'width' | 'height') => Number(await figure.getAttribute(name));
    expect((await side('width')) / (await side('height'))).toBeCloseTo(1, 1);

    await page.getByText('Download', { exact: true }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Markdown .md' }).click();
    expect((await download).suggestedFilename()).toBe('tides.md');
    expect(await readFile(await (await download).path(), 'utf8')).toContain('| Ferry pier | 203 |');

    await page.getByRole('button', { name: 'Delete tides.pdf' }).click();
    await page.getByRole('button', { name: 'Delete it' }).click();
    await page.getByText('Nothing read yet').waitFor();
    expect(complaints.errors).toEqual([]);
  });

  test('a key that is not valid is told so, and kept nowhere', async () => {
    await signIn('sk_live_0000000000000000_wrong');
    await page.getByRole('alert').getByText('The header X-API-Key must hold a valid API key.').waitFor();
    expect(await page.evaluate('JSON.stringify({ ...sessionStorage, ...localStorage })')).not.toContain('wrong');
    await signIn(await newKey());
    await page.getByText('Drop documents here').waitFor();
  });

  test('a key that is revoked meanwhile leads back to where one is asked for', async () => {
    const { id, key } = await server.createKey();
    await signIn(key);
    await page.getByText('Nothing read yet').waitFor();
    await server.store.revokeKey(id, 'test', Date.now());
    await page.getByRole('link', { name: 'Usage' }).click();
    await page.getByRole('alert').getByText('The header X-API-Key must hold a valid API key.').waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });

  test('the key goes into headers alone: no address, no log', async () => {
    const key = await newKey();
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    await signIn(key);
    await choose(document('a.pdf', { pages: 1 }));
    await page.getByRole('link', { name: 'a.pdf' }).click();
    await page.locator('.page-text').waitFor();
    expect(addresses.length).toBeGreaterThan(3);
    expect(addresses.filter((address) => address.includes('sk_live'))).toEqual([]);
    expect(page.url()).not.toContain('sk_live');
    expect(server.logs()).not.toContain(key);
  });

  test('no script, style or worker but the server’s own files may run', async () => {
    const policyOf = async (path: string) =>
      (await fetch(new URL(path, server.url))).headers.get('content-security-policy')?.split('; ') ?? [];
    const policy = await policyOf('/');
    expect(policy).toEqual(expect.arrayContaining(["default-src 'none'", "script-src 'self'", "style-src 'self'"]));
    expect(policy.join()).not.toContain('unsafe');
    const worker = (await readdir(join(CONSOLE_DIR, 'assets'))).find((name) => /^render-worker.*\.js$/.test(name));
    expect(await policyOf(`/assets/${worker}`)).toContain("script-src 'self' 'wasm-unsafe-eval'");
    const hasRun = await page.evaluate(`(() => {
      const element = document.createElement('script');
      element.textContent = 'globalThis.hasRun = true';
      document.body.append(element);
      return globalThis.hasRun === true;
    })()`);
    expect(hasRun).toBe(false);
  });

  test('too few credits are told with how many are needed, and the document can be sent again', async () => {
    const { id, key } = await server.createKey({}, 2);
    await signIn(key);
    await choose(document('long.pdf', { pages: 3 }));
    await page.getByRole('alert').getByText('Needed 3, available 2.').waitFor();
    await server.store.grantCredits(id, 1, 'test', Date.now());
    await page.getByRole('button', { name: 'Send again' }).click();
    await page.getByRole('link', { name: 'long.pdf' }).waitFor();
    await page.getByText('3 credits').waitFor();
  });

  test('at the rate limit sending waits, counts down and goes on by itself', async () => {
    await page.clock.install();
    const key = await newKey({ plan: 'free' });
    for (let call = 0; call < 8; call++) await fetch(`${server.url}/v1/usage`, { headers: { 'x-api-key': key } });
    // The ninth and the tenth: the account and the list.
    await signIn(key);
    await page.getByText('Nothing read yet').waitFor();
    await choose(document('late.pdf', { pages: 1 }));
    await page.getByText('Tried again in').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(/allows 10 requests .* Tried again in (59|60) min|1 h/);
    server.advance(3_600_000);
    await page.clock.fastForward(3_600_000);
    await page.getByRole('link', { name: 'late.pdf' }).waitFor();
  });

  test('a page that failed says why, costs nothing, and the others are there', async () => {
    await signIn(await newKey());
    await choose(document('torn.pdf', { pages: 3, failing: [2] }));
    await page.getByText(', 1 failed').waitFor();
    await page.getByRole('link', { name: 'torn.pdf' }).click();
    await page.getByRole('option', { name: 'Page 2, failed' }).click();
    await page.getByRole('alert').getByText('The page is damaged.').waitFor();
    await page.getByText('Page 2 cost nothing.').waitFor();
    await page.keyboard.press('ArrowRight');
    await expect.poll(text).toContain('secret 3');
  });

  test('a broken connection is told, and taken up again where it broke', async () => {
    const key = await newKey();
    const lastEventIds: (string | undefined)[] = [];
    await page.route('**/events', async (route) => {
      lastEventIds.push(route.request().headers()['last-event-id']);
      if (lastEventIds.length > 1) return route.continue();
      const whole = await (await route.fetch()).text();
      // The first page is whole, the second is cut off.
      await route.fulfill({ contentType: 'text/event-stream', body: whole.slice(0, whole.indexOf('id: 2') + 40) });
    });
    await signIn(key);
    await choose(document('wire.pdf', { pages: 3 }));
    await page.getByRole('link', { name: 'wire.pdf' }).click();
    await page.getByRole('option', { name: /^Page 3/ }).waitFor();
    expect(lastEventIds).toEqual([undefined, '1']);
    expect(await page.getByRole('option').count()).toBe(3);
  });

  test('while there is no connection, it says so and counts down', async () => {
    await signIn(await newKey());
    server.engine.shut();
    await page.route('**/events', (route) => route.abort());
    await choose(document('wire.pdf', { pages: 1 }));
    await page.getByRole('link', { name: 'wire.pdf' }).click();
    await page.getByRole('alert').getByText('The server does not answer').waitFor();
    await page.getByText('Tried again in').waitFor();
    await page.unroute('**/events');
    server.engine.open();
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.locator('.page-text').waitFor();
  });

  test('three hundred pages: a handful of them exist, each is asked for once, the last is a key press away', async () => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await signIn(await newKey());
    await choose(document('book.pdf', { pages: 300 }));
    await page.getByRole('link', { name: 'book.pdf' }).click();
    await page.locator('.job-status', { hasText: /^300 pages/ }).waitFor();
    const rail = page.getByRole('listbox', { name: 'Pages' });
    await rail.focus();
    await page.keyboard.press('End');
    await expect.poll(text).toContain('secret 300');
    await page.getByLabel('Search the document').fill('secret 123');
    await expect.poll(text).toContain('secret 123');
    expect(await page.getByRole('option').count()).toBeLessThan(30);
    expect(await page.getByRole('option', { name: 'Page 123', exact: false }).getAttribute('aria-setsize')).toBe('300');
    expect(asked.filter((path) => path.endsWith('/events'))).toHaveLength(1);
    expect(asked.filter((path) => /^\/v1\/jobs\/[^/]+$/.test(path))).toEqual([]);
  });

  test('after a reload there is the text at its places, and the picture once the file is chosen', async () => {
    await signIn(await newKey());
    const file = document('kept.pdf', { pages: 1, blocks: RICH });
    await choose(file);
    await page.getByRole('link', { name: 'kept.pdf' }).click();
    await page.locator('.paper canvas:not(.is-empty)').waitFor();
    await page.reload();
    await page.locator('.overlay .written', { hasText: 'The lagoon is calm' }).waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('kept.pdf');
    await page.getByLabel('Choose the file to see it').setInputFiles(file);
    await page.locator('.paper canvas:not(.is-empty)').waitFor();
    expect(await page.locator('.overlay .written').count()).toBe(0);
    expect(complaints.errors).toEqual([]);
  });

  test('a form of the result that was not asked for is refused in the server’s words', async () => {
    await signIn(await newKey());
    await choose(document('plain.pdf', { pages: 1 }));
    await page.getByRole('link', { name: 'plain.pdf' }).click();
    await page.getByText('Download', { exact: true }).click();
    await page.getByRole('button', { name: 'Searchable PDF' }).click();
    await page.getByRole('alert').getByText('the job was submitted without searchable_pdf=true').waitFor();
  });

  test('a document without a searchable PDF is read again with one', async () => {
    const submitted: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') submitted.push(request.postDataBuffer()?.toString('latin1') ?? '');
    });
    await signIn(await newKey());
    await choose(document('plain.pdf', { pages: 1 }));
    await page.getByRole('link', { name: 'plain.pdf' }).click();
    await page.getByText('Download', { exact: true }).click();
    await page.getByRole('button', { name: 'Searchable PDF' }).click();
    await page.getByRole('button', { name: 'Read it again with one' }).click();
    await expect.poll(() => page.getByRole('link', { name: 'plain.pdf' }).count()).toBe(2);
    expect(submitted.map((form) => /name="searchable_pdf"\s+(\w+)/.exec(form)?.[1])).toEqual(['false', 'true']);
  });

  test('a damaged file is refused for good, one with a wrong option is not', async () => {
    await signIn(await newKey());
    await choose({ name: 'torn.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await page.getByRole('alert').getByText('Unsupported file type').waitFor();
    expect(await page.getByRole('button', { name: 'Send again' }).count()).toBe(0);
    await page.getByText('Options').click();
    await page.getByLabel('Pages').fill('7');
    await choose(document('short.pdf', { pages: 1 }));
    await page.getByRole('alert').getByText('Page out of range').waitFor();
    await page.getByLabel('Pages').fill('1');
    await page.getByRole('button', { name: 'Send again' }).click();
    await page.getByRole('link', { name: 'short.pdf' }).waitFor();
  });

  test('documents that were sent from elsewhere are told apart', async () => {
    const key = await newKey();
    await signIn(key);
    await choose(document('a.pdf', { pages: 1 }), document('b.pdf', { pages: 1 }));
    const ids = async () =>
      (await page.locator('.row a').evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''))).map(
        (path) => path.slice('#/jobs/'.length),
      );
    await expect.poll(async () => (await ids()).length).toBe(2);
    const sent = await ids();
    await page.evaluate('sessionStorage.clear()');
    await page.reload();
    await signIn(key);
    // Two are sent at the same time: either may be the newer one to the server.
    await expect
      .poll(async () => (await page.locator('.row a').allTextContents()).sort())
      .toEqual(sent.map((id) => `Document ${id.slice(0, 8)}`).sort());
  });

  test('on a desktop nothing is wider than the screen, options and refusals included', async () => {
    const width = () => page.evaluate('document.documentElement.scrollWidth');
    expect(await width()).toBe(1280);
    await signIn(await newKey({ role: 'admin' }));
    await choose({ name: 'torn.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await page.getByRole('alert').waitFor();
    await page.getByText('Options').click();
    expect(await width()).toBe(1280);
    for (const view of ['usage', 'admin']) {
      await page.goto(`${server.url}/#/${view}`);
      await page.locator('.sheet h2').first().waitFor();
      expect(await width()).toBe(1280);
    }
  });

  test('a job under way is cancelled after a question', async () => {
    await signIn(await newKey());
    server.engine.shut();
    await choose(document('wrong.pdf', { pages: 5 }));
    await page.getByRole('button', { name: 'Cancel wrong.pdf' }).click();
    await page.getByRole('button', { name: 'Keep it' }).click();
    expect(await page.getByRole('link', { name: 'wrong.pdf' }).count()).toBe(1);
    await page.getByRole('button', { name: 'Cancel wrong.pdf' }).click();
    await page.getByRole('button', { name: 'Cancel it' }).click();
    await page.getByText('Nothing read yet').waitFor();
    await expect.poll(() => server.uploads()).toEqual([]);
    await page.reload();
    await page.getByText('Nothing read yet').waitFor();
  });

  test('a search shows every hit, and Enter goes from one to the next over the pages', async () => {
    await signIn(await newKey());
    await choose(document('tides.pdf', { pages: 3, blocks: RICH }));
    await page.getByRole('link', { name: 'tides.pdf' }).click();
    await page.locator('.job-status', { hasText: /^3 pages/ }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('LAGOON');
    const box = page.getByRole('search');
    await box.getByText('1 of 3').waitFor();
    expect(await page.locator('.page-text mark').allTextContents()).toEqual(['lagoon']);
    expect(await page.locator('.overlay .hit').count()).toBe(1);
    await page.keyboard.press('Enter');
    await box.getByText('2 of 3').waitFor();
    expect(page.url()).toMatch(/\/2$/);
    await page.keyboard.press('Shift+Enter');
    await box.getByText('1 of 3').waitFor();
  });

  test('all of it goes by keyboard, and single keys can be turned off', async () => {
    await signIn(await newKey());
    await choose(document('tides.pdf', { pages: 2, blocks: RICH }));
    await page.getByRole('link', { name: 'tides.pdf' }).press('Enter');
    await page.locator('.page-text .doubtful').waitFor();
    await page.keyboard.press('d');
    await page.locator('.page-text .is-chosen', { hasText: 'lagoon' }).waitFor();
    await page.keyboard.press('m');
    await page.getByRole('tab', { name: 'Markdown', selected: true }).waitFor();
    await page.keyboard.press('w');
    await page.getByRole('button', { name: 'Words', pressed: true }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.getByLabel('Single keys do something').uncheck();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('w');
    await page.getByRole('button', { name: 'Words', pressed: true }).waitFor();
  });

  test('of a folder only documents are sent, and what is left out is told', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'omega-console-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'a.pdf'), document('a.pdf', { pages: 1 }).buffer);
    await writeFile(join(folder, 'notes.txt'), 'no document');
    await signIn(await newKey());
    await page.getByLabel('Choose a folder').setInputFiles(folder);
    await page.getByRole('link', { name: 'a.pdf' }).waitFor();
    await page.getByText('1 file left out').first().waitFor();
  });

  test('a file dropped anywhere is taken in, and the page stays', async () => {
    await signIn(await newKey());
    await choose(document('first.pdf', { pages: 1 }));
    await page.getByRole('link', { name: 'first.pdf' }).click();
    await page.locator('.page-text').waitFor();
    const { buffer } = document('dropped.pdf', { pages: 1 });
    const transfer = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([atob('${buffer.toString('base64')}')], 'dropped.pdf'));
      return transfer;
    })()`);
    await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
    await page.getByRole('link', { name: 'dropped.pdf' }).waitFor();
    await page.getByRole('link', { name: 'first.pdf' }).waitFor();
  });

  test('an administrator makes, changes and revokes keys, and sees the queue', async () => {
    await signIn(await newKey({ role: 'admin', name: 'head' }));
    await page.getByRole('link', { name: 'Admin' }).click();
    await page.getByText('Pages waiting').waitFor();
    const form = page.getByRole('form', { name: 'New key' });
    await form.getByLabel('Name').fill('Reading room');
    await form.getByLabel('Credits').fill('10');
    await form.getByRole('button', { name: 'Make a key' }).click();
    const secret = await page.locator('.secret').textContent();
    const usage = async () =>
      (await fetch(`${server.url}/v1/usage`, { headers: { 'x-api-key': secret ?? '' } })).json() as Promise<object>;
    expect(await usage()).toMatchObject({ metered: true, credits: { available: 10 }, plan: 'unlimited' });
    await page.getByRole('button', { name: 'I have it' }).click();
    expect(await page.content()).not.toContain(secret);

    await page.getByLabel('Plan of Reading room').selectOption('starter');
    await page.getByRole('button', { name: 'Add credits to Reading room' }).click();
    await page.getByRole('dialog').getByLabel('Credits').fill('5');
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
    await expect.poll(usage).toMatchObject({ credits: { available: 15 }, plan: 'starter' });
    await page.getByRole('button', { name: 'Revoke Reading room' }).click();
    await page.getByRole('button', { name: 'Revoke it' }).click();
    await page.getByText(/^revoked/).waitFor();
    await expect.poll(usage).toMatchObject({ status: 401 });
  });

  test('a client’s key sees no administration, and is told why where it goes there', async () => {
    await signIn(await newKey());
    await page.getByText('Drop documents here').waitFor();
    expect(await page.getByRole('link', { name: 'Admin' }).count()).toBe(0);
    await page.goto(`${server.url}/#/admin`);
    await page.getByText('This endpoint needs an administrator key').waitFor();
  });

  test('on a phone nothing is wider than the screen, and page and text are a tap apart', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    const width = () => page.evaluate('document.documentElement.scrollWidth');
    expect(await width()).toBe(360);
    await signIn(await newKey({ role: 'admin' }));
    await choose(document('a-name-that-is-longer-than-any-phone-is-wide.pdf', { pages: 2, blocks: RICH }));
    await page.getByText('2 pages').waitFor();
    expect(await width()).toBe(360);
    await page.getByRole('link', { name: 'a-name' }).click();
    await page.locator('.paper canvas:not(.is-empty)').waitFor();
    expect(await width()).toBe(360);
    expect(await page.locator('.page-text').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Text', exact: true }).click();
    await page.locator('.page-text').waitFor();
    expect(await page.locator('.paper').isVisible()).toBe(false);
    for (const view of ['usage', 'admin']) {
      await page.goto(`${server.url}/#/${view}`);
      await page.locator('.sheet h2').first().waitFor();
      expect(await width()).toBe(360);
    }
  });

  test('the colours are the system’s until someone chooses', async () => {
    const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.getByRole('button', { name: 'Colours' }).click();
    expect(await ground()).toBe(light);
    await page.reload();
    expect(await ground()).toBe(light);
  });
});
