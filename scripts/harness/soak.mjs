/**
 * Promise: memory is bounded. 5,000 mixed pages: the API process stays below 300 MB and the engine within its
 * configured cap, and after the first fifth neither grows by more than 1% a 1,000 pages, unless the engine was
 * replaced for its size meanwhile.
 *
 * Of 20 pages, 14 have a text layer that is read, 4 are small pictures (a receipt, a note, Chinese, 16 bits of gray),
 * one is a form or table and one a scan of a whole page. Each picture has a size of its own, since memory that
 * grows does so with shapes that were not seen before.
 */
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { openClient } from './client.mjs';
import { fixture, pageText, textPdf } from './documents.mjs';
import { between, runHarness } from './options.mjs';
import { engineRestarts } from './ordeal.mjs';
import { residentBytes, startServer, temporaryFolder } from './server.mjs';

const sharp = createRequire(import.meta.url)('sharp');

const MIB = 1024 * 1024;
const PAGES = 5_000;
const TEXT_PAGES_A_GROUP = 14;
const PAGES_A_GROUP = 20;
const SMALL = ['receipt.png', 'note.webp', 'chinese.png', 'gray-16-bit.png'];
const FORMS = ['table.png', 'table.pdf'];
const SCANS = ['scan.pdf', 'wrong-text-layer.pdf', 'rotated-90.pdf'];

const API_CAP_BYTES = 300 * MIB;
const ENGINE_CAP_BYTES = 1536 * MIB;
const MAX_DRIFT = 0.01;
const SAMPLE_MS = 500;
const GROUPS_AT_ONCE = 4;
/** A trend over fewer pages than this is noise. */
const LEAST_PAGES_FOR_DRIFT = 2_000;

await runHarness('soak', async ({ count, random }) => {
  const dataDir = temporaryFolder('soak');
  const server = await startServer({
    dataDir,
    settings: { OMEGA_ENGINE_MEMORY_BYTES: String(ENGINE_CAP_BYTES), OMEGA_THREADS: '2' },
  });
  const client = openClient({ url: server.url, key: await server.firstKey() });
  const groups = Math.ceil(count(PAGES) / PAGES_A_GROUP);
  let pages = 0;
  let failed = 0;

  const samples = [];
  const sampling = setInterval(() => {
    const [engine] = server.enginePids();
    samples.push({ pages, api: residentBytes(server.pid), engine: engine ? residentBytes(engine) : 0 });
  }, SAMPLE_MS);

  let started = 0;
  const work = async () => {
    while (started < groups) {
      const number = started++;
      for (const document of await documentsOf(number, random)) {
        const { status, body } = await client.submit(document.bytes, { fields: document.fields });
        if (status !== 202) throw new Error(`a document was answered ${status} ${body.detail}`);
        const job = await client.ended(body.jobId, 120_000);
        failed += job.page_count - job.pages_processed;
        pages += job.page_count;
      }
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: GROUPS_AT_ONCE }, work));
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(sampling);
  await delay(2 * SAMPLE_MS);
  const restarts = await engineRestarts(client);
  await server.stop();

  const largest = (name) => Math.max(...samples.map((sample) => sample[name]));
  const settled = samples.filter((sample) => sample.pages >= pages / 5);
  const drifts = { api: driftOf(settled, 'api'), engine: driftOf(settled, 'engine') };
  const broken = [];
  if (failed > 0) broken.push(`${failed} pages failed`);
  if (largest('api') > API_CAP_BYTES) broken.push(`the API process took ${mib(largest('api'))}`);
  if (largest('engine') > ENGINE_CAP_BYTES) broken.push(`the engine took ${mib(largest('engine'))}`);
  if (pages * 0.8 >= LEAST_PAGES_FOR_DRIFT) {
    if (drifts.api > MAX_DRIFT) broken.push(`the API process grows by ${percent(drifts.api)} a 1,000 pages`);
    if (drifts.engine > MAX_DRIFT && restarts === 0) {
      broken.push(`the engine grows by ${percent(drifts.engine)} a 1,000 pages and was not replaced`);
    }
  }
  return {
    summary:
      `${pages} pages, ${(pages / seconds).toFixed(1)} a second: API ${mib(largest('api'))} at most, ` +
      `${percent(drifts.api)} a 1,000 pages; engine (2 threads) ${mib(largest('engine'))} of ` +
      `${mib(ENGINE_CAP_BYTES)}, ${percent(drifts.engine)} a 1,000 pages, replaced ${restarts} times`,
    broken,
  };
});

/** The documents of a group of 20 pages. */
async function documentsOf(number, random) {
  const texts = Array.from({ length: TEXT_PAGES_A_GROUP }, (_, pageIndex) => pageText(number, pageIndex));
  const pick = (names) => names[between(random, 0, names.length - 1)];
  const pictures = await Promise.all([...SMALL, 'table.png'].map((name) => resized(fixture(name), random)));
  const read = pictures.map((bytes) => ({ bytes, fields: {} }));
  if (number % 2 === 0) read[4] = { bytes: fixture(pick(FORMS)), fields: { text_layer: 'ignore' } };
  read.push({ bytes: fixture(pick(SCANS)), fields: { text_layer: 'ignore', pages: '1' } });
  return [{ bytes: textPdf(texts), fields: {} }, ...read];
}

/** The picture at 70% to 120% of its size. */
async function resized(bytes, random) {
  const { width } = await sharp(bytes).metadata();
  const picture = sharp(bytes).resize(Math.round(width * (0.7 + 0.5 * random())));
  return picture.png().toBuffer();
}

/** Growth a 1,000 pages as a share of the mean: the slope of the least-squares line. */
function driftOf(samples, name) {
  if (samples.length < 2) return 0;
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanPages = mean(samples.map(({ pages }) => pages));
  const meanBytes = mean(samples.map((sample) => sample[name]));
  const spread = mean(samples.map(({ pages }) => (pages - meanPages) ** 2));
  const shared = mean(samples.map((sample) => (sample.pages - meanPages) * (sample[name] - meanBytes)));
  return spread === 0 ? 0 : ((shared / spread) * 1_000) / meanBytes;
}

function mib(bytes) {
  return `${Math.round(bytes / MIB)} MiB`;
}

function percent(share) {
  return `${(share * 100).toFixed(2)}%`;
}
