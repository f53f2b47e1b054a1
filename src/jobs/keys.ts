/**
 * API keys: `sk_live_<public id>_<secret>`. The public id finds the record and may be logged; the secret is 256 random
 * bits, of which only the SHA-256 is stored. A slow hash would add nothing: such a secret cannot be guessed.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeyRole } from '../schema/keys.js';
import type { Plan } from '../schema/plans.js';
import type { KeyRecord, Store } from './store.js';

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const KEY = /^sk_live_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

export interface GeneratedKey {
  readonly id: string;
  readonly secretHash: Uint8Array;
  /** The whole key. Shown once, stored nowhere. */
  readonly key: string;
}

export function generateKey(): GeneratedKey {
  const id = randomBytes(ID_BYTES).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { id, secretHash: hashSecret(secret), key: `sk_live_${id}_${secret}` };
}

function hashSecret(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest();
}

export interface KeyRequest {
  readonly name: string;
  readonly role: KeyRole;
  readonly plan: Plan;
  /** Undefined: credits are counted but never run out. */
  readonly credits: number | undefined;
}

/** Stores a new key and gives it back, the only time it can be seen. `actor`: for the audit. */
export async function issueKey(
  store: Pick<Store, 'createKey'>,
  { name, role, plan, credits }: KeyRequest,
  actor: string,
  at: number,
): Promise<{ readonly record: KeyRecord; readonly key: string }> {
  const { id, secretHash, key } = generateKey();
  const metered = credits !== undefined;
  const record: KeyRecord = { id, name, secretHash, role, plan, metered, createdAt: at, revokedAt: undefined };
  await store.createKey(record, credits ?? 0, actor);
  return { record, key };
}

/** What an unknown id is compared with, so that it takes the same time as a wrong secret: the hash of nothing known. */
const UNKNOWN = new Uint8Array(randomBytes(32));

/** The record of a presented key; undefined when it is malformed, unknown, revoked or its secret is wrong. */
export async function authenticate(store: Pick<Store, 'findKey'>, presented: string): Promise<KeyRecord | undefined> {
  const [, id = '', secret = ''] = KEY.exec(presented) ?? [];
  const record = await store.findKey(id);
  const matches = timingSafeEqual(hashSecret(secret), record?.secretHash ?? UNKNOWN);
  return matches ? record : undefined;
}
