/** Nothing that was accepted is lost, and nothing is charged twice, by a process that is killed at any moment. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { OcrError } from '../../src/errors.js';
import { pageLayer } from '../../src/export/page-layer.js';
import { openUploads } from '../../src/jobs/files.js';
import { applyEntry, NO_CREDITS, settlePage } from '../../src/jobs/ledger.js';
import { openPdfFiles } from '../../src/jobs/pdf-files.js';
import { startRunner } from '../../src/jobs/runner.js';
import { openSqliteStore } from '../../src/jobs/sqlite.js';
import type { LedgerEntry, Store } from '../../src/jobs/store.js';
import { PROVIDERS } from '../../src/schema/document.js';

const KILLS = 20;
const GRANTED = 1_000_000;
const PROGRAM = fileURLToPath(new URL('../fixtures/jobs-under-load.mjs', import.meta.url));

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'omega-crash-'));
});
afterAll(() => rm(dataDir, { recursive: true }));

/** Runs the program and kills it a random while after its first job. Returns the lines it wrote whole. */
async function runAndKill(): Promise<readonly string[]> {
  const child = spawn(process.execPath, [PROGRAM, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: string[] = [];
  let killing: Promise<unknown> | undefined;
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    chunks.push(chunk);
    killing ??= delay(Math.random() * 250).then(() => child.kill('SIGKILL'));
  }
  await killing;
  return chunks.join('').split('\n').slice(0, -1);
}

async function createKeys(): Promise<void> {
  const store = openSqliteStore({ dataDir, role: 'admin' });
  for (const metered of [true, false]) {
    const id = metered ? 'metered' : 'unmetered';
    const key = { id, name: id, secretHash: Buffer.alloc(32), role: 'client', plan: 'unlimited' } as const;
    await store.createKey({ ...key, metered, createdAt: 1, revokedAt: undefined }, metered ? GRANTED : 0, 'cli');
  }
  await store.close();
}

async function finishAll(store: Store): Promise<void> {
  const engine = {
    read: () => Promise.reject(new OcrError('page.unreadable', 'The page is made up.')),
    makePdf: () => Promise.reject(new OcrError('file.unreadable', 'The document is made up.')),
    status: () => ({ ready: true, pid: 1, restarts: 0, inFlight: 0, threads: 8, rssBytes: 0, modelFloors: new Map() }),
  };
  const uploads = await openUploads(dataDir, 1);
  const pdfs = openPdfFiles(dataDir);
  const log = { error() {} };
  const runner = await startRunner({ store, uploads, pdfs, engine, layerOf: pageLayer, log, now: Date.now });
  await vi.waitFor(async () => expect(await store.queue()).toMatchObject({ pendingPages: 0, processingPages: 0 }), {
    timeout: 60_000,
  });
  await runner.drain(5_000);
}

test(`after ${KILLS} kills every accepted job ends with each page once, and the books balance`, async () => {
  await createKeys();
  const accepted: { readonly id: string; readonly keyId: string; readonly pageCount: number }[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    for (const line of await runAndKill()) {
      const [id, keyId, pageCount] = line.split(' ') as [string, string, string];
      accepted.push({ id, keyId, pageCount: Number(pageCount) });
    }
  }
  expect(accepted.length).toBeGreaterThan(KILLS);

  const store = openSqliteStore({ dataDir, role: 'server' });
  await finishAll(store);
  const ledgers = new Map<string, readonly LedgerEntry[]>();
  for (const keyId of ['metered', 'unmetered']) {
    const ledger = await store.listLedger(keyId, 0, Number.MAX_SAFE_INTEGER);
    ledgers.set(keyId, ledger);
    const credits = await store.credits(keyId);
    expect(credits).toMatchObject({ reserved: 0, granted: credits.available + credits.used });
    expect(credits.available).toBe(keyId === 'metered' ? GRANTED - credits.used : 0);
    expect(ledger.reduce(applyEntry, NO_CREDITS)).toEqual(credits);
  }

  for (const { id, keyId, pageCount } of accepted) {
    const job = await store.getJob(keyId, id);
    expect(job).toMatchObject({ id, pageCount });
    expect(['completed', 'failed']).toContain(job?.status);
    const pages = await store.listPages(id, -1, 100);
    expect(pages.map(({ pageIndex }) => pageIndex)).toEqual(Array.from({ length: pageCount }, (_, index) => index));

    const entries = ledgers.get(keyId)?.filter(({ jobId }) => jobId === id) ?? [];
    const sumOf = (kind: LedgerEntry['kind'], pageIndex?: number) =>
      entries
        .filter((entry) => entry.kind === kind && entry.pageIndex === pageIndex)
        .reduce((sum, { credits }) => sum + credits, 0);
    for (const { pageIndex, page } of pages) {
      const reserved = pageIndex % 2 === 0 ? 5 : 3;
      const settled = settlePage(reserved, page && PROVIDERS[pageIndex % 4]);
      expect([sumOf('charge', pageIndex), sumOf('release', pageIndex)]).toEqual([settled.charge, settled.release]);
    }
    expect(sumOf('reserve')).toBe(job?.creditsReserved);
  }
  await store.close();
  expect(await readdir(join(dataDir, 'uploads'))).toEqual([]);
});
