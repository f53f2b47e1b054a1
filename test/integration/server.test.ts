/** The server with the real engine, asked as clients ask it. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { type Engine, openEngine } from '../../src/engine/engine.js';
import { pageLayer } from '../../src/export/page-layer.js';
import { openDiskPdfFiles } from '../../src/jobs/disk-pdf-files.js';
import { openDiskUploads } from '../../src/jobs/disk-uploads.js';
import { generateKey } from '../../src/jobs/keys.js';
import { type Runner, startRunner } from '../../src/jobs/runner.js';
import { NO_SIGNALS } from '../../src/jobs/signals.js';
import { openSqliteStore } from '../../src/jobs/sqlite.js';
import type { Store } from '../../src/jobs/store.js';
import { createFigures } from '../../src/server/figures.js';
import { createLogger } from '../../src/server/logging.js';
import { type RunningServer, startServer } from '../../src/server/start.js';

const run = promisify(execFile);
const documents = fileURLToPath(new URL('../fixtures/documents', import.meta.url));
const now = Date.now;

let dataDir: string;
let store: Store;
let engine: Engine;
let runner: Runner;
let server: RunningServer;
let key: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'omega-server-'));
  const config = loadConfig({ OMEGA_THREADS: '1', OMEGA_LOG_LEVEL: 'silent' });
  const logger = createLogger(config.logLevel);
  store = openSqliteStore({ dataDir, role: 'server' });
  const uploads = await openDiskUploads(dataDir, config.maxUploadBytes);
  engine = await openEngine({
    modelsDir: config.modelsDir,
    threads: config.threads,
    pageTimeoutMs: config.pageTimeoutMs,
    memoryLimitBytes: config.engineMemoryBytes,
    maxPagePixels: config.maxPagePixels,
  });
  const figures = createFigures({ store, engine, now });
  const pdfs = openDiskPdfFiles(dataDir);
  const onPage = figures.pageRead;
  runner = await startRunner({
    store,
    uploads,
    pdfs,
    engine,
    signals: NO_SIGNALS,
    layerOf: pageLayer,
    log: logger,
    now,
    onPage,
  });
  const nodes = { shared: false, list: async () => [] };
  const parts = { settings: config, store, uploads, pdfs, runner, engine, nodes, figures, logger, now };
  server = await startServer(parts, { host: '127.0.0.1', port: 0 });
  const generated = generateKey();
  key = generated.key;
  await store.createKey(
    {
      id: generated.id,
      name: 'test',
      secretHash: generated.secretHash,
      role: 'client',
      plan: 'unlimited',
      metered: false,
      createdAt: now(),
      revokedAt: undefined,
    },
    0,
    'test',
  );
});

afterAll(async () => {
  await server.close(1_000);
  await runner.drain(1_000);
  await engine.close();
  await store.close();
  await rm(dataDir, { recursive: true, force: true });
});

interface ReadJob {
  readonly status: string;
  readonly credits_used: number;
  readonly results: readonly { readonly raw_markdown: string; readonly pipeline_metadata: Record<string, unknown> }[];
}

async function post(name: string, fields: Record<string, string> = {}, query = '?wait=60'): Promise<Response> {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append('file', new Blob([new Uint8Array(await readFile(join(documents, name)))]), name);
  return fetch(`${server.url}/v1/ocr${query}`, { method: 'POST', headers: { 'x-api-key': key }, body: form });
}

const finished = async (jobId: string) =>
  (await (await fetch(`${server.url}/v1/jobs/${jobId}?wait=60`, { headers: { 'x-api-key': key } })).json()) as ReadJob;

describe('the server with the real engine', () => {
  test('reads a PDF with a text layer for one credit', async () => {
    const response = await post('letter.pdf');
    expect(response.status).toBe(200);
    const job = (await response.json()) as ReadJob;
    expect(job).toMatchObject({ status: 'completed', credits_used: 1 });
    expect(job.results[0]?.raw_markdown).toContain('# Harbour Library Newsletter');
    expect(job.results[0]?.pipeline_metadata.provider_used).toBe('text-layer');
  });

  test('reads both pages of a TIFF', async () => {
    const job = (await (await post('two-pages.tiff', { mode: 'fast' })).json()) as ReadJob;
    expect(job.results.map(({ raw_markdown }) => raw_markdown.split(/\s+/).slice(0, 3).join(' '))).toEqual([
      'First of two',
      'Second of two',
    ]);
  });

  test('makes a searchable PDF of a picture before the job ends', async () => {
    const job = (await (await post('receipt.png', { mode: 'fast', searchable_pdf: 'true' })).json()) as ReadJob & {
      readonly id: string;
    };
    expect(job.status).toBe('completed');
    const response = await fetch(`${server.url}/v1/jobs/${job.id}/result?format=pdf`, {
      headers: { 'x-api-key': key },
    });
    expect(response.status).toBe(200);
    const file = join(dataDir, 'downloaded.pdf');
    await writeFile(file, new Uint8Array(await response.arrayBuffer()));
    expect(await engine.inspect(file)).toEqual({ kind: 'pdf', pageCount: 1 });
    const seen = spawnSync('pdftotext', [file, '-'], { encoding: 'utf8' });
    if (seen.error !== undefined) console.warn('NOT CHECKED by a second program: there is no pdftotext.');
    else
      expect(
        seen.stdout.split(/\s+/).filter((word) => job.results[0]?.raw_markdown.includes(word)).length,
      ).toBeGreaterThan(10);
  });

  test('tells how fast the bare models are, of the tiers that have read', async () => {
    expect((await post('receipt.png', { mode: 'fast' })).status).toBe(200);
    const floor = async () => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      const values = [
        ...text.matchAll(/^omega_model_floor_seconds\{device="cpu",tier="tiny",task="(?:detect|recognize)"\} (\S+)$/gm),
      ];
      return values.map(([, seconds]) => Number(seconds) > 0.0001 && Number(seconds) < 1);
    };
    await expect.poll(floor, { timeout: 5_000 }).toEqual([true, true]);
  });

  test('answers only characters of the languages asked for', async () => {
    const read = async (languages: string) => {
      const job = (await (await post('chinese.png', { mode: 'fast', languages })).json()) as ReadJob;
      return job.results[0];
    };
    expect((await read('zh'))?.raw_markdown).toContain('图书馆通知');
    expect((await read('en'))?.raw_markdown).not.toMatch(/\p{Script=Han}/u);
    // The smallest recognizer knows no kana.
    expect((await read('ja'))?.pipeline_metadata.model_tier).toBe('small');
  });

  test.each(['ar', 'hi', 'th', 'xx'])('refuses the language %s, which no installed model reads', async (languages) => {
    const refused = await post('chinese.png', { languages });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      code: 'request.option-invalid',
      detail: expect.stringMatching(
        new RegExp(`^Option "languages" must be .*\\(scripts: Latin, Greek, Han, .*"${languages}"`),
      ),
    });
  });

  test('charges what was reserved at most', async () => {
    const receipt = (await (await post('receipt.png', {}, '')).json()) as { jobId: string; creditsReserved: number };
    const job = await finished(receipt.jobId);
    expect(job.status).toBe('completed');
    expect(job.credits_used).toBeLessThanOrEqual(receipt.creditsReserved);
  });

  test('refuses an encrypted PDF without its password and reads it with it', async () => {
    const refused = await post('encrypted.pdf');
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ code: 'file.encrypted' });
    // Of scripts/make-fixtures.mjs.
    const opened = await post('encrypted.pdf', { password: 'harbour-42' });
    expect(opened.status).toBe(200);
    expect(await opened.json()).toMatchObject({ status: 'completed', pages_processed: 1 });
  });

  test('curl is served as the hosted service serves it', async () => {
    const upload = ['-F', `file=@${join(documents, 'letter.pdf')}`];
    const auth = ['-H', `X-API-Key: ${key}`];
    const { stdout } = await run('curl', ['-sS', '-X', 'POST', `${server.url}/v1/ocr`, ...auth, ...upload]);
    const receipt = JSON.parse(stdout) as { jobId: string; pageCount: number };
    expect(receipt.pageCount).toBe(1);
    expect((await finished(receipt.jobId)).status).toBe('completed');
  });

  test('a client that sends its request a byte at a time is cut off, and others are served meanwhile', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.write('GET /health HTTP/1.1\r\nHost: x\r\n');
    const drip = setInterval(() => socket.write('X-A: b\r\n'), 500);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    socket.resume();
    const begun = performance.now();
    await closed;
    clearInterval(drip);
    expect(performance.now() - begun).toBeLessThan(25_000);
  });
});
