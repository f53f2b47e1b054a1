/**
 * The SQLite store's queue: whose page is next, and the pages that are handed out or given back.
 *
 * Fairness is kept by turns, an ever-growing count. A key that is served takes the newest turn, so do the jobs of a
 * key, and the oldest turn is served next; who joins the queue takes the newest one too, and so waits for one page of
 * each of the others at most. Every step is a look-up in an index over what waits, whatever the length of the queue.
 *
 * A claim is worth no fsync: one that a power loss undoes is a page that waits again, and its process is gone too.
 */
import type { OcrOptions } from '../schema/options.js';
import type { Connection } from './sqlite-connection.js';
import type { PageClaim, Store } from './store.js';

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

type HeldPage = Pick<PageClaim, 'jobId' | 'keyId' | 'pageIndex' | 'attempt'>;

/** REQUIRES: `turns` of the same connection. */
export function queueMembers(
  connection: Connection,
  turns: TurnBook,
): Pick<Store, 'claimPages' | 'releasePages' | 'releaseLost' | 'recoverPages' | 'queue'> {
  const { database, read, writeUnsynced } = connection;
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
  const selectClaimed = database
    .prepare<[string, number, number], number>(
      `SELECT no FROM jobs JOIN pages ON job_no = no
       WHERE id = ? AND page_index = ? AND attempt = ? AND pages.status = 'processing'`,
    )
    .pluck();
  const selectHeld = database.prepare<[], HeldPage>(
    `SELECT id AS jobId, key_id AS keyId, page_index AS pageIndex, attempt FROM jobs JOIN pages ON job_no = no
     WHERE pages.status = 'processing'`,
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
  const giveBack = ({ jobId, keyId, pageIndex, attempt }: HeldPage): void => {
    const jobNo = selectClaimed.get(jobId, pageIndex, attempt);
    if (jobNo === undefined) return;
    returnPage.run(jobNo, pageIndex);
    addPending.run(1, jobNo);
    turns.rejoin(keyId, 1);
  };
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
      // The engine counts those of its own process; of this one none is known.
      deaths: 0,
      uploadName: job.upload_name,
      options: job.password === null ? options : { ...options, password: job.password },
    };
  };

  return {
    async claimPages(limit) {
      return writeUnsynced(() => {
        const claims: PageClaim[] = [];
        while (claims.length < limit) {
          const claim = claimNext();
          if (claim === undefined) break;
          claims.push(claim);
        }
        return claims;
      });
    },
    async releasePages(claims) {
      writeUnsynced(() => {
        for (const claim of claims) giveBack(claim);
      });
    },
    async releaseLost(known) {
      const nameOf = ({ jobId, pageIndex, attempt }: HeldPage) => `${jobId} ${pageIndex} ${attempt}`;
      const names = new Set(known.map(nameOf));
      return writeUnsynced(() => {
        const lost = selectHeld.all().filter((held) => !names.has(nameOf(held)));
        for (const held of lost) giveBack(held);
        return lost.length;
      });
    },
    async recoverPages() {
      return writeUnsynced(() => {
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
  };
}
