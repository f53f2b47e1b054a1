import { generateKey } from '../jobs/keys.js';
import type { KeyRecord, Store } from '../jobs/store.js';
import type { Plan } from '../schema/plans.js';

export interface KeyRequest {
  readonly name: string;
  readonly role: KeyRecord['role'];
  readonly plan: Plan;
  /** Undefined: credits are counted but never run out. */
  readonly credits: number | undefined;
}

/** Stores a new key and gives it back, the only time it can be seen. */
export async function createKey(
  store: Pick<Store, 'createKey'>,
  { name, role, plan, credits }: KeyRequest,
): Promise<{ readonly id: string; readonly key: string }> {
  const { id, secretHash, key } = generateKey();
  const record: KeyRecord = {
    id,
    name,
    secretHash,
    role,
    plan,
    metered: credits !== undefined,
    createdAt: Date.now(),
    revokedAt: undefined,
  };
  await store.createKey(record, credits ?? 0, 'cli');
  return { id, key };
}
