/** The contract of `jobs/store.ts`: what every implementation must do, run against a real one. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OcrError, type SerializedError } from '../../src/errors.js';
import { applyEntry, NO_CREDITS } from '../../src/jobs/ledger.js';
import type { Credits, KeyRecord, NewJob, PageClaim, Store } from '../../src/jobs/store.js';
import type { Page, Provider, Tier } from '../../src/schema/document.js';
import type { OcrOptions } from '../../src/schema/options.js';

/** An empty store that can be closed and opened again on the same data. */
export interface StoreUnderTest {
  open(): Promise<Store>;
  dispose(): Promise<void>;
}

const AT = 1_700_000_000_000;
export const LIMITS = { maxQueuedPages: 1_000_000 };
const OPTIONS: OcrOptions = { mode: 'auto', text_layer: 'auto', word_boxes: false, tables: true };
const FAILURE: SerializedError = { code: 'page.crashed', message: 'The engine crashed on the page.' };

export function newKey(id: string, changes: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id,
    name: `key ${id}`,
    secretHash: Buffer.alloc(32, id),
    role: 'client',
    plan: 'unlimited',
    metered: true,
    createdAt: AT,
    revokedAt: undefined,
    ...changes,
  };
}

let uuids = 0;
export function newJob(keyId: string, pages: number, changes: Partial<NewJob> = {}): NewJob {
  uuids += 1;
  const id = `00000000-0000-4000-8000-${String(uuids).padStart(12, '0')}`;
  return {
    id,
    keyId,
    uploadName: `upload of ${id}`,
    requestHash: 'hash',
    idempotencyKey: undefined,
    options: OPTIONS,
    createdAt: AT,
    pages: Array.from({ length: pages }, (_, pageIndex) => ({ pageIndex, reserved: 5, routing: undefined })),
    ...changes,
  };
}

export function newPage(pageIndex: number, provider: Provider = 'paddle', tier: Tier = 'tiny'): Page {
  const models = provider === 'text-layer' ? {} : { tier };
  return {
    pageIndex,
    widthPx: 2480,
    heightPx: 3508,
    routing: { provider, ...models, complexityScore: 8.5, reason: 'Few lines of clean print.' },
    blocks: [],
    confidence: 1,
    timings: { read: 12 },
  };
}

async function refusal(promise: Promise<unknown>): Promise<Pick<OcrError, 'code' | 'details'>> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(OcrError);
  const { code, details } = error as OcrError;
  return { code, details };
}

/** What the ledger of a key adds up to. */
async function sumOfLedger(store: Store, keyId: string): Promise<Credits> {
  const entries = await store.listLedger(keyId, 0, Number.MAX_SAFE_INTEGER);
  return entries.reduce(applyEntry, NO_CREDITS);
}

async function claimOne(store: Store): Promise<PageClaim> {
  const [claim] = await store.claimPages(1, AT);
  if (claim === undefined) throw new Error('nothing to claim');
  return claim;
}

async function readAll(store: Store, provider: Provider = 'paddle'): Promise<void> {
  for (const claim of await store.claimPages(1_000, AT)) {
    await store.completePage(claim, newPage(claim.pageIndex, provider), AT + 10);
  }
}

export function describeStore(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let subject: StoreUnderTest;
    let store: Store;
    const reopen = async () => {
      await store.close();
      store = await subject.open();
    };

    beforeEach(async () => {
      subject = await create();
      store = await subject.open();
    });
    afterEach(async () => {
      await store.close();
      await subject.dispose();
    });

    describe('keys', () => {
      test('a key is found as it was created, until it is revoked', async () => {
        const key = newKey('a', { role: 'admin', plan: 'starter', metered: false });
        await store.createKey(key, 0, 'cli');
        const found = await store.findKey('a');
        expect({ ...found, secretHash: undefined }).toEqual({ ...key, secretHash: undefined });
        expect(Buffer.from(found?.secretHash ?? [])).toEqual(key.secretHash);

        await store.revokeKey('a', 'cli', AT + 1);
        expect(await store.findKey('a')).toBeUndefined();
        expect((await store.listKeys()).map(({ id, revokedAt }) => ({ id, revokedAt }))).toEqual([
          { id: 'a', revokedAt: AT + 1 },
        ]);
      });

      test('changes to a key that is unknown or revoked are refused', async () => {
        await store.createKey(newKey('a'), 0, 'cli');
        await store.revokeKey('a', 'cli', AT);
        for (const id of ['a', 'unknown']) {
          expect((await refusal(store.revokeKey(id, 'cli', AT))).code).toBe('key.not-found');
          expect((await refusal(store.setPlan(id, 'free', 'cli', AT))).code).toBe('key.not-found');
          expect((await refusal(store.grantCredits(id, 1, 'cli', AT))).code).toBe('key.not-found');
        }
        expect((await refusal(store.acceptJob(newJob('a', 1), LIMITS))).code).toBe('key.not-found');
        expect((await refusal(store.credits('unknown'))).code).toBe('key.not-found');
      });

      test('every change of a key is in the audit trail, newest first, and none that was refused', async () => {
        await store.createKey(newKey('a'), 10, 'cli');
        await store.setPlan('a', 'free', 'root', AT + 1);
        await store.grantCredits('a', 5, 'root', AT + 2);
        await store.revokeKey('a', 'cli', AT + 3);
        await refusal(store.revokeKey('a', 'cli', AT + 4));
        expect(await store.listAudit(10)).toEqual([
          { at: AT + 3, actor: 'cli', action: 'key.revoke', keyId: 'a', detail: {} },
          { at: AT + 2, actor: 'root', action: 'key.grant', keyId: 'a', detail: { credits: 5 } },
          { at: AT + 1, actor: 'root', action: 'key.plan', keyId: 'a', detail: { plan: 'free' } },
          {
            at: AT,
            actor: 'cli',
            action: 'key.create',
            keyId: 'a',
            detail: { name: 'key a', role: 'client', plan: 'unlimited', metered: true, credits: 10 },
          },
        ]);
        expect((await store.findKey('a'))?.plan).toBeUndefined();
        expect(await store.listAudit(1)).toHaveLength(1);
      });
    });

    describe('credits', () => {
      test('a job reserves, a page read is charged its price and gives the rest back, a failed page costs nothing', async () => {
        await store.createKey(newKey('a'), 20, 'cli');
        await store.acceptJob(newJob('a', 3), LIMITS);
        expect(await store.credits('a')).toEqual({ granted: 20, available: 5, reserved: 15, used: 0 });

        const [first, second, third] = (await store.claimPages(3, AT)) as [PageClaim, PageClaim, PageClaim];
        await store.completePage(first, newPage(0, 'text-layer'), AT + 1);
        expect(await store.credits('a')).toEqual({ granted: 20, available: 9, reserved: 10, used: 1 });
        await store.completePage(second, newPage(1, 'paddle-structure'), AT + 2);
        expect(await store.credits('a')).toEqual({ granted: 20, available: 9, reserved: 5, used: 6 });
        await store.failPage(third, FAILURE, AT + 3);
        expect(await store.credits('a')).toEqual({ granted: 20, available: 14, reserved: 0, used: 6 });

        const entries = await store.listLedger('a', 0, 100);
        expect(entries.map(({ kind, credits, pageIndex }) => [kind, credits, pageIndex])).toEqual([
          ['grant', 20, undefined],
          ['reserve', 15, undefined],
          ['charge', 1, 0],
          ['release', 4, 0],
          ['charge', 5, 1],
          ['release', 5, 2],
        ]);
        expect(await store.listLedger('a', entries[1]?.entry ?? 0, 1)).toEqual([entries[2]]);
      });

      test('a page that proves dearer than its reservation costs the reservation', async () => {
        await store.createKey(newKey('a'), 1, 'cli');
        const job = newJob('a', 1, { pages: [{ pageIndex: 0, reserved: 1, routing: newPage(0).routing }] });
        await store.acceptJob(job, LIMITS);
        await store.completePage(await claimOne(store), newPage(0, 'paddle-structure'), AT);
        expect(await store.credits('a')).toEqual({ granted: 1, available: 0, reserved: 0, used: 1 });
        expect(await store.getJob('a', job.id)).toMatchObject({ creditsReserved: 1, creditsUsed: 1 });
      });

      test('a job that needs more than is available is refused and leaves nothing behind', async () => {
        await store.createKey(newKey('a'), 9, 'cli');
        expect(await refusal(store.acceptJob(newJob('a', 2), LIMITS))).toEqual({
          code: 'credits.insufficient',
          details: { needed: 10, available: 9 },
        });
        expect(await store.credits('a')).toEqual({ granted: 9, available: 9, reserved: 0, used: 0 });
        expect(await store.claimPages(1, AT)).toEqual([]);
        expect((await store.listJobs('a', { status: undefined, limit: 1, cursor: undefined })).jobs).toEqual([]);
      });

      test('of 64 racing jobs exactly as many are accepted as there are credits for', async () => {
        await store.createKey(newKey('a'), 5 * 7, 'cli');
        const answers = await Promise.allSettled(
          Array.from({ length: 64 }, () => store.acceptJob(newJob('a', 1), LIMITS)),
        );
        expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
        expect(await store.credits('a')).toEqual({ granted: 35, available: 0, reserved: 35, used: 0 });
      });

      test('an unmetered key is never refused, and its credits are counted', async () => {
        await store.createKey(newKey('a', { metered: false }), 0, 'cli');
        await store.acceptJob(newJob('a', 100), LIMITS);
        expect(await store.credits('a')).toEqual({ granted: 500, available: 0, reserved: 500, used: 0 });
        await readAll(store, 'paddle-plus');
        expect(await store.credits('a')).toEqual({ granted: 300, available: 0, reserved: 0, used: 300 });
      });

      test('a grant makes a key metered, with exactly that much available, while earlier work is still running', async () => {
        await store.createKey(newKey('a', { metered: false }), 0, 'cli');
        await store.acceptJob(newJob('a', 2), LIMITS);
        expect(await store.grantCredits('a', 6, 'cli', AT)).toEqual({
          granted: 16,
          available: 6,
          reserved: 10,
          used: 0,
        });
        expect((await store.findKey('a'))?.metered).toBe(true);
        await readAll(store);
        expect(await store.credits('a')).toEqual({ granted: 8, available: 6, reserved: 0, used: 2 });
        expect((await refusal(store.acceptJob(newJob('a', 2), LIMITS))).code).toBe('credits.insufficient');
      });
    });

    describe('submission', () => {
      test('a job is read back as it was accepted, also after the store was closed', async () => {
        await store.createKey(newKey('a'), 100, 'cli');
        const options: OcrOptions = { ...OPTIONS, pages: '1-2', languages: ['en'], password: 'swordfish' };
        const job = newJob('a', 2, { options });
        const { job: accepted, replayed } = await store.acceptJob(job, LIMITS);
        const { password: _, ...public_ } = options;
        expect(replayed).toBe(false);
        expect(accepted).toEqual({
          id: job.id,
          keyId: 'a',
          status: 'pending',
          options: public_,
          uploadName: job.uploadName,
          createdAt: AT,
          completedAt: undefined,
          pageCount: 2,
          pagesRead: 0,
          pagesFailed: 0,
          creditsReserved: 10,
          creditsUsed: 0,
          resultsErased: false,
          error: undefined,
        });
        await reopen();
        expect(await store.getJob('a', job.id)).toEqual(accepted);
        expect((await claimOne(store)).options).toEqual(options);
      });

      test('an idempotency key gives the same job again, and another request is refused', async () => {
        await store.createKey(newKey('a'), 5, 'cli');
        await store.createKey(newKey('b'), 5, 'cli');
        const first = newJob('a', 1, { idempotencyKey: 'once' });
        await store.acceptJob(first, LIMITS);
        // Neither credits nor room in the queue are needed for a replay.
        const again = await store.acceptJob(newJob('a', 1, { idempotencyKey: 'once' }), { maxQueuedPages: 0 });
        expect(again).toMatchObject({ replayed: true, job: { id: first.id } });
        const other = newJob('a', 1, { idempotencyKey: 'once', requestHash: 'other' });
        expect((await refusal(store.acceptJob(other, LIMITS))).code).toBe('request.idempotency-mismatch');
        expect((await store.acceptJob(newJob('b', 1, { idempotencyKey: 'once' }), LIMITS)).replayed).toBe(false);
        expect((await store.credits('a')).reserved).toBe(5);
      });

      test('the queue takes jobs up to its limit of pages that wait', async () => {
        await store.createKey(newKey('a'), 100, 'cli');
        await store.acceptJob(newJob('a', 3), { maxQueuedPages: 4 });
        expect(await refusal(store.acceptJob(newJob('a', 2), { maxQueuedPages: 4 }))).toEqual({
          code: 'limit.queue-full',
          details: { queued: 3, maximum: 4 },
        });
        await store.claimPages(1, AT);
        await store.acceptJob(newJob('a', 2), { maxQueuedPages: 4 });
        expect((await store.credits('a')).reserved).toBe(25);
      });
    });

    describe('dispatch', () => {
      const order = async (count: number) =>
        (await store.claimPages(count, AT)).map(({ keyId, pageIndex }) => `${keyId}${pageIndex}`);

      beforeEach(async () => {
        for (const id of ['a', 'b', 'c']) await store.createKey(newKey(id, { metered: false }), 0, 'cli');
      });

      test('pages of a small job do not wait behind a large one of another key', async () => {
        await store.acceptJob(newJob('a', 2_000), LIMITS);
        expect(await order(2)).toEqual(['a0', 'a1']);
        await store.acceptJob(newJob('b', 2), LIMITS);
        await store.acceptJob(newJob('c', 1), LIMITS);
        expect(await order(6)).toEqual(['a2', 'b0', 'c0', 'a3', 'b1', 'a4']);
      });

      test('jobs of one key take turns, whatever another key has', async () => {
        const jobs = [newJob('a', 3), newJob('a', 2), newJob('b', 4)];
        for (const job of jobs) await store.acceptJob(job, LIMITS);
        const names = new Map(jobs.map(({ id }, index) => [id, `job${index}`]));
        const claims = await store.claimPages(9, AT);
        expect(claims.map(({ jobId, pageIndex }) => `${names.get(jobId)} page${pageIndex}`)).toEqual([
          'job0 page0',
          'job2 page0',
          'job1 page0',
          'job2 page1',
          'job0 page1',
          'job2 page2',
          'job1 page1',
          'job2 page3',
          'job0 page2',
        ]);
        expect(await store.claimPages(1, AT)).toEqual([]);
      });

      test('a stream of small jobs does not starve the large job of the same key', async () => {
        const large = newJob('a', 5);
        await store.acceptJob(large, LIMITS);
        const served: string[] = [];
        for (let round = 0; round < 5; round += 1) {
          await store.acceptJob(newJob('a', 1), LIMITS);
          served.push(...(await store.claimPages(2, AT)).map(({ jobId }) => jobId));
        }
        expect(served).toHaveLength(10);
        expect(served.filter((id) => id === large.id)).toHaveLength(5);
      });

      test('only the pages asked for are handed out, in their order', async () => {
        const pages = [7, 2, 4].map((pageIndex) => ({ pageIndex, reserved: 1, routing: undefined }));
        await store.acceptJob(newJob('a', 3, { pages }), LIMITS);
        expect(await order(5)).toEqual(['a2', 'a4', 'a7']);
      });

      test('the queue tells what waits, what is being read and since when', async () => {
        expect(await store.queue()).toEqual({ pendingPages: 0, processingPages: 0, oldestPendingAt: undefined });
        await store.acceptJob(newJob('a', 2, { createdAt: AT + 5 }), LIMITS);
        await store.acceptJob(newJob('b', 2, { createdAt: AT + 9 }), LIMITS);
        await store.claimPages(3, AT);
        expect(await store.queue()).toEqual({ pendingPages: 1, processingPages: 3, oldestPendingAt: AT + 9 });
      });

      test('claimed pages are claimable again when given back, and once when their process is gone', async () => {
        await store.acceptJob(newJob('a', 3), LIMITS);
        const [first, second] = (await store.claimPages(2, AT)) as [PageClaim, PageClaim];
        await store.releasePages([first]);
        await store.releasePages([first]);
        expect(await store.queue()).toMatchObject({ pendingPages: 2, processingPages: 1 });
        expect(await store.completePage(first, newPage(0), AT)).toBe(false);

        await reopen();
        expect(await store.recoverPages()).toBe(1);
        expect(await store.recoverPages()).toBe(0);
        expect(await store.queue()).toMatchObject({ pendingPages: 3, processingPages: 0 });
        const again = await store.claimPages(5, AT);
        expect(again.map(({ pageIndex, attempt }) => [pageIndex, attempt])).toEqual([
          [0, first.attempt + 1],
          [1, second.attempt + 1],
          [2, 1],
        ]);
      });
    });

    describe('pages', () => {
      let job: NewJob;
      beforeEach(async () => {
        await store.createKey(newKey('a'), 100, 'cli');
        job = newJob('a', 3, { options: { ...OPTIONS, password: 'swordfish' } });
        await store.acceptJob(job, LIMITS);
      });

      test('a page counts once, whoever writes it again', async () => {
        const stale = await claimOne(store);
        await store.recoverPages();
        const current = (await store.claimPages(3, AT)).find(({ pageIndex }) => pageIndex === 0) as PageClaim;
        expect(await store.completePage(stale, newPage(0, 'paddle-structure'), AT)).toBe(false);
        expect(await store.failPage(stale, FAILURE, AT)).toBe(false);
        expect(await store.completePage(current, newPage(0), AT)).toBe(true);
        expect(await store.completePage(current, newPage(0), AT)).toBe(false);
        expect(await store.failPage(current, FAILURE, AT)).toBe(false);
        expect(await store.credits('a')).toEqual({ granted: 100, available: 89, reserved: 10, used: 1 });
        expect(await store.getJob('a', job.id)).toMatchObject({ pagesRead: 1, pagesFailed: 0, creditsUsed: 1 });
        expect(await store.pagesRead()).toEqual([{ provider: 'paddle', tier: 'tiny', pages: 1 }]);
      });

      test('a job is pending, then processing, and completed with its last page, failed pages or not', async () => {
        const claims = (await store.claimPages(3, AT)) as [PageClaim, PageClaim, PageClaim];
        expect(await store.getJob('a', job.id)).toMatchObject({ status: 'processing', completedAt: undefined });
        expect(await store.isUploadNeeded(job.uploadName)).toBe(true);
        await store.completePage(claims[2], newPage(2, 'text-layer'), AT + 1);
        await store.failPage(claims[0], FAILURE, AT + 2);
        await store.completePage(claims[1], newPage(1, 'paddle', 'small'), AT + 3);
        expect(await store.getJob('a', job.id)).toMatchObject({
          status: 'completed',
          completedAt: AT + 3,
          pagesRead: 2,
          pagesFailed: 1,
          creditsReserved: 15,
          creditsUsed: 2,
          error: undefined,
        });
        expect(await store.isUploadNeeded(job.uploadName)).toBe(false);
        expect(await store.isUploadNeeded('an upload without a job')).toBe(false);
        expect(await store.pagesRead()).toEqual([
          { provider: 'paddle', tier: 'small', pages: 1 },
          { provider: 'text-layer', pages: 1 },
        ]);
      });

      test('a job of which no page could be read fails with the error of its first page', async () => {
        const claims = await store.claimPages(3, AT);
        for (const claim of claims.toReversed()) {
          await store.failPage(claim, { ...FAILURE, message: `Page ${claim.pageIndex} failed.` }, AT + 1);
        }
        expect(await store.getJob('a', job.id)).toMatchObject({
          status: 'failed',
          completedAt: AT + 1,
          creditsUsed: 0,
          error: { code: 'page.crashed', message: 'Page 0 failed.' },
        });
      });

      test('a clock that was set back does not end a job before it was accepted', async () => {
        for (const claim of await store.claimPages(3, AT)) await store.completePage(claim, newPage(0), AT - 3_600_000);
        expect((await store.getJob('a', job.id))?.completedAt).toBe(AT);
      });

      test('finished pages are listed in page order, in ranges, just as they were stored', async () => {
        const claims = (await store.claimPages(3, AT)) as [PageClaim, PageClaim, PageClaim];
        await store.completePage(claims[2], newPage(2), AT);
        await store.failPage(claims[1], FAILURE, AT);
        expect(await store.listPages(job.id, -1, 10)).toEqual([
          { pageIndex: 1, page: undefined, error: FAILURE },
          { pageIndex: 2, page: newPage(2), error: undefined },
        ]);
        await store.completePage(claims[0], newPage(0), AT);
        const indices = async (after: number, limit: number) =>
          (await store.listPages(job.id, after, limit)).map(({ pageIndex }) => pageIndex);
        expect(await indices(-1, 2)).toEqual([0, 1]);
        expect(await indices(1, 2)).toEqual([2]);
        expect(await indices(2, 2)).toEqual([]);
      });

      test('what is held beside the claims that are known is given back', async () => {
        const [known, lost] = (await store.claimPages(2, AT)) as [PageClaim, PageClaim];
        expect(await store.releaseLost([known])).toBe(1);
        expect(await store.completePage(lost, newPage(1), AT)).toBe(false);
        expect((await store.claimPages(5, AT)).map(({ pageIndex, attempt }) => [pageIndex, attempt])).toEqual([
          [1, 2],
          [2, 1],
        ]);
        expect(await store.completePage(known, newPage(0), AT)).toBe(true);
        expect(await store.queue()).toMatchObject({ pendingPages: 0, processingPages: 2 });
      });

      test('cancelling releases what is reserved, keeps what was charged and erases the results', async () => {
        const [first, second] = (await store.claimPages(2, AT)) as [PageClaim, PageClaim];
        await store.completePage(first, newPage(0), AT);
        const cancelled = await store.cancelJob('a', job.id, AT + 7);
        expect(cancelled).toMatchObject({
          status: 'cancelled',
          completedAt: AT + 7,
          pagesRead: 1,
          creditsUsed: 1,
          resultsErased: true,
        });
        expect(await store.credits('a')).toEqual({ granted: 100, available: 99, reserved: 0, used: 1 });
        expect(await store.listPages(job.id, -1, 10)).toEqual([]);
        expect(await store.claimPages(5, AT)).toEqual([]);
        expect(await store.queue()).toMatchObject({ pendingPages: 0, processingPages: 0 });
        expect(await store.completePage(second, newPage(1), AT + 8)).toBe(false);
        await store.releasePages([second]);
        expect(await store.claimPages(5, AT)).toEqual([]);
        expect(await store.isUploadNeeded(job.uploadName)).toBe(false);
        expect(await store.cancelJob('a', job.id, AT + 9)).toEqual(cancelled);
      });

      test('erasing a completed job leaves it completed, without results', async () => {
        await readAll(store);
        const erased = await store.cancelJob('a', job.id, AT + 99);
        expect(erased).toMatchObject({
          status: 'completed',
          completedAt: AT + 10,
          resultsErased: true,
          creditsUsed: 3,
        });
        expect(await store.listPages(job.id, -1, 10)).toEqual([]);
        expect(await store.credits('a')).toMatchObject({ used: 3, reserved: 0 });
      });

      test('a job that wants a searchable PDF keeps its upload and password, and ends when the PDF is there', async () => {
        await readAll(store);
        const options = { ...OPTIONS, searchable_pdf: true, password: 'secret' };
        const wanting = newJob('a', 2, { options });
        await store.acceptJob(wanting, LIMITS);
        const [first, second] = (await store.claimPages(2, AT)) as [PageClaim, PageClaim];
        await store.completePage(first, newPage(0), AT);
        expect(await store.listWantedPdfs()).toEqual([]);
        expect(await store.finishPdf(wanting.id, undefined, AT)).toBe(false);
        await store.failPage(second, FAILURE, AT);
        expect(await store.getJob('a', wanting.id)).toMatchObject({ status: 'processing', pdf: 'wanted' });
        expect(await store.isUploadNeeded(wanting.uploadName)).toBe(true);
        expect(await store.isPdfNeeded(wanting.uploadName)).toBe(true);
        const { id: jobId, keyId, uploadName } = wanting;
        expect(await store.listWantedPdfs()).toEqual([{ jobId, keyId, uploadName, password: 'secret', pageCount: 2 }]);

        expect(await store.finishPdf(wanting.id, undefined, AT + 5)).toBe(true);
        expect(await store.finishPdf(wanting.id, undefined, AT + 6)).toBe(false);
        const ended = { status: 'completed', completedAt: AT + 5, pdf: 'made', pdfError: undefined };
        expect(await store.getJob('a', wanting.id)).toMatchObject(ended);
        expect(await store.listWantedPdfs()).toEqual([]);
        expect(await store.isUploadNeeded(wanting.uploadName)).toBe(false);
        expect(await store.isPdfNeeded(wanting.uploadName)).toBe(true);
        await store.purgeResults(AT + 100, 10);
        expect(await store.isPdfNeeded(wanting.uploadName)).toBe(false);
      });

      test('a job whose PDF cannot be made, or whose pages all failed, ends without one', async () => {
        await readAll(store);
        const options = { ...OPTIONS, searchable_pdf: true };
        const unmade = newJob('a', 1, { options });
        await store.acceptJob(unmade, LIMITS);
        await readAll(store);
        expect(await store.finishPdf(unmade.id, FAILURE, AT + 20)).toBe(true);
        const ended = { status: 'completed', pdf: undefined, pdfError: FAILURE };
        expect(await store.getJob('a', unmade.id)).toMatchObject(ended);
        expect(await store.isPdfNeeded(unmade.uploadName)).toBe(false);

        const failing = newJob('a', 1, { options });
        await store.acceptJob(failing, LIMITS);
        await store.failPage(await claimOne(store), FAILURE, AT);
        expect(await store.getJob('a', failing.id)).toMatchObject({ status: 'failed', pdfError: undefined });
        expect(await store.listWantedPdfs()).toEqual([]);
      });

      test('a job cancelled while it waits for its PDF gets none', async () => {
        await readAll(store);
        const wanting = newJob('a', 1, { options: { ...OPTIONS, searchable_pdf: true } });
        await store.acceptJob(wanting, LIMITS);
        await readAll(store);
        await store.cancelJob('a', wanting.id, AT + 30);
        expect(await store.listWantedPdfs()).toEqual([]);
        expect(await store.finishPdf(wanting.id, undefined, AT + 31)).toBe(false);
        expect(await store.getJob('a', wanting.id)).toMatchObject({ status: 'cancelled' });
        expect(await store.isPdfNeeded(wanting.uploadName)).toBe(false);
      });

      test('results are purged of jobs that ended before a moment, at most so many at once', async () => {
        await readAll(store);
        const second = newJob('a', 1, { idempotencyKey: 'once' });
        const running = newJob('a', 1);
        await store.acceptJob(second, LIMITS);
        await readAll(store);
        await store.acceptJob(running, LIMITS);
        expect(await store.purgeResults(AT + 10, 10)).toBe(0);
        expect(await store.purgeResults(AT + 11, 1)).toBe(1);
        expect(await store.purgeResults(AT + 11, 10)).toBe(1);
        expect(await store.purgeResults(AT + 11, 10)).toBe(0);
        for (const { id } of [job, second]) {
          expect(await store.getJob('a', id)).toMatchObject({ status: 'completed', resultsErased: true });
          expect(await store.listPages(id, -1, 10)).toEqual([]);
        }
        expect((await store.getJob('a', running.id))?.resultsErased).toBe(false);
        expect((await store.acceptJob(newJob('a', 1, { idempotencyKey: 'once' }), LIMITS)).replayed).toBe(false);
      });
    });

    describe('lists', () => {
      test("another key's job is as good as none", async () => {
        await store.createKey(newKey('a'), 100, 'cli');
        await store.createKey(newKey('b'), 100, 'cli');
        const job = newJob('a', 1);
        await store.acceptJob(job, LIMITS);
        expect(await store.getJob('b', job.id)).toBeUndefined();
        expect((await refusal(store.cancelJob('b', job.id, AT))).code).toBe('job.not-found');
        expect((await refusal(store.cancelJob('a', 'unknown', AT))).code).toBe('job.not-found');
        expect((await store.listJobs('b', { status: undefined, limit: 5, cursor: undefined })).jobs).toEqual([]);
      });

      test('jobs are listed newest first, a page at a time, by status or all', async () => {
        await store.createKey(newKey('a'), 100, 'cli');
        const jobs = Array.from({ length: 5 }, (_, index) => newJob('a', 1, { createdAt: AT - index }));
        for (const job of jobs) await store.acceptJob(job, LIMITS);
        for (const claim of await store.claimPages(2, AT)) await store.completePage(claim, newPage(0), AT);
        const [a, b, c, d, e] = jobs.map(({ id }) => id);

        const pages: (string | undefined)[][] = [];
        let cursor: string | undefined;
        do {
          const list = await store.listJobs('a', { status: undefined, limit: 2, cursor });
          pages.push(list.jobs.map(({ id }) => id));
          cursor = list.cursor;
        } while (cursor !== undefined);
        expect(pages).toEqual([[e, d], [c, b], [a]]);

        const completed = await store.listJobs('a', { status: 'completed', limit: 2, cursor: undefined });
        expect(completed.jobs.map(({ id }) => id)).toEqual([b, a]);
        expect(completed.cursor).toBeUndefined();
      });

      test('a cursor that was never given is refused', async () => {
        const list = store.listJobs('a', { status: undefined, limit: 2, cursor: 'nonsense' });
        expect((await refusal(list)).code).toBe('request.invalid');
      });
    });

    describe('rate windows', () => {
      const MINUTE = 60_000;
      const windows = [
        { limit: 2, windowMs: MINUTE },
        { limit: 3, windowMs: 60 * MINUTE },
      ];
      const take = (at: number) => store.takeRequest('a', windows, at);
      beforeEach(() => store.createKey(newKey('a'), 0, 'cli'));

      test('requests are allowed up to the limit of each window, and told of the tightest', async () => {
        expect(await take(AT)).toEqual({ allowed: true, limit: 2, remaining: 1, resetMs: MINUTE });
        expect(await take(AT + 1_000)).toEqual({ allowed: true, limit: 2, remaining: 0, resetMs: 59_000 });
        expect(await take(AT + 2_000)).toEqual({ allowed: false, limit: 2, remaining: 0, resetMs: 58_000 });
        expect(await take(AT + MINUTE)).toEqual({ allowed: true, limit: 3, remaining: 0, resetMs: 59 * MINUTE });
        expect(await take(AT + MINUTE + 1)).toMatchObject({ allowed: false, limit: 3 });
        expect(await take(AT + 60 * MINUTE)).toMatchObject({ allowed: true });
      });

      test('windows outlive a restart', async () => {
        await take(AT);
        await take(AT);
        await reopen();
        expect((await take(AT + 1)).allowed).toBe(false);
      });

      test('a clock that was set back neither forgives requests nor locks out for longer than a window', async () => {
        await take(AT);
        await take(AT);
        const back = AT - 60 * MINUTE;
        expect(await take(back)).toEqual({ allowed: false, limit: 2, remaining: 0, resetMs: MINUTE });
        expect((await take(back + MINUTE - 1)).allowed).toBe(false);
        expect((await take(back + MINUTE)).allowed).toBe(true);
      });

      test('without a window every request is allowed', async () => {
        expect(await store.takeRequest('a', [], AT)).toEqual({
          allowed: true,
          limit: Infinity,
          remaining: Infinity,
          resetMs: 0,
        });
      });
    });

    test('the probe writes', async () => {
      await expect(store.probe()).resolves.toBeUndefined();
    });

    test.each([1, 2, 3, 4])('the books balance after every one of 300 random operations (seed %i)', async (seed) => {
      const random = mulberry32(seed);
      const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
      const keys = ['a', 'b', 'c'];
      await store.createKey(newKey('a'), 60, 'cli');
      await store.createKey(newKey('b', { metered: false }), 0, 'cli');
      await store.createKey(newKey('c', { metered: false }), 3, 'cli');
      const jobs: NewJob[] = [];
      // Claims are kept, so that stale ones are used again.
      const claims: PageClaim[] = [];
      const providers: readonly Provider[] = ['text-layer', 'paddle', 'paddle-plus', 'paddle-structure'];

      const operations: (() => Promise<unknown>)[] = [
        async () => {
          const pages = Array.from({ length: 1 + Math.floor(random() * 5) }, (_, pageIndex) => ({
            pageIndex,
            reserved: pick([1, 3, 5]) as number,
            routing: undefined,
          }));
          const job = newJob(pick(keys) as string, 0, { pages });
          const accepted = await store.acceptJob(job, LIMITS).catch((error: unknown) => {
            if (!(error instanceof OcrError) || error.code !== 'credits.insufficient') throw error;
          });
          if (accepted !== undefined) jobs.push(job);
        },
        async () => claims.push(...(await store.claimPages(1 + Math.floor(random() * 4), AT))),
        async () => {
          const claim = pick(claims);
          if (claim) await store.completePage(claim, newPage(claim.pageIndex, pick(providers)), AT);
        },
        async () => {
          const claim = pick(claims);
          if (claim) await store.failPage(claim, FAILURE, AT);
        },
        async () => {
          const claim = pick(claims);
          if (claim) await store.releasePages([claim]);
        },
        async () => {
          const job = random() < 0.2 ? pick(jobs) : undefined;
          if (job) await store.cancelJob(job.keyId, job.id, AT);
        },
        async () => (random() < 0.1 ? store.recoverPages() : 0),
        async () => (random() < 0.1 ? store.grantCredits(pick(keys) as string, 7, 'cli', AT) : 0),
        async () => (random() < 0.1 ? store.purgeResults(AT + 1, 2) : 0),
        async () => (random() < 0.05 ? reopen() : 0),
      ];

      for (let step = 0; step < 300; step += 1) {
        await (pick(operations) as () => Promise<unknown>)();
        for (const key of keys) {
          const credits = await store.credits(key);
          expect(credits.granted).toBe(credits.available + credits.reserved + credits.used);
          expect(Math.min(credits.available, credits.reserved, credits.used)).toBeGreaterThanOrEqual(0);
          expect(await sumOfLedger(store, key)).toEqual(credits);
        }
      }

      // Whatever happened, the rest can be read, nothing stays reserved, and what was used is what the jobs say.
      await store.recoverPages();
      await readAll(store);
      expect(await store.queue()).toMatchObject({ pendingPages: 0, processingPages: 0 });
      for (const key of keys) {
        const { jobs: listed } = await store.listJobs(key, { status: undefined, limit: 1_000, cursor: undefined });
        const used = listed.reduce((sum, { creditsUsed }) => sum + creditsUsed, 0);
        expect(await store.credits(key)).toMatchObject({ reserved: 0, used });
        expect(listed.filter(({ completedAt }) => completedAt === undefined)).toEqual([]);
      }
    });
  });
}

/** A small seeded generator (Tommy Ettinger's mulberry32), so that a failing sequence can be run again. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
