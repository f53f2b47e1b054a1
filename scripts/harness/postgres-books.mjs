/** The books of a PostgreSQL database, as a copy in SQLite of one moment: what audits the one audits the other. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { auditBooks } from './books.mjs';

/** What the audit looks at; of a result, whether there is one. */
const TABLES = {
  balances: 'key_id, granted, available, reserved, used',
  key_turns: 'key_id, pending_pages',
  jobs: `no, id, key_id, status, page_count, pages_read, pages_failed, credits_reserved, credits_used, pending_pages,
    ended_at, results_erased, pdf`,
  pages: 'job_no, page_index, status, reserved',
  results: "id, job_no, page_index, CASE WHEN page IS NULL THEN NULL ELSE 'page' END AS page, error",
  ledger: 'entry, key_id, kind, credits, metered, job_no, page_index',
};

/** What is wrong with them: sentences, none where all is well. `folder` is for the copy. */
export async function auditPostgresBooks(url, folder) {
  const path = join(folder, 'omega.db');
  rmSync(path, { force: true });
  const copy = new Database(path);
  const client = await connectTo(url);
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    for (const [table, columns] of Object.entries(TABLES)) {
      const { fields, rows } = await client.query({ text: `SELECT ${columns} FROM ${table}`, rowMode: 'array' });
      const names = fields.map(({ name }) => name);
      copy.exec(`CREATE TABLE ${table} (${names.join(', ')})`);
      const insert = copy.prepare(`INSERT INTO ${table} VALUES (${names.map(() => '?').join(', ')})`);
      copy.transaction(() => {
        for (const row of rows) insert.run(row.map((value) => (typeof value === 'boolean' ? Number(value) : value)));
      })();
    }
    await client.query('COMMIT');
  } finally {
    copy.close();
    await client.end();
  }
  return auditBooks(folder, { serverRuns: true });
}

/** Rows of a query. */
export async function queryPostgres(url, query, values = []) {
  const client = await connectTo(url);
  try {
    return (await client.query(query, values)).rows;
  } finally {
    await client.end();
  }
}

/** Whole numbers of any size come as numbers. */
async function connectTo(url) {
  const types = { getTypeParser: (oid, format) => (oid === 20 ? Number : pg.types.getTypeParser(oid, format)) };
  const client = new pg.Client({ connectionString: url, options: '-c search_path=omega', types });
  await client.connect();
  return client;
}
