/** The web console in a real browser, on a whole server whose engine alone is scripted. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Block, Quad } from '../../src/schema/document.js';
import { type Harness, type Script, startHarness } from '../contract/server-harness.js';
import { makePdf } from '../fixtures/make-pdf.js';
import { type Complaints, describeInBrowser, watchPage } from './chromium.js';

/** Built by `npm test` before the tests run. */
const CONSOLE_DIR = join(import.meta.dirname, '../../dist/console');

/** A PDF that opens, whose first line is what the scripted engine reads. */
function document(name: string, script: Script) {
  const pages = Array.from({ length: script.pages }, () => ({ content: '0 0 100 40 re f', entries: '' }));
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
    await page.locator('.job-status', { hasText: '3 pages' }).waitFor();

    // The picture is the user's own file, drawn here.
    await page.locator('.paper canvas:not(.is-empty)').waitFor();
    const lagoon = page.locator('.page-text .word', { hasText: 'lagoon' });
    const place = page.locator(`.overlay [data-ref="${await lagoon.getAttribute('data-ref')}"]`);
    await lagoon.hover();
    await expect.poll(() => place.getAttribute('class')).toContain('is-pointed');
    await page.locator('.page-text h3').hover();
    await expect.poll(() => place.getAttribute('class')).not.toContain('is-pointed');
    await place.hover();
    await expect.poll(() => lagoon.getAttribute('class')).toContain('is-pointed');
    expect(await page.locator('.page-text .doubtful').allInnerTexts()).toEqual([expect.stringContaining('lagoon')]);
    expect(await page.locator('.page-text td').allInnerTexts()).toEqual(['Ferry pier', '203']);
    expect(await page.locator('.routing').textContent()).toContain('paddle');

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
});
