/** The SQLite store's members about searchable PDFs: the jobs that wait for theirs, and its end. */
import { pdfClaimOf, type WantedRow } from './rows.js';
import type { Connection } from './sqlite-connection.js';
import type { Store } from './store.js';

export function pdfMembers(connection: Connection): Pick<Store, 'listWantedPdfs' | 'finishPdf' | 'isPdfNeeded'> {
  const { database, read, sync, write } = connection;
  const selectWanted = database.prepare<[], WantedRow>(
    `SELECT id, key_id, upload_name, password, page_count FROM jobs
     WHERE pdf = 'wanted' AND ended_at IS NULL AND pages_read + pages_failed = page_count ORDER BY no`,
  );
  const endJob = database.prepare<[{ readonly id: string; readonly error: string | null; readonly at: number }]>(
    `UPDATE jobs SET ended_at = max(@at, created_at), password = NULL, status = 'completed',
       pdf = CASE WHEN @error IS NULL THEN 'made' END, pdf_error = @error
     WHERE id = @id AND pdf = 'wanted' AND ended_at IS NULL AND pages_read + pages_failed = page_count`,
  );
  const selectNeeded = database
    .prepare<[string], 0 | 1>(
      "SELECT results_erased = 0 AND (pdf = 'made' OR (pdf = 'wanted' AND ended_at IS NULL)) FROM jobs WHERE upload_name = ?",
    )
    .pluck();

  return {
    async listWantedPdfs() {
      return read(() => selectWanted.all()).map(pdfClaimOf);
    },
    async finishPdf(jobId, error, at) {
      return write(
        () => endJob.run({ id: jobId, error: error === undefined ? null : JSON.stringify(error), at }).changes === 1,
      );
    },
    async isPdfNeeded(uploadName) {
      if (read(() => selectNeeded.get(uploadName)) === 1) return true;
      await sync();
      return false;
    },
  };
}
