/** The SQLite store's members about keys: records, plans, credits, the audit trail and rate-limit windows. */
import { countRequest } from './rate-windows.js';
import { keyNotFound } from './refusals.js';
import { type KeyRow, keyOf, type LedgerRow, ledgerEntryOf } from './rows.js';
import type { Connection } from './sqlite-connection.js';
import type { CreditBook } from './sqlite-credits.js';
import type { AuditEntry, Credits, Store } from './store.js';

type KeyMembers = Pick<
  Store,
  | 'createKey'
  | 'findKey'
  | 'listKeys'
  | 'revokeKey'
  | 'setPlan'
  | 'grantCredits'
  | 'credits'
  | 'listLedger'
  | 'listAudit'
>;

export function keyMembers(connection: Connection, book: CreditBook): KeyMembers {
  const { database, read, write } = connection;
  const insertKey = database.prepare<[string, string, Uint8Array, string, string, number, number, number | null]>(
    'INSERT INTO keys (id, name, secret_hash, role, plan, metered, created_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const selectKey = database.prepare<[string], KeyRow<0 | 1>>('SELECT * FROM keys WHERE id = ? AND revoked_at IS NULL');
  const selectKeys = database.prepare<[], KeyRow<0 | 1> & Credits>(
    `SELECT keys.*, granted, available, reserved, used FROM keys JOIN balances ON key_id = id ORDER BY created_at, id`,
  );
  const revoke = database.prepare<[number, string]>(
    'UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL',
  );
  const updatePlan = database.prepare<[string, string]>('UPDATE keys SET plan = ? WHERE id = ? AND revoked_at IS NULL');
  const makeMetered = database.prepare<[string]>('UPDATE keys SET metered = 1 WHERE id = ? AND revoked_at IS NULL');
  const insertAudit = database.prepare<[number, string, string, string, string]>(
    'INSERT INTO audit (at, actor, action, key_id, detail) VALUES (?, ?, ?, ?, ?)',
  );
  const selectAudit = database.prepare<[number], Omit<AuditEntry, 'detail'> & { readonly detail: string }>(
    'SELECT at, actor, action, key_id AS keyId, detail FROM audit ORDER BY entry DESC LIMIT ?',
  );
  const selectLedger = database.prepare<[string, number, number], LedgerRow<0 | 1>>(
    `SELECT entry, kind, credits, ledger.metered, jobs.id AS job_id, page_index, at
     FROM ledger LEFT JOIN jobs ON jobs.no = job_no
     WHERE ledger.key_id = ? AND entry > ? ORDER BY entry LIMIT ?`,
  );

  const audit = ({ at, actor, action, keyId, detail }: AuditEntry) => {
    insertAudit.run(at, actor, action, keyId, JSON.stringify(detail));
  };
  const changed = ({ changes }: { readonly changes: number }) => {
    if (changes === 0) throw keyNotFound();
  };

  return {
    async createKey(key, grant, actor) {
      await write(() => {
        const { id, name, secretHash, role, plan, metered, createdAt, revokedAt = null } = key;
        insertKey.run(id, name, secretHash, role, plan, Number(metered), createdAt, revokedAt);
        book.open(id);
        book.post({ keyId: id, kind: 'grant', credits: grant, metered, at: createdAt });
        const detail = { name, role, plan, metered, credits: grant };
        audit({ at: createdAt, actor, action: 'key.create', keyId: id, detail });
      });
    },
    async findKey(id) {
      const row = read(() => selectKey.get(id));
      return row && keyOf(row);
    },
    async listKeys() {
      return read(() => selectKeys.all()).map((row) => {
        const { granted, available, reserved, used } = row;
        return { ...keyOf(row), credits: { granted, available, reserved, used } };
      });
    },
    async revokeKey(id, actor, at) {
      await write(() => {
        changed(revoke.run(at, id));
        audit({ at, actor, action: 'key.revoke', keyId: id, detail: {} });
      });
    },
    async setPlan(id, plan, actor, at) {
      await write(() => {
        changed(updatePlan.run(plan, id));
        audit({ at, actor, action: 'key.plan', keyId: id, detail: { plan } });
      });
    },
    async grantCredits(id, credits, actor, at) {
      return write(() => {
        changed(makeMetered.run(id));
        audit({ at, actor, action: 'key.grant', keyId: id, detail: { credits } });
        return book.post({ keyId: id, kind: 'grant', credits, metered: true, at });
      });
    },
    async credits(keyId) {
      return read(() => book.balance(keyId));
    },
    async listLedger(keyId, after, limit) {
      return read(() => selectLedger.all(keyId, after, limit)).map(ledgerEntryOf);
    },
    async listAudit(limit) {
      return read(() => selectAudit.all(limit)).map((row) => ({ ...row, detail: JSON.parse(row.detail) }));
    },
  };
}

export function rateMembers({ database, writeUnsynced }: Connection): Pick<Store, 'takeRequest'> {
  const select = database.prepare<[string, number], { readonly started_at: number; readonly requests: number }>(
    'SELECT started_at, requests FROM rate_windows WHERE key_id = ? AND window_ms = ?',
  );
  const upsert = database.prepare<[string, number, number, number]>(
    `INSERT INTO rate_windows (key_id, window_ms, started_at, requests) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET started_at = excluded.started_at, requests = excluded.requests`,
  );

  return {
    async takeRequest(keyId, windows, at) {
      const stored = (windowMs: number) => {
        const row = select.get(keyId, windowMs);
        return row && { startedAt: row.started_at, requests: row.requests };
      };
      if (windows.length === 0) return countRequest([], stored, at).decision;
      return writeUnsynced(() => {
        const { decision, keep } = countRequest(windows, stored, at);
        for (const { windowMs, startedAt, requests } of keep) upsert.run(keyId, windowMs, startedAt, requests);
        return decision;
      });
    },
  };
}
