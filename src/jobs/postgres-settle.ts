/** The PostgreSQL store's settling of pages: the result, its charge and the end of the job, in one transaction. */
import type { Routing, Tier } from '../schema/document.js';
import { settlePage } from './ledger.js';
import { outcomeMembers, type PageOutcome } from './page-outcome.js';
import type { Connection } from './postgres-connection.js';
import { lockBalance, postEntries } from './postgres-credits.js';
import type { PageClaim, Store } from './store.js';

/** The page of a claim that is current, and what its job has come to. */
interface ClaimedRow {
  readonly no: number;
  readonly metered: boolean;
  readonly reserved: number;
  readonly page_count: number;
  readonly pages_read: number;
  readonly pages_failed: number;
  readonly pdf: 'wanted' | null;
}

/** Rows that a count of pages is spread over. */
const COUNT_SLOTS = 32;

export function settleMembers({
  rows,
  write,
}: Connection): Pick<Store, 'completePage' | 'failPage' | 'pagesRead' | 'probe'> {
  const finish = (
    { jobId, keyId, pageIndex, attempt }: PageClaim,
    outcome: PageOutcome,
    at: number,
  ): Promise<boolean> =>
    write(async (transaction) => {
      const before = await lockBalance(transaction, keyId);
      const [claimed] = await transaction.rows<ClaimedRow>(
        `SELECT no, metered, reserved, page_count, pages_read, pages_failed, pdf
         FROM jobs JOIN pages ON job_no = no
         WHERE id = $1 AND page_index = $2 AND attempt = $3 AND pages.status = 'processing' FOR UPDATE`,
        [jobId, pageIndex, attempt],
      );
      if (claimed === undefined) return false;
      const { no: jobNo, reserved, metered } = claimed;
      const { charge, release } = settlePage(reserved, outcome.routing?.provider);
      await postEntries(transaction, keyId, before, [
        { kind: 'charge', credits: charge, metered, jobNo, pageIndex, at },
        { kind: 'release', credits: release, metered, jobNo, pageIndex, at },
      ]);
      await transaction.rows(
        "UPDATE pages SET status = 'finished', node = NULL WHERE job_no = $1 AND page_index = $2",
        [jobNo, pageIndex],
      );
      await transaction.rows('INSERT INTO results (job_no, page_index, page, error) VALUES ($1, $2, $3, $4)', [
        jobNo,
        pageIndex,
        outcome.page,
        outcome.error,
      ]);
      const read = outcome.routing === undefined ? 0 : 1;
      const awaitsPdf = claimed.pdf === 'wanted' && claimed.pages_read + read > 0;
      const ends = claimed.pages_read + claimed.pages_failed + 1 === claimed.page_count && !awaitsPdf;
      await transaction.rows(
        `UPDATE jobs SET pages_read = pages_read + $2, pages_failed = pages_failed + 1 - $2,
           credits_used = credits_used + $3 WHERE no = $1`,
        [jobNo, read, charge],
      );
      if (ends) {
        await transaction.rows(
          `UPDATE jobs SET ended_at = greatest($2, created_at), password = NULL,
             status = CASE pages_read WHEN 0 THEN 'failed' ELSE 'completed' END,
             error = CASE pages_read
               WHEN 0 THEN (SELECT error FROM results WHERE job_no = $1 ORDER BY page_index LIMIT 1) END
           WHERE no = $1`,
          [jobNo, at],
        );
      }
      if (outcome.routing !== undefined) {
        await transaction.rows(
          `INSERT INTO pages_read_by_tier (provider, tier, slot, pages) VALUES ($1, $2, $3, 1)
           ON CONFLICT (provider, tier, slot) DO UPDATE SET pages = pages_read_by_tier.pages + 1`,
          [outcome.routing.provider, outcome.routing.tier ?? '', Math.floor(Math.random() * COUNT_SLOTS)],
        );
      }
      return true;
    });

  return {
    ...outcomeMembers(finish),
    async pagesRead() {
      const counts = await rows<Pick<Routing, 'provider'> & { readonly tier: Tier | ''; readonly pages: number }>(
        `SELECT provider, tier, sum(pages)::bigint AS pages FROM pages_read_by_tier GROUP BY provider, tier
         ORDER BY provider COLLATE "C", tier COLLATE "C"`,
      );
      return counts.map(({ tier, ...count }) => (tier === '' ? count : { ...count, tier }));
    },
    async probe() {
      await write((transaction) => transaction.rows('UPDATE probe SET writes = writes + 1'));
    },
  };
}
