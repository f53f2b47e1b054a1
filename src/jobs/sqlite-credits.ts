/** Writing the ledger of the SQLite store: each entry and the balance it leads to, in one transaction. */
import { applyEntry, NO_CREDITS } from './ledger.js';
import { keyNotFound } from './refusals.js';
import type { Connection } from './sqlite-connection.js';
import type { Credits, LedgerKind } from './store.js';

export interface Entry {
  readonly keyId: string;
  readonly kind: LedgerKind;
  readonly credits: number;
  readonly metered: boolean;
  readonly jobNo?: number;
  readonly pageIndex?: number;
  readonly at: number;
}

export interface CreditBook {
  /** @throws OcrError key.not-found */
  balance(keyId: string): Credits;
  open(keyId: string): void;
  /** Within the caller's transaction. An entry of no credits is none. */
  post(entry: Entry): Credits;
}

export function creditBook({ database }: Connection): CreditBook {
  const select = database.prepare<[string], Credits>(
    'SELECT granted, available, reserved, used FROM balances WHERE key_id = ?',
  );
  const insert = database.prepare<[string, number, number, number, number]>(
    'INSERT INTO balances (key_id, granted, available, reserved, used) VALUES (?, ?, ?, ?, ?)',
  );
  const update = database.prepare<[number, number, number, number, string]>(
    'UPDATE balances SET granted = ?, available = ?, reserved = ?, used = ? WHERE key_id = ?',
  );
  const append = database.prepare<[string, string, number, number, number | null, number | null, number]>(
    'INSERT INTO ledger (key_id, kind, credits, metered, job_no, page_index, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );

  const balance = (keyId: string): Credits => {
    const row = select.get(keyId);
    if (row === undefined) throw keyNotFound();
    return row;
  };

  return {
    balance,
    open(keyId) {
      insert.run(keyId, NO_CREDITS.granted, NO_CREDITS.available, NO_CREDITS.reserved, NO_CREDITS.used);
    },
    post(entry) {
      const before = balance(entry.keyId);
      if (entry.credits === 0) return before;
      const { keyId, kind, credits, metered, jobNo = null, pageIndex = null, at } = entry;
      append.run(keyId, kind, credits, Number(metered), jobNo, pageIndex, at);
      const after = applyEntry(before, entry);
      update.run(after.granted, after.available, after.reserved, after.used, keyId);
      return after;
    },
  };
}
