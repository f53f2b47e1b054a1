import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OcrError } from '../../../src/errors.js';
import { openDiskUploads } from '../../../src/jobs/disk-uploads.js';
import { openSqliteStore } from '../../../src/jobs/sqlite.js';
import type { KeyRecord, Store } from '../../../src/jobs/store.js';
import type { Uploads } from '../../../src/jobs/uploads.js';
import type { ServerContext } from '../../../src/server/context.js';
import { submitJob } from '../../../src/server/submit.js';

const KEY: KeyRecord = {
  id: 'key',
  name: 'key',
  secretHash: Buffer.alloc(32),
  role: 'client',
  plan: 'unlimited',
  metered: false,
  createdAt: 0,
  revokedAt: undefined,
};
const FAILURE = new OcrError('storage.failed', 'The database does not answer.');

let dataDir: string;
let store: Store;
let uploads: Uploads;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'omega-submit-'));
  store = openSqliteStore({ dataDir, role: 'server' });
  uploads = await openDiskUploads(dataDir, 1_000);
  await store.createKey(KEY, 0, 'cli');
});
afterEach(async () => {
  await store.close();
  await rm(dataDir, { recursive: true });
});

/** Submits a page over a store whose `acceptJob` is another. Returns the uploads that are there afterwards. */
async function submitOver(acceptJob: Store['acceptJob']): Promise<readonly string[]> {
  const upload = await uploads.receive(Readable.from([Buffer.from('%PDF-1.7')]));
  const engine = {
    inspect: async () => ({ pageCount: 1 }),
    analyze: async () => ({ provider: 'text-layer', complexityScore: 1, reason: 'It has a text layer.' }),
  };
  const settings = { maxPages: 10, maxQueuedPages: 10 };
  const context = { store: { ...store, acceptJob }, uploads, engine, settings, now: () => 0 };
  const submission = {
    upload,
    options: { mode: 'auto', text_layer: 'auto', word_boxes: false, tables: true },
  } as const;
  const caller = { key: KEY, idempotencyKey: undefined, gone: () => false };
  await expect(submitJob(context as unknown as ServerContext, caller, submission)).rejects.toBe(FAILURE);
  return readdir(join(dataDir, 'uploads'));
}

test('the upload of a job that was not accepted is erased', async () => {
  const left = await submitOver(async () => {
    throw FAILURE;
  });
  expect(left).toEqual([]);
});

test('the upload of a job stays that was accepted, though the store could not say so', async () => {
  const left = await submitOver(async (job, limits) => {
    await store.acceptJob(job, limits);
    throw FAILURE;
  });
  expect(left).toHaveLength(1);
});
