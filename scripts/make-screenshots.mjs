#!/usr/bin/env node
/**
 * Makes docs/images/console.png, the README's picture of the web console: a report of ours is printed by Chromium, sent
 * to a server that runs for this alone, read by the real engine, and looked at.
 *
 *     npm run screenshots
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PICTURE = join(ROOT, 'docs/images/console.png');
const SIZE = { width: 1280, height: 800 };
/** Sharp on dense screens, and still a file of few hundred kilobytes. */
const PIXEL_RATIO = 1.5;

const REPORT = `
  <style>
    body { font: 13pt/1.55 Georgia, 'DejaVu Serif', serif; margin: 0 }
    h1 { font-size: 27pt; margin: 0 0 4pt }
    h2 { font-size: 16pt; margin: 22pt 0 4pt }
    table { border-collapse: collapse; width: 100%; margin: 14pt 0; font-size: 12pt }
    td, th { border-bottom: 0.5pt solid #999; padding: 5pt 8pt; text-align: left }
    td:not(:first-child), th:not(:first-child) { text-align: right }
    section { break-after: page }
  </style>
  <section>
    <h1>Harbour Library</h1>
    <p>Report for the year, as read to the members on the second of March.</p>
    <h2>The reading room</h2>
    <p>After eleven weeks of repairs the reading room is open again. The roof no longer leaks, the lamps are new, and the
      long oak tables have been sanded and oiled. Visits are back to what they were before the storm.</p>
    <table>
      <tr><th>Quarter</th><th>Visits</th><th>Loans</th><th>New members</th></tr>
      <tr><td>January to March</td><td>4,218</td><td>1,906</td><td>57</td></tr>
      <tr><td>April to June</td><td>2,877</td><td>1,312</td><td>31</td></tr>
      <tr><td>July to September</td><td>5,034</td><td>2,250</td><td>88</td></tr>
      <tr><td>October to December</td><td>6,192</td><td>2,718</td><td>104</td></tr>
    </table>
    <h2>What comes next</h2>
    <ol>
      <li>A lift to the map room, so that everyone can reach it.</li>
      <li>Evening hours on two days of the week from April.</li>
      <li>The catalogue of the harbour's charts, drawn between 1840 and 1911.</li>
    </ol>
  </section>
  ${['Accounts', 'Donations', 'The map room', 'Members', 'Thanks']
    .map(
      (title, index) =>
        `<section><h1>${title}</h1>${'<p>The balance on the thirtieth of June was 1,284.50. The new lamps cost 946.00, of which 300.00 were given by the town. The auditors found the books in order and the minutes of the last meeting were approved without change.</p>'.repeat(3 + (index % 3))}</section>`,
    )
    .join('')}`;

const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
const dataDir = await mkdtemp(join(tmpdir(), 'omega-screenshots-'));
const server = spawn(process.execPath, [join(ROOT, 'dist/main.js'), 'serve'], {
  env: { ...process.env, OMEGA_PORT: '0', OMEGA_DATA_DIR: dataDir, OMEGA_LOG_LEVEL: 'error' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const { url, key } = await firstWords(server.stdout);
  await photograph(url, key, await print(REPORT));
} finally {
  await browser.close();
  const gone = new Promise((resolve) => server.once('close', resolve));
  server.kill();
  await gone;
  await rm(dataDir, { recursive: true });
}

function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`A picture needs a browser: none of ${names.join(', ')} is on the PATH.`);
  return path;
}

/** The server's address and the key that a first start prints. */
async function firstWords(output) {
  let url;
  for await (const line of createInterface({ input: output })) {
    url ??= /listens on (\S+)/.exec(line)?.[1];
    const key = /sk_live_\S+/.exec(line)?.[0];
    if (url !== undefined && key !== undefined) return { url, key };
  }
  throw new Error('The server ended before it was ready.');
}

async function print(html) {
  const page = await browser.newPage();
  await page.setContent(html);
  const pdf = await page.pdf({ format: 'A4', margin: { top: '24mm', bottom: '24mm', left: '24mm', right: '24mm' } });
  await page.close();
  return pdf;
}

async function photograph(url, key, pdf) {
  const page = await browser.newPage({
    viewport: SIZE,
    deviceScaleFactor: PIXEL_RATIO,
    colorScheme: 'light',
    locale: 'en-GB',
  });
  await page.goto(url);
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('Options').click();
  // The pages are read from their pictures, as a scan's would be.
  await page.getByLabel('A PDF’s own text').selectOption('ignore');
  await page
    .getByLabel('Choose files')
    .setInputFiles({ name: 'Annual report.pdf', mimeType: 'application/pdf', buffer: pdf });
  await page.getByRole('link', { name: 'Annual report.pdf' }).click();
  await page.locator('.job-status', { hasText: /^6 pages/ }).waitFor({ timeout: 180_000 });
  await page.locator('.paper canvas:not(.is-empty)').waitFor();
  await page.locator('.page-text td', { hasText: '5,034' }).hover();
  const png = await page.screenshot();
  const { size } = await sharp(png).png({ palette: true, colors: 128, effort: 10 }).toFile(PICTURE);
  console.error(`docs/images/console.png: ${Math.round(size / 1000)} kB`);
}
