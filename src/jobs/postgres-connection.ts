/**
 * Connections to a PostgreSQL database: transactions, what is tried again, and how failures are reported.
 *
 * Rows are locked in one order, so that no two transactions wait for each other: the queue (an advisory lock), then the
 * balance of a key, then its turn or its job, then pages. A server that restarts or fails over ends transactions in
 * the middle: those that certainly did nothing are tried again here, the rest is for the caller.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { OcrError } from '../errors.js';
import { migrate } from './postgres-migrate.js';
import { rowsOf, runTransaction, type Transaction } from './postgres-transaction.js';

export interface Connection extends Transaction {
  readonly pool: pg.Pool;
  /** All of it happens, or nothing; it is on the disk when this resolves. `work` may be run more than once. */
  write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** As `write`, but a power loss of the database server may undo it. */
  writeUnsynced<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Advisory locks of this program: any numbers that nothing else in the database uses. */
export const LOCKS = { queue: 74_002, housekeeping: 74_003, rateWindows: 74_004 } as const;

/** A statement waits for a connection, and a connection for its server. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Statements take milliseconds: what takes as long has lost its server without a word. Migrations are to be shorter. */
const ANSWER_TIMEOUT_MS = 60_000;
/** What the server undid: a deadlock, or a conflict of serialization. */
const UNDONE: ReadonlySet<string> = new Set(['40P01', '40001']);
const MAX_ATTEMPTS = 5;
/** 64-bit integers come as numbers: counts, times and row numbers stay below 2^53. */
const INT8_OID = 20;

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Connections held at most. */
  readonly connections: number;
}

/** Also brings the database to this release's version. @throws OcrError storage.failed */
export async function connect({ url, connections }: PostgresOptions): Promise<Connection> {
  const pool = new pg.Pool({ ...clientOptions(url), max: connections });
  // A connection that breaks while idle is replaced when one is needed next.
  pool.on('error', () => {});
  try {
    await reportFailures(() => migrate(pool));
  } catch (error) {
    await pool.end();
    throw error;
  }
  const transact = <T>(begin: string, work: (transaction: Transaction) => Promise<T>) =>
    reportFailures(() => repeatUndone(() => runTransaction(pool, begin, work)));
  return {
    pool,
    rows: (statement, values) => reportFailures(() => rowsOf(pool, statement, values)),
    write: (work) => transact('BEGIN', work),
    writeUnsynced: (work) => transact('BEGIN; SET LOCAL synchronous_commit = off', work),
    close: () => pool.end(),
  };
}

/** Of a single connection. */
export function clientOptions(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'ocr-omega',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    keepAlive: true,
    options: '-c search_path=omega -c synchronous_commit=on',
    types: {
      getTypeParser: ((oid: number, format: 'text') =>
        oid === INT8_OID ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  };
}

async function repeatUndone<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !UNDONE.has(codeOf(error))) throw error;
      await delay(attempt * 10 * Math.random());
    }
  }
}

export async function reportFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageFailure(error);
  }
}

/** Constraints and statements of ours (classes 22, 23, 42). */
const OURS = /^(22|23|42)/;

/** Failures of the server and the way to it, in a sentence; a fault of ours comes back as it was. */
function storageFailure(error: unknown): unknown {
  if (error instanceof OcrError) return error;
  const code = codeOf(error);
  if (error instanceof pg.DatabaseError && OURS.test(code)) return error;
  if (error instanceof TypeError || error instanceof RangeError) return error;
  const sentence =
    code === '53100'
      ? 'The disk of the database server is full.'
      : `The database could not be reached or used (${code}).`;
  return new OcrError('storage.failed', sentence, { cause: error });
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown }).code ?? 'no answer');
}
