/**
 * Brings a database to this release's version, once, whoever starts first; other releases may be at work meanwhile.
 *
 * Forward only. A release works on a newer schema as long as what was added since is marked as additive: then old and
 * new nodes run side by side while they are upgraded one by one.
 */
import type pg from 'pg';
import { OcrError } from '../errors.js';
import { LEASE_MS } from './postgres-nodes.js';
import { MIGRATIONS, type Migration } from './postgres-schema.js';
import { rowsOf, runTransaction, type Transaction } from './postgres-transaction.js';

/** Any number that nothing else in the database locks; the others are in `postgres-connection.ts`. */
const LOCK = 74_001;

/** @throws OcrError storage.failed where the schema is too new, or the server does not sync */
export async function migrate(pool: pg.Pool, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  await runTransaction(pool, 'BEGIN', (transaction) => migrateIn(transaction, migrations));
  const [row] = await rowsOf<{ fsync: string }>(pool, 'SHOW fsync');
  if (row?.fsync !== 'on') {
    throw new OcrError('storage.failed', 'The database server must run with fsync on, but it is off.');
  }
}

async function migrateIn({ rows }: Transaction, migrations: readonly Migration[]): Promise<void> {
  await rows('SELECT pg_advisory_xact_lock($1)', [LOCK]);
  await rows('CREATE SCHEMA IF NOT EXISTS omega');
  await rows(
    `CREATE TABLE IF NOT EXISTS omega.migrations (
       version int PRIMARY KEY, additive boolean NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  );
  const applied = await rows<{ version: number; additive: boolean }>(
    'SELECT version, additive FROM omega.migrations ORDER BY version',
  );
  const version = applied.at(-1)?.version ?? 0;
  if (applied.some((row) => row.version > migrations.length && !row.additive)) {
    throw new OcrError(
      'storage.failed',
      `The database has version ${version}, but this release reads versions up to ${migrations.length}; start a newer release.`,
    );
  }
  if (version > 0 && migrations.slice(version).some(({ additive }) => !additive)) await refuseBesideOthers(rows);
  for (const [index, { statements, additive }] of migrations.entries()) {
    if (index < version) continue;
    await rows(statements);
    await rows('INSERT INTO omega.migrations (version, additive) VALUES ($1, $2)', [index + 1, additive]);
  }
}

/** @throws OcrError storage.failed while nodes are at work, which must be of an older release */
async function refuseBesideOthers(rows: Transaction['rows']): Promise<void> {
  const [{ known } = { known: false }] = await rows<{ known: boolean }>(
    "SELECT to_regclass('omega.nodes') IS NOT NULL AS known",
  );
  if (!known) return;
  const seen = await rows("SELECT id FROM omega.nodes WHERE seen_at > now() - $1 * interval '1 millisecond'", [
    LEASE_MS,
  ]);
  if (seen.length === 0) return;
  throw new OcrError(
    'storage.failed',
    `Nodes of an older release are at work on the database (${seen.length}), and this release changes what they rely on; stop them first.`,
  );
}
