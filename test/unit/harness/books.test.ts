import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { auditBooks } from '../../../scripts/harness/books.mjs';
import { openSqliteStore } from '../../../src/jobs/sqlite.js';
import type { NewJob } from '../../../src/jobs/store.js';
import type { Page } from '../../../src/schema/document.js';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'omega-books-'));
  await keepBooks();
});
afterEach(() => rm(dataDir, { recursive: true }));

/** Two keys, and for each a job with a page read, one failed and one waiting, an ended job and a cancelled one. */
async function keepBooks(): Promise<void> {
  const store = openSqliteStore({ dataDir, role: 'admin' });
  for (const keyId of ['metered', 'unmetered']) {
    const metered = keyId === 'metered';
    const key = { id: keyId, name: keyId, secretHash: Buffer.alloc(32), role: 'client', plan: 'unlimited' } as const;
    await store.createKey({ ...key, metered, createdAt: 1, revokedAt: undefined }, metered ? 100 : 0, 'cli');
    for (const [name, pages] of Object.entries({ open: 3, ended: 1, cancelled: 2 })) {
      await store.acceptJob(newJob(`${keyId} ${name}`, keyId, pages), { maxQueuedPages: 100 });
    }
    await store.cancelJob(keyId, `${keyId} cancelled`, 3);
    // The jobs take turns: open, ended, open.
    const claims = await store.claimPages(3, 2);
    for (const claim of claims.filter(({ pageIndex }) => pageIndex === 0)) await store.completePage(claim, page, 3);
    for (const claim of claims.filter(({ pageIndex }) => pageIndex > 0)) {
      await store.failPage(claim, { code: 'page.timeout', message: 'Late.' }, 3);
    }
  }
  await store.close();
}

function newJob(id: string, keyId: string, pageCount: number): NewJob {
  const options = { mode: 'auto', text_layer: 'auto', word_boxes: false, tables: true } as const;
  const pages = Array.from({ length: pageCount }, (_, pageIndex) => ({ pageIndex, reserved: 5, routing: undefined }));
  return { id, keyId, uploadName: id, requestHash: '', idempotencyKey: undefined, options, createdAt: 1, pages };
}

const page: Page = {
  pageIndex: 0,
  widthPx: 1,
  heightPx: 1,
  routing: { provider: 'paddle-plus', complexityScore: 40, reason: 'Made up.' },
  blocks: [],
  confidence: 1,
  timings: {},
};

/** Changes the database behind the store's back, past its checks. */
function tamper(sql: string): void {
  const database = new Database(join(dataDir, 'omega.db'));
  database.pragma('ignore_check_constraints = 1');
  database.pragma('foreign_keys = 0');
  database.exec(`DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete; ${sql}`);
  database.close();
}

test.each([true, false])('the books of the store are in order (server runs: %s)', (serverRuns) => {
  expect(auditBooks(dataDir, { serverRuns })).toEqual([]);
});

test.each([
  ['UPDATE balances SET available = available + 1', /^granted differs from available/],
  ['UPDATE balances SET available = available + 1, granted = granted + 1', /^a balance differs from what its ledger/],
  ["DELETE FROM ledger WHERE kind = 'release'", /^a finished page is not settled/],
  [
    `DROP INDEX ledger_once_a_page;
     INSERT INTO ledger (key_id, kind, credits, metered, job_no, page_index, at)
       SELECT key_id, kind, credits, metered, job_no, page_index, at FROM ledger WHERE kind = 'charge'`,
    /^a page is charged or released twice \(4 times/,
  ],
  ["UPDATE results SET page = NULL, error = '{}' WHERE page IS NOT NULL", /^a page was charged that was not read/],
  ["UPDATE jobs SET credits_used = credits_used + 1 WHERE status = 'completed'", /^a job was charged other than its/],
  ["DELETE FROM pages WHERE status = 'pending'", /^a job has pages too many or too few/],
  ['DELETE FROM results', /^a page has a result before it is finished, or none after/],
  [
    'DROP INDEX results_by_page; INSERT INTO results (job_no, page_index, page) SELECT job_no, page_index, page FROM results',
    /^a page has two results/,
  ],
  ["UPDATE jobs SET ended_at = NULL WHERE status = 'completed'", /^a job ended before its pages, or they before it/],
  ['UPDATE jobs SET pending_pages = pending_pages + 1', /^a job miscounts the pages that wait/],
  ['UPDATE key_turns SET pending_pages = pending_pages + 1', /^a key miscounts the pages that wait/],
  [
    "DELETE FROM ledger WHERE job_no = (SELECT no FROM jobs WHERE status = 'cancelled') AND kind = 'release'",
    /^a job that ended still holds credits/,
  ],
  ['DELETE FROM jobs', /^a reference leads nowhere/],
])('%s is found out', (sql, sentence) => {
  tamper(sql);
  const sentences = auditBooks(dataDir, { serverRuns: false });
  expect(sentences.filter((found: string) => sentence.test(found))).toHaveLength(1);
});
