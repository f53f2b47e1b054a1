/**
 * The SQLite store's queue: whose page is next, and what becomes of the pages handed out.
 *
 * Fairness is kept by turns, an ever-growing count. A key that is served takes the newest turn, so do the jobs of a
 * key, and the oldest turn is served next; who joins the queue takes the newest one too, and so waits for one page of
 * each of the others at most. Every step is a look-up in an index over what waits, whatever the length of the queue.
 */
import { promisify } from 'node:util';
import { constants, deflateRaw } from 'node:zlib';
import type { SerializedError } from '../errors.js';
import type { Page, Provider } from '../schema/document.js';
import type { OcrOptions } from '../schema/options.js';
import { settlePage } from './ledger.js';
import type { Connection } from './sqlite-connection.js';
import type { CreditBook } from './sqlite-credits.js';
import type { PageClaim, Store } from './store.js';

const deflate = promisify(deflateRaw);

export interface TurnBook {
  pendingPages(): number;
  /** Notes that `pages` pages of a key's new job wait, and gives the job its turn. */
  join(keyId: string, pages: number): number;
  /** Notes that `pages` pages of a key wait no longer, unread. */
  leave(keyId: string, pages: number): void;
  /** Notes that `pages` pages of a key wait again. */
  rejoin(keyId: string, pages: number): void;
  /** The key whose turn it is takes the newest turn; undefined where nothing waits. */
  serveNext(): { readonly keyId: string; readonly turn: number } | undefined;
}

export function turnBook({ database }: Connection): TurnBook {
  const nextTurn = database.prepare<[], number>('UPDATE state SET turn = turn + 1 RETURNING turn').pluck();
  const sumPending = database
    .prepare<[], number>('SELECT coalesce(sum(pending_pages), 0) FROM key_turns WHERE pending_pages > 0')
    .pluck();
  const joinQueue = database.prepare<[string, number, number]>(
    `INSERT INTO key_turns (key_id, pending_pages, turn) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET pending_pages = pending_pages + excluded.pending_pages,
       turn = CASE pending_pages WHEN 0 THEN excluded.turn ELSE turn END`,
  );
  const addPending = database.prepare<[number, string]>(
    'UPDATE key_turns SET pending_pages = pending_pages + ? WHERE key_id = ?',
  );
  const selectNext = database
    .prepare<[], string>('SELECT key_id FROM key_turns WHERE pending_pages > 0 ORDER BY turn LIMIT 1')
    .pluck();
  const serve = database.prepare<[number, string]>(
    'UPDATE key_turns SET pending_pages = pending_pages - 1, turn = ? WHERE key_id = ?',
  );
  const takeTurn = () => nextTurn.get() as number;

  return {
    pendingPages: () => sumPending.get() as number,
    join(keyId, pages) {
      const turn = takeTurn();
      joinQueue.run(keyId, pages, turn);
      return turn;
    },
    leave(keyId, pages) {
      addPending.run(-pages, keyId);
    },
    rejoin(keyId, pages) {
      addPending.run(pages, keyId);
    },
    serveNext() {
      const keyId = selectNext.get();
      if (keyId === undefined) return undefined;
      const turn = takeTurn();
      serve.run(turn, keyId);
      return { keyId, turn };
    },
  };
}

interface ServedJobRow {
  readonly no: number;
  readonly id: string;
  readonly options: string;
  readonly password: string | null;
  readonly upload_name: string;
}

/** The page of a claim that is current, and what its job has come to. */
interface ClaimedRow {
  readonly no: number;
  readonly metered: 0 | 1;
  readonly reserved: number;
  readonly page_count: number;
  readonly pages_read: number;
  readonly pages_failed: number;
}

type QueueMembers = Pick<
  Store,
  'claimPages' | 'completePage' | 'failPage' | 'releasePages' | 'recoverPages' | 'queue' | 'pagesRead' | 'probe'
>;

export function queueMembers(connection: Connection, book: CreditBook, turns: TurnBook): QueueMembers {
  const { database, read, write } = connection;
  const selectJob = database.prepare<[string], ServedJobRow>(
    `SELECT no, id, options, password, upload_name FROM jobs
     WHERE key_id = ? AND pending_pages > 0 ORDER BY turn LIMIT 1`,
  );
  const serveJob = database.prepare<[number, number]>(
    `UPDATE jobs SET status = 'processing', pending_pages = pending_pages - 1, turn = ? WHERE no = ?`,
  );
  const claimPage = database.prepare<[number, number], { readonly page_index: number; readonly attempt: number }>(
    `UPDATE pages SET status = 'processing', attempt = attempt + 1
     WHERE job_no = ? AND page_index =
       (SELECT page_index FROM pages WHERE job_no = ? AND status = 'pending' ORDER BY page_index LIMIT 1)
     RETURNING page_index, attempt`,
  );
  const selectClaimed = database.prepare<[string, number, number], ClaimedRow>(
    `SELECT no, metered, reserved, page_count, pages_read, pages_failed
     FROM jobs JOIN pages ON job_no = no
     WHERE id = ? AND page_index = ? AND attempt = ? AND pages.status = 'processing'`,
  );
  const finishPage = database.prepare<[number, number]>(
    "UPDATE pages SET status = 'finished' WHERE job_no = ? AND page_index = ?",
  );
  const insertResult = database.prepare<[number, number, Uint8Array | null, string | null]>(
    'INSERT INTO results (job_no, page_index, page, error) VALUES (?, ?, ?, ?)',
  );
  const countRead = database.prepare<[number, number]>(
    'UPDATE jobs SET pages_read = pages_read + 1, credits_used = credits_used + ? WHERE no = ?',
  );
  const countFailed = database.prepare<[number]>('UPDATE jobs SET pages_failed = pages_failed + 1 WHERE no = ?');
  const countProvider = database.prepare<[Provider]>(
    'INSERT INTO pages_read (provider, pages) VALUES (?, 1) ON CONFLICT DO UPDATE SET pages = pages + 1',
  );
  const endJob = database.prepare<[{ readonly no: number; readonly at: number }]>(
    `UPDATE jobs SET ended_at = max(@at, created_at), password = NULL,
       status = CASE pages_read WHEN 0 THEN 'failed' ELSE 'completed' END,
       error = CASE pages_read
         WHEN 0 THEN (SELECT error FROM results WHERE job_no = @no ORDER BY page_index LIMIT 1) END
     WHERE no = @no`,
  );
  const returnPage = database.prepare<[number, number]>(
    "UPDATE pages SET status = 'pending' WHERE job_no = ? AND page_index = ?",
  );
  const returnAllPages = database.prepare("UPDATE pages SET status = 'pending' WHERE status = 'processing'");
  const selectProcessing = database.prepare<
    [],
    { readonly no: number; readonly key_id: string; readonly pages: number }
  >(
    `SELECT no, key_id, count(*) AS pages FROM pages JOIN jobs ON no = job_no
     WHERE pages.status = 'processing' GROUP BY no`,
  );
  const addPending = database.prepare<[number, number]>(
    'UPDATE jobs SET pending_pages = pending_pages + ? WHERE no = ?',
  );
  const countProcessing = database
    .prepare<[], number>("SELECT count(*) FROM pages WHERE status = 'processing'")
    .pluck();
  const selectOldest = database
    .prepare<[], number>('SELECT created_at FROM jobs WHERE pending_pages > 0 ORDER BY created_at LIMIT 1')
    .pluck();
  const selectPagesRead = database.prepare<[], { readonly provider: Provider; readonly pages: number }>(
    'SELECT provider, pages FROM pages_read',
  );
  const writeProbe = database.prepare('UPDATE state SET probe = probe + 1');

  const claimNext = (): PageClaim | undefined => {
    const served = turns.serveNext();
    if (served === undefined) return undefined;
    const { keyId, turn } = served;
    const job = selectJob.get(keyId) as ServedJobRow;
    serveJob.run(turn, job.no);
    const { page_index: pageIndex, attempt } = claimPage.get(job.no, job.no) as {
      readonly page_index: number;
      readonly attempt: number;
    };
    const options = JSON.parse(job.options) as OcrOptions;
    return {
      jobId: job.id,
      keyId,
      pageIndex,
      attempt,
      uploadName: job.upload_name,
      options: job.password === null ? options : { ...options, password: job.password },
    };
  };

  const finish = (
    { jobId, keyId, pageIndex, attempt }: PageClaim,
    outcome: { readonly provider?: Provider; readonly page: Uint8Array | null; readonly error: string | null },
    at: number,
  ): boolean =>
    write(() => {
      const claimed = selectClaimed.get(jobId, pageIndex, attempt);
      if (claimed === undefined) return false;
      const { no: jobNo, reserved } = claimed;
      const metered = claimed.metered === 1;
      const { charge, release } = settlePage(reserved, outcome.provider);
      book.post({ keyId, kind: 'charge', credits: charge, metered, jobNo, pageIndex, at });
      book.post({ keyId, kind: 'release', credits: release, metered, jobNo, pageIndex, at });

      finishPage.run(jobNo, pageIndex);
      insertResult.run(jobNo, pageIndex, outcome.page, outcome.error);
      if (outcome.provider === undefined) {
        countFailed.run(jobNo);
      } else {
        countRead.run(charge, jobNo);
        countProvider.run(outcome.provider);
      }
      const finished = claimed.pages_read + claimed.pages_failed + 1;
      if (finished === claimed.page_count) endJob.run({ no: jobNo, at });
      return true;
    });

  return {
    async claimPages(limit) {
      return write(() => {
        const claims: PageClaim[] = [];
        while (claims.length < limit) {
          const claim = claimNext();
          if (claim === undefined) break;
          claims.push(claim);
        }
        return claims;
      });
    },
    async completePage(claim, page, at) {
      const deflated = await deflatePage(page);
      return finish(claim, { provider: page.routing.provider, page: deflated, error: null }, at);
    },
    async failPage(claim, error, at) {
      return finish(claim, { page: null, error: JSON.stringify(error satisfies SerializedError) }, at);
    },
    async releasePages(claims) {
      write(() => {
        for (const { jobId, keyId, pageIndex, attempt } of claims) {
          const claimed = selectClaimed.get(jobId, pageIndex, attempt);
          if (claimed === undefined) continue;
          returnPage.run(claimed.no, pageIndex);
          addPending.run(1, claimed.no);
          turns.rejoin(keyId, 1);
        }
      });
    },
    async recoverPages() {
      return write(() => {
        for (const { no, key_id: keyId, pages } of selectProcessing.all()) {
          addPending.run(pages, no);
          turns.rejoin(keyId, pages);
        }
        return returnAllPages.run().changes;
      });
    },
    async queue() {
      return read(() => ({
        pendingPages: turns.pendingPages(),
        processingPages: countProcessing.get() as number,
        oldestPendingAt: selectOldest.get(),
      }));
    },
    async pagesRead() {
      return Object.fromEntries(read(() => selectPagesRead.all()).map(({ provider, pages }) => [provider, pages]));
    },
    async probe() {
      write(() => writeProbe.run());
    },
  };
}

/**
 * Off the main thread. A page of 17 kB shrinks to a third in 0.3 ms, which saves more of the fsync than it costs; the
 * higher levels gain 2 to 6% on that.
 */
function deflatePage(page: Page): Promise<Uint8Array> {
  return deflate(JSON.stringify(page), { level: constants.Z_BEST_SPEED });
}
