/**
 * Audits the database of a data directory, from its tables alone and with rules of its own: what the product's code
 * says about itself proves nothing here.
 */
import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { temporaryFolder } from './server.mjs';

/** Each query gives the rows that must not be, in the words of its name. */
const MUST_BE_EMPTY = {
  'granted differs from available + reserved + used':
    'SELECT * FROM balances WHERE granted <> available + reserved + used OR min(available, reserved, used) < 0',
  'a balance differs from what its ledger adds up to': `
    WITH folded AS (
      SELECT key_id,
        sum(CASE kind WHEN 'grant' THEN credits
          WHEN 'reserve' THEN iif(metered, 0, credits) WHEN 'release' THEN iif(metered, 0, -credits) ELSE 0 END) AS granted,
        sum(CASE kind WHEN 'grant' THEN credits
          WHEN 'reserve' THEN iif(metered, -credits, 0) WHEN 'release' THEN iif(metered, credits, 0) ELSE 0 END) AS available,
        sum(CASE kind WHEN 'reserve' THEN credits WHEN 'grant' THEN 0 ELSE -credits END) AS reserved,
        sum(CASE kind WHEN 'charge' THEN credits ELSE 0 END) AS used
      FROM ledger GROUP BY key_id)
    SELECT * FROM balances LEFT JOIN folded USING (key_id)
    WHERE (balances.granted, balances.available, balances.reserved, balances.used) IS NOT
      (coalesce(folded.granted, 0), coalesce(folded.available, 0), coalesce(folded.reserved, 0), coalesce(folded.used, 0))`,
  'a page is charged or released twice': `
    SELECT job_no, page_index FROM ledger WHERE kind IN ('charge', 'release')
    GROUP BY job_no, page_index, kind HAVING count(*) > 1`,
  'a job is reserved twice': "SELECT job_no FROM ledger WHERE kind = 'reserve' GROUP BY job_no HAVING count(*) > 1",
  'a finished page is not settled to the credit, or another is': `
    WITH settled AS (
      SELECT job_no, page_index, sum(credits) AS credits FROM ledger WHERE page_index IS NOT NULL
      GROUP BY job_no, page_index)
    SELECT * FROM pages JOIN jobs ON no = job_no LEFT JOIN settled USING (job_no, page_index)
    WHERE coalesce(credits, 0) <> iif(pages.status = 'finished', reserved, 0)`,
  'a page was charged that was not read': `
    SELECT * FROM ledger JOIN results USING (job_no, page_index) WHERE kind = 'charge' AND page IS NULL`,
  'a job was charged other than its pages': `
    SELECT no FROM jobs WHERE credits_used <>
      (SELECT coalesce(sum(credits), 0) FROM ledger WHERE job_no = no AND kind = 'charge')`,
  'a job has pages too many or too few': `
    SELECT no FROM jobs WHERE results_erased = 0 AND page_count <> (SELECT count(*) FROM pages WHERE job_no = no)`,
  'a page has a result before it is finished, or none after': `
    SELECT * FROM pages LEFT JOIN results USING (job_no, page_index)
    WHERE (status = 'finished') <> (results.id IS NOT NULL)`,
  'a page has two results': 'SELECT job_no FROM results GROUP BY job_no, page_index HAVING count(*) > 1',
  'a job ended before its pages, or they before it': `
    SELECT no FROM jobs WHERE results_erased = 0 AND pdf IS NOT 'wanted' AND (ended_at IS NOT NULL) <>
      (NOT EXISTS (SELECT * FROM pages WHERE job_no = no AND status <> 'finished'))`,
  'a job ended before its searchable PDF': `
    SELECT no FROM jobs WHERE results_erased = 0 AND pdf = 'wanted' AND ended_at IS NOT NULL AND status <> 'failed'`,
  'a job miscounts the pages that wait': `
    SELECT no FROM jobs WHERE pending_pages <>
      (SELECT count(*) FROM pages WHERE job_no = no AND status = 'pending')`,
  'a key miscounts the pages that wait': `
    SELECT key_id FROM key_turns WHERE pending_pages <>
      (SELECT coalesce(sum(pending_pages), 0) FROM jobs WHERE jobs.key_id = key_turns.key_id)`,
  'a job that ended still holds credits, or an erased one pages': `
    SELECT no FROM jobs WHERE
      (ended_at IS NOT NULL AND 0 <>
        (SELECT sum(iif(kind = 'reserve', credits, -credits)) FROM ledger WHERE job_no = no)) OR
      (results_erased = 1 AND (ended_at IS NULL OR EXISTS (SELECT * FROM pages WHERE job_no = no)
        OR EXISTS (SELECT * FROM results WHERE job_no = no)))`,
  'a reference leads nowhere': 'PRAGMA foreign_key_check',
};

/**
 * What is wrong with the books: sentences, none where all is well.
 *
 * The database of a server that was killed is looked at in a copy: the next server is to recover it by itself.
 */
export function auditBooks(dataDir, { serverRuns }) {
  return withDatabase(dataDir, serverRuns, (database) =>
    database.transaction(() => {
      const broken = Object.entries(MUST_BE_EMPTY).flatMap(([sentence, query]) => {
        const rows = database.prepare(query).all();
        return rows.length === 0 ? [] : [`${sentence} (${rows.length} times, first ${JSON.stringify(rows[0])})`];
      });
      const [{ integrity_check: integrity }] = database.pragma('integrity_check(1)');
      return integrity === 'ok' ? broken : [...broken, `the database is damaged: ${integrity}`];
    })(),
  );
}

/** Rows of a query. */
export function queryBooks(dataDir, { serverRuns }, query, ...values) {
  return withDatabase(dataDir, serverRuns, (database) => database.prepare(query).all(...values));
}

function withDatabase(dataDir, serverRuns, work) {
  const database = new Database(join(serverRuns ? dataDir : copyOf(dataDir), 'omega.db'), { readonly: serverRuns });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

let copies;
function copyOf(dataDir) {
  copies ??= temporaryFolder('books');
  for (const name of ['omega.db', 'omega.db-wal']) {
    const [from, to] = [join(dataDir, name), join(copies, name)];
    if (existsSync(from)) copyFileSync(from, to);
    else if (existsSync(to)) rmSync(to);
  }
  return copies;
}

const KNOWN_FILES = ['omega.db', 'omega.db-shm', 'omega.db-wal', 'serve.lock', 'serve.lock-journal', 'backup.lock'];
const JOB_FOLDERS = ['uploads', 'pdfs'];
const WITH_PDF = "SELECT upload_name AS name FROM jobs WHERE pdf = 'made' AND results_erased = 0";

/**
 * Files that a data directory must not have once every job ended and the server stopped: those of jobs, but for the
 * searchable PDFs that they ended with, and what nobody knows.
 */
export function orphanFiles(dataDir) {
  const unknown = readdirSync(dataDir).filter((name) => !KNOWN_FILES.includes(name) && !JOB_FOLDERS.includes(name));
  const ofJobs = JOB_FOLDERS.flatMap((folder) => readdirSync(join(dataDir, folder)).map((name) => `${folder}/${name}`));
  const pdfs = queryBooks(dataDir, { serverRuns: false }, WITH_PDF).map(({ name }) => `pdfs/${name}.pdf`);
  return [...unknown, ...ofJobs.filter((name) => !pdfs.includes(name))];
}
