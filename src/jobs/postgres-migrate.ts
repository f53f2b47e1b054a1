/**
 * Brings a database to this release's version, once, whoever starts first; other releases may be at work meanwhile.
 *
 * Forward only. A release works on a newer schema as long as what was added since is marked as additive: then old and
 * new nodes run side by side while they are upgraded one by one.
 */
import type pg from 'pg';
import { OcrError } from '../errors.js';
import { MIGRATIONS, type Migration } from './postgres-schema.js';

/** Any number that nothing else in the database locks; the others are in `postgres-connection.ts`. */
const LOCK = 74_001;

/** @throws OcrError storage.failed where the schema is too new, or the server does not sync */
export async function migrate(pool: pg.Pool, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await client.query('CREATE SCHEMA IF NOT EXISTS omega');
    await client.query(
      `CREATE TABLE IF NOT EXISTS omega.migrations (
         version int PRIMARY KEY, additive boolean NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const applied = await client.query<{ version: number; additive: boolean }>(
      'SELECT version, additive FROM omega.migrations ORDER BY version',
    );
    const version = applied.rows.at(-1)?.version ?? 0;
    if (applied.rows.some((row) => row.version > migrations.length && !row.additive)) {
      throw new OcrError(
        'storage.failed',
        `The database has version ${version}, but this release reads versions up to ${migrations.length}; start a newer release.`,
      );
    }
    for (const [index, { statements, additive }] of migrations.entries()) {
      if (index < version) continue;
      await client.query(statements);
      await client.query('INSERT INTO omega.migrations (version, additive) VALUES ($1, $2)', [index + 1, additive]);
    }
    await client.query('COMMIT');
    const { rows } = await client.query<{ fsync: string }>('SHOW fsync');
    if (rows[0]?.fsync !== 'on') {
      throw new OcrError('storage.failed', 'The database server must run with fsync on, but it is off.');
    }
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
