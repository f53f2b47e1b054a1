/** The PostgreSQL store's members about searchable PDFs: the jobs that wait for theirs, and its end. */
import type { Connection } from './postgres-connection.js';
import { pdfClaimOf, type WantedRow } from './rows.js';
import type { Store } from './store.js';

const WAITS = "pdf = 'wanted' AND ended_at IS NULL AND pages_read + pages_failed = page_count";

export function pdfMembers(
  { rows, write, writeUnsynced }: Connection,
  node: string,
): Pick<Store, 'listWantedPdfs' | 'finishPdf' | 'isPdfNeeded'> {
  return {
    async listWantedPdfs() {
      // The node makes it until it is gone, as with pages; its row is then, too.
      const wanted = await writeUnsynced((transaction) =>
        transaction.rows<WantedRow>(
          `UPDATE jobs SET pdf_node = $1 WHERE no = (
             SELECT no FROM jobs WHERE ${WAITS}
               AND (pdf_node IS NULL OR pdf_node = $1 OR NOT EXISTS (SELECT FROM nodes WHERE nodes.id = pdf_node))
             ORDER BY no LIMIT 1 FOR UPDATE SKIP LOCKED)
           RETURNING id, key_id, upload_name, password, page_count`,
          [node],
        ),
      );
      return wanted.map(pdfClaimOf);
    },
    async finishPdf(jobId, error, at) {
      const ended = await write((transaction) =>
        transaction.rows(
          `UPDATE jobs SET ended_at = greatest($3, created_at), password = NULL, status = 'completed',
             pdf = CASE WHEN $2::text IS NULL THEN 'made' END, pdf_error = $2
           WHERE id = $1 AND ${WAITS} RETURNING no`,
          [jobId, error === undefined ? null : JSON.stringify(error), at],
        ),
      );
      return ended.length === 1;
    },
    async isPdfNeeded(uploadName) {
      const [job] = await rows<{ needed: boolean }>(
        `SELECT NOT results_erased AND (pdf = 'made' OR (pdf = 'wanted' AND ended_at IS NULL)) AS needed
         FROM jobs WHERE upload_name = $1`,
        [uploadName],
      );
      return job?.needed === true;
    },
  };
}
