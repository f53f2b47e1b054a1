/**
 * Mutated documents and forms. All forms, every second PDF and a sixth of the images take the API's whole path:
 * received, inspected, analysed, read. The other documents are inspected and analysed by an engine of the harness's
 * own, which decodes and draws them as reading does; what reading adds to that are models, on pixels that are sound by
 * then.
 *
 * The API process goes on, every job ends, and nothing is left in the folder of uploads. Each case is made from the
 * seed and its number alone: `--case N` repeats one.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { openClient } from './client.mjs';
import { formSeeds, jpegSeeds, pdfSeeds, pngSeeds, tiffSeeds, webpSeeds } from './fuzz-seeds.mjs';
import { mendChecksums, mutate } from './mutations.mjs';
import { between, randomFrom, runHarness } from './options.mjs';
import { describeOutcomes, engineRestarts } from './ordeal.mjs';
import { ROOT, startServer, temporaryFolder } from './server.mjs';

const CASES = 20_400;
/** Cases of each kind in a row of 17. */
const KINDS = [
  'pdf',
  'png',
  'jpeg',
  'tiff',
  'webp',
  'form',
  'pdf',
  'jpeg',
  'tiff',
  'pdf',
  'png',
  'form',
  'pdf',
  'webp',
  'pdf',
  'tiff',
  'pdf',
];
const LANES = 12;
const PAGE_TIMEOUT_MS = 20_000;
/** Twelve lanes may wait for each other's deadlines. */
const JOB_TIMEOUT_MS = LANES * (PAGE_TIMEOUT_MS + 5_000);
const FORM_TIMEOUT_MS = 60_000;
/** Of a kind, one case in so many takes the whole path. */
const CASES_PER_READ = { pdf: 2, png: 6, jpeg: 6, tiff: 6, webp: 6 };
/** Of a document with more pages, only these are analysed. */
const ANALYSED_PAGES = 3;
const MAX_PAGE_PIXELS = 2_000_000;
const OPTIONS = { mode: 'auto', text_layer: 'auto', word_boxes: false, tables: true };
/** Sizes that mutations make up are cut off here: it is not the time that large pages take that is looked for. */
const SETTINGS = {
  OMEGA_PAGE_TIMEOUT_MS: String(PAGE_TIMEOUT_MS),
  OMEGA_MAX_PAGE_PIXELS: String(MAX_PAGE_PIXELS),
  OMEGA_MAX_PAGES: '20',
};
const BOUNDARY = 'harbour-7f3a';

await runHarness(
  'fuzz',
  async ({ count, seed, values }) => {
    const seeds = {
      pdf: pdfSeeds(),
      png: await pngSeeds(),
      jpeg: await jpegSeeds(),
      tiff: await tiffSeeds(),
      webp: await webpSeeds(),
      form: formSeeds(BOUNDARY, pdfSeeds()[0]),
    };
    const dataDir = temporaryFolder('fuzz');
    const server = await startServer({ dataDir, settings: SETTINGS });
    const client = openClient({ url: server.url, key: await server.firstKey() });
    const key = await server.firstKey();
    const { openEngine } = await import(join(ROOT, 'dist', 'engine', 'engine.js'));
    const engine = await openEngine({
      modelsDir: join(ROOT, 'models'),
      threads: 1,
      pageTimeoutMs: PAGE_TIMEOUT_MS,
      memoryLimitBytes: 2 ** 32,
      maxPagePixels: MAX_PAGE_PIXELS,
    });
    const folder = temporaryFolder('cases');
    const total = count(CASES);
    const numbers = (
      values.case === undefined ? Array.from({ length: total }, (_, i) => i) : [Number(values.case)]
    ).values();
    const outcomes = new Map();
    const broken = [];
    let done = 0;
    const lane = async () => {
      for (const number of numbers) {
        const { kind, bytes } = makeCase(seed, number, seeds);
        if (values.keep !== undefined) keep(values.keep, `${number}.${kind}`, bytes);
        const run = () => {
          if (kind === 'form') return submitForm(client, server.url, key, bytes, randomFrom((seed + number) >>> 0));
          const whole = number % CASES_PER_READ[kind] === 0;
          return whole ? submit(client, bytes) : analyse(engine, join(folder, String(number)), bytes);
        };
        const { outcome, problem } = await run().catch((error) => ({
          outcome: 'no answer',
          problem: error.message,
        }));
        const name = kind === 'form' ? `form ${outcome}` : outcome;
        outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
        if (problem !== undefined) {
          broken.push(`case ${number} (${kind}): ${problem}`);
          console.log(broken.at(-1));
        }
        if (!server.isAlive()) return;
        done += 1;
        if (done % 2_000 === 0)
          console.log(`${done} cases, ${await engineRestarts(client)} + ${engine.status().restarts} engine restarts`);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    if (!server.isAlive()) broken.push(`the API process ended: ${server.log()}`);
    const restarts = server.isAlive() ? await engineRestarts(client) : 'unknown';
    const ownRestarts = engine.status().restarts;
    await engine.close();
    await server.stop();
    const left = readdirSync(join(dataDir, 'uploads'));
    if (left.length > 0) broken.push(`${left.length} uploads are left`);
    const sorted = [...outcomes].sort(([, a], [, b]) => b - a);
    return {
      summary: `${done} cases: ${describeOutcomes(sorted)}; ${restarts} + ${ownRestarts} engine restarts`,
      broken,
    };
  },
  { '--case <n>': 'this one alone', '--keep <dir>': 'a folder into which the cases are written' },
);

function makeCase(seed, number, seeds) {
  // Far apart, so that neighbouring numbers share nothing.
  const random = randomFrom((seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0);
  const kind = KINDS[number % KINDS.length];
  const mutated = mutate(random, seeds[kind]);
  return { kind, bytes: kind === 'png' && random() < 0.7 ? mendChecksums(mutated) : mutated };
}

function keep(folder, name, bytes) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), bytes);
}

async function submit(client, bytes) {
  const { status, body } = await client.submit(bytes, { wait: 60 });
  if (status === 400) return { outcome: `refused: ${body.code}` };
  if (status !== 200 && status !== 202) return { outcome: `status ${status}`, problem: `${status} ${body.code}` };
  const job = status === 200 ? body : await client.ended(body.jobId, JOB_TIMEOUT_MS);
  const errors = [...new Set((job.results ?? []).flatMap(({ error }) => (error === undefined ? [] : [error.code])))];
  const problem = errors.includes('internal') ? 'a page ended with "internal"' : undefined;
  return { outcome: errors.length === 0 ? 'read' : `failed: ${errors.join(', ')}`, problem };
}

/** Without the API: what decoding the document comes to. */
async function analyse(engine, path, bytes) {
  writeFileSync(path, bytes);
  try {
    const { pageCount } = await engine.inspect(path);
    for (let pageIndex = 0; pageIndex < Math.min(pageCount, ANALYSED_PAGES); pageIndex += 1) {
      await engine.analyze({ path, pageIndex, options: OPTIONS });
    }
    return { outcome: 'analysed' };
  } catch (error) {
    const clear = /^(file|page)\./.test(error.code);
    return { outcome: `not analysed: ${error.code}`, problem: clear ? undefined : `ended with ${error.code}` };
  } finally {
    rmSync(path);
  }
}

/** The mutated body with a right length, and now and then a wrong boundary or type. A job that comes of it ends. */
async function submitForm(client, url, key, bytes, random) {
  const { status, body } = await postForm(url, key, bytes, random);
  if (status >= 500) return { outcome: String(status), problem: `a form was answered with ${status}` };
  if (status !== 202) return { outcome: String(status) };
  const job = await client.ended(JSON.parse(body).jobId, JOB_TIMEOUT_MS);
  return { outcome: `${status} and ${job.status}` };
}

function postForm(url, key, body, random) {
  const boundary = random() < 0.1 ? BOUNDARY.slice(between(random, 0, BOUNDARY.length)) : BOUNDARY;
  const type = random() < 0.05 ? 'multipart/form-data' : `multipart/form-data; boundary=${boundary}`;
  const headers = { 'x-api-key': key, 'content-type': type, 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const call = request(`${url}/v1/ocr`, { method: 'POST', headers, timeout: FORM_TIMEOUT_MS }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      answer.once('error', reject);
      answer.once('end', () => resolve({ status: answer.statusCode, body: text }));
    });
    call.once('timeout', () => call.destroy(new Error(`no answer within ${FORM_TIMEOUT_MS / 1000} s`)));
    call.once('error', reject);
    call.end(body);
  });
}
