/** Writing the ledger of the PostgreSQL store: entries and the balance they lead to, in one transaction. */
import { applyEntry } from './ledger.js';
import type { Transaction } from './postgres-transaction.js';
import { keyNotFound } from './refusals.js';
import type { Credits, LedgerKind } from './store.js';

export interface Entry {
  readonly kind: LedgerKind;
  readonly credits: number;
  readonly metered: boolean;
  readonly jobNo?: number;
  readonly pageIndex?: number;
  readonly at: number;
}

/** The balance, which no other transaction changes until this one ends. @throws OcrError key.not-found */
export async function lockBalance(transaction: Transaction, keyId: string): Promise<Credits> {
  const [row] = await transaction.rows<Credits>(
    'SELECT granted, available, reserved, used FROM balances WHERE key_id = $1 FOR UPDATE',
    [keyId],
  );
  if (row === undefined) throw keyNotFound();
  return row;
}

/** REQUIRES: `before` is locked. Entries of no credits are none. */
export async function postEntries(
  transaction: Transaction,
  keyId: string,
  before: Credits,
  entries: readonly Entry[],
): Promise<Credits> {
  const posted = entries.filter(({ credits }) => credits > 0);
  if (posted.length === 0) return before;
  const after = posted.reduce(applyEntry, before);
  await transaction.rows(
    `INSERT INTO ledger (key_id, kind, credits, metered, job_no, page_index, at)
     SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::boolean[], $5::bigint[], $6::int[], $7::bigint[])`,
    [
      keyId,
      posted.map(({ kind }) => kind),
      posted.map(({ credits }) => credits),
      posted.map(({ metered }) => metered),
      posted.map(({ jobNo = null }) => jobNo),
      posted.map(({ pageIndex = null }) => pageIndex),
      posted.map(({ at }) => at),
    ],
  );
  await transaction.rows(
    'UPDATE balances SET granted = $2, available = $3, reserved = $4, used = $5 WHERE key_id = $1',
    [keyId, after.granted, after.available, after.reserved, after.used],
  );
  return after;
}
