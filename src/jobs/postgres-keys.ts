/** The PostgreSQL store's members about keys: records, plans, credits, the audit trail and rate-limit windows. */
import { NO_CREDITS } from './ledger.js';
import { type Connection, LOCKS } from './postgres-connection.js';
import { lockBalance, postEntries } from './postgres-credits.js';
import type { Transaction } from './postgres-transaction.js';
import { countRequest } from './rate-windows.js';
import { keyNotFound } from './refusals.js';
import { type KeyRow, keyOf, type LedgerRow, ledgerEntryOf } from './rows.js';
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

export function keyMembers({ rows, write }: Connection): KeyMembers {
  /** Changes a valid key by `assignment`, of which `$2` is `value`. @throws OcrError key.not-found */
  const change = async (transaction: Transaction, id: string, assignment: string, value: unknown) => {
    const changed = await transaction.rows(
      `UPDATE keys SET ${assignment} WHERE id = $1 AND revoked_at IS NULL RETURNING id`,
      [id, value],
    );
    if (changed.length === 0) throw keyNotFound();
  };
  const audit = async (transaction: Transaction, { at, actor, action, keyId, detail }: AuditEntry) => {
    await transaction.rows('INSERT INTO audit (at, actor, action, key_id, detail) VALUES ($1, $2, $3, $4, $5)', [
      at,
      actor,
      action,
      keyId,
      JSON.stringify(detail),
    ]);
  };

  return {
    async createKey(key, grant, actor) {
      await write(async (transaction) => {
        const { id, name, secretHash, role, plan, metered, createdAt, revokedAt = null } = key;
        await transaction.rows(
          `INSERT INTO keys (id, name, secret_hash, role, plan, metered, created_at, revoked_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
          [id, name, Buffer.from(secretHash), role, plan, metered, createdAt, revokedAt],
        );
        await transaction.rows(
          'INSERT INTO balances (key_id, granted, available, reserved, used) VALUES ($1, 0, 0, 0, 0)',
          [id],
        );
        await postEntries(transaction, id, NO_CREDITS, [{ kind: 'grant', credits: grant, metered, at: createdAt }]);
        const detail = { name, role, plan, metered, credits: grant };
        await audit(transaction, { at: createdAt, actor, action: 'key.create', keyId: id, detail });
      });
    },
    async findKey(id) {
      const [row] = await rows<KeyRow<boolean>>('SELECT * FROM keys WHERE id = $1 AND revoked_at IS NULL', [id]);
      return row && keyOf(row);
    },
    async listKeys() {
      const all = await rows<KeyRow<boolean> & Credits>(
        `SELECT keys.*, granted, available, reserved, used FROM keys JOIN balances ON key_id = id
         ORDER BY created_at, id`,
      );
      return all.map((row) => {
        const { granted, available, reserved, used } = row;
        return { ...keyOf(row), credits: { granted, available, reserved, used } };
      });
    },
    async revokeKey(id, actor, at) {
      await write(async (transaction) => {
        await change(transaction, id, 'revoked_at = $2', at);
        await audit(transaction, { at, actor, action: 'key.revoke', keyId: id, detail: {} });
      });
    },
    async setPlan(id, plan, actor, at) {
      await write(async (transaction) => {
        await change(transaction, id, 'plan = $2', plan);
        await audit(transaction, { at, actor, action: 'key.plan', keyId: id, detail: { plan } });
      });
    },
    async grantCredits(id, credits, actor, at) {
      return write(async (transaction) => {
        const before = await lockBalance(transaction, id);
        await change(transaction, id, 'metered = $2', true);
        await audit(transaction, { at, actor, action: 'key.grant', keyId: id, detail: { credits } });
        return postEntries(transaction, id, before, [{ kind: 'grant', credits, metered: true, at }]);
      });
    },
    async credits(keyId) {
      const [row] = await rows<Credits>('SELECT granted, available, reserved, used FROM balances WHERE key_id = $1', [
        keyId,
      ]);
      if (row === undefined) throw keyNotFound();
      return row;
    },
    async listLedger(keyId, after, limit) {
      const entries = await rows<LedgerRow<boolean>>(
        `SELECT entry, kind, credits, ledger.metered, jobs.id AS job_id, page_index, at
         FROM ledger LEFT JOIN jobs ON jobs.no = job_no
         WHERE ledger.key_id = $1 AND entry > $2 ORDER BY entry LIMIT $3`,
        [keyId, after, limit],
      );
      return entries.map(ledgerEntryOf);
    },
    async listAudit(limit) {
      const entries = await rows<Omit<AuditEntry, 'detail'> & { readonly detail: string }>(
        'SELECT at, actor, action, key_id AS "keyId", detail FROM audit ORDER BY entry DESC LIMIT $1',
        [limit],
      );
      return entries.map((row) => ({ ...row, detail: JSON.parse(row.detail) }));
    },
  };
}

export function rateMembers({ writeUnsynced }: Connection): Pick<Store, 'takeRequest'> {
  return {
    async takeRequest(keyId, windows, at) {
      if (windows.length === 0) return countRequest([], () => undefined, at).decision;
      return writeUnsynced(async ({ rows }) => {
        // One request of a key at a time: the first ones have no row to lock.
        await rows('SELECT pg_advisory_xact_lock($1, hashtext($2))', [LOCKS.rateWindows, keyId]);
        const stored = await rows<{ windowMs: number; startedAt: number; requests: number }>(
          'SELECT window_ms AS "windowMs", started_at AS "startedAt", requests FROM rate_windows WHERE key_id = $1',
          [keyId],
        );
        const { decision, keep } = countRequest(
          windows,
          (windowMs) => stored.find((row) => row.windowMs === windowMs),
          at,
        );
        await rows(
          `INSERT INTO rate_windows (key_id, window_ms, started_at, requests)
           SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[])
           ON CONFLICT (key_id, window_ms)
             DO UPDATE SET started_at = excluded.started_at, requests = excluded.requests`,
          [
            keyId,
            keep.map(({ windowMs }) => windowMs),
            keep.map(({ startedAt }) => startedAt),
            keep.map(({ requests }) => requests),
          ],
        );
        return decision;
      });
    },
  };
}
