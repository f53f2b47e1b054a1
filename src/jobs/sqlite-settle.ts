/** The SQLite store's settling of pages: the result, its charge and the end of the job, in one transaction. */
import type { Routing, Tier } from '../schema/document.js';
import { settlePage } from './ledger.js';
import { outcomeMembers, type PageOutcome } from './page-outcome.js';
import type { Connection } from './sqlite-connection.js';
import type { CreditBook } from './sqlite-credits.js';
import type { PageClaim, Store } from './store.js';

/** The page of a claim that is current, and what its job has come to. */
interface ClaimedRow {
  readonly no: number;
  readonly metered: 0 | 1;
  readonly reserved: number;
  readonly page_count: number;
  readonly pages_read: number;
  readonly pages_failed: number;
  readonly pdf: 'wanted' | null;
}

export function settleMembers(
  connection: Connection,
  book: CreditBook,
): Pick<Store, 'completePage' | 'failPage' | 'pagesRead' | 'probe'> {
  const { database, read, write } = connection;
  const selectClaimed = database.prepare<[string, number, number], ClaimedRow>(
    `SELECT no, metered, reserved, page_count, pages_read, pages_failed, pdf
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
  const countRouting = database.prepare<[string, string]>(
    `INSERT INTO pages_read_by_tier (provider, tier, pages) VALUES (?, ?, 1)
     ON CONFLICT DO UPDATE SET pages = pages + 1`,
  );
  const endJob = database.prepare<[{ readonly no: number; readonly at: number }]>(
    `UPDATE jobs SET ended_at = max(@at, created_at), password = NULL,
       status = CASE pages_read WHEN 0 THEN 'failed' ELSE 'completed' END,
       error = CASE pages_read
         WHEN 0 THEN (SELECT error FROM results WHERE job_no = @no ORDER BY page_index LIMIT 1) END
     WHERE no = @no`,
  );
  const selectPagesRead = database.prepare<
    [],
    Pick<Routing, 'provider'> & { readonly tier: Tier | ''; readonly pages: number }
  >('SELECT provider, tier, pages FROM pages_read_by_tier ORDER BY provider, tier');
  const writeProbe = database.prepare('UPDATE state SET probe = probe + 1');

  const finish = (
    { jobId, keyId, pageIndex, attempt }: PageClaim,
    outcome: PageOutcome,
    at: number,
  ): Promise<boolean> =>
    write(() => {
      const claimed = selectClaimed.get(jobId, pageIndex, attempt);
      if (claimed === undefined) return false;
      const { no: jobNo, reserved } = claimed;
      const metered = claimed.metered === 1;
      const { charge, release } = settlePage(reserved, outcome.routing?.provider);
      book.post({ keyId, kind: 'charge', credits: charge, metered, jobNo, pageIndex, at });
      book.post({ keyId, kind: 'release', credits: release, metered, jobNo, pageIndex, at });

      finishPage.run(jobNo, pageIndex);
      insertResult.run(jobNo, pageIndex, outcome.page, outcome.error);
      if (outcome.routing === undefined) {
        countFailed.run(jobNo);
      } else {
        countRead.run(charge, jobNo);
        countRouting.run(outcome.routing.provider, outcome.routing.tier ?? '');
      }
      const finished = claimed.pages_read + claimed.pages_failed + 1;
      const awaitsPdf = claimed.pdf === 'wanted' && (claimed.pages_read > 0 || outcome.routing !== undefined);
      if (finished === claimed.page_count && !awaitsPdf) endJob.run({ no: jobNo, at });
      return true;
    });

  return {
    ...outcomeMembers(finish),
    async pagesRead() {
      return read(() => selectPagesRead.all()).map(({ tier, ...count }) => (tier === '' ? count : { ...count, tier }));
    },
    async probe() {
      await write(() => writeProbe.run());
    },
  };
}
