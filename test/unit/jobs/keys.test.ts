import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { authenticate, generateKey } from '../../../src/jobs/keys.js';
import type { KeyRecord } from '../../../src/jobs/store.js';

const generated = generateKey();
const record: KeyRecord = {
  id: generated.id,
  name: 'client',
  secretHash: generated.secretHash,
  role: 'client',
  plan: 'unlimited',
  metered: false,
  createdAt: 0,
  revokedAt: undefined,
};
const asked: string[] = [];
const store = {
  findKey: async (id: string) => {
    asked.push(id);
    return id === record.id ? record : undefined;
  },
};

test('a key holds its public id and a secret of 256 bits, of which only the hash is kept', () => {
  const [, id, secret] = /^sk_live_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/.exec(generated.key) ?? [];
  expect(id).toBe(generated.id);
  expect(Buffer.from(secret as string, 'base64url')).toHaveLength(32);
  expect(Buffer.from(generated.secretHash)).toEqual(
    createHash('sha256')
      .update(secret as string)
      .digest(),
  );
  expect(generateKey().key).not.toBe(generated.key);
});

test('a key authenticates its record', async () => {
  expect(await authenticate(store, generated.key)).toBe(record);
});

test('a key that is malformed, unknown or has another secret authenticates nothing, and the store is asked each time', async () => {
  const other = generateKey();
  const secret = other.key.slice(-43);
  const refused = [
    '',
    'sk_live_',
    ` ${generated.key}`,
    `${generated.key}x`,
    other.key,
    `sk_live_${generated.id}_${secret}`,
  ];
  asked.length = 0;
  for (const key of refused) expect(await authenticate(store, key)).toBeUndefined();
  expect(asked).toEqual(['', '', '', '', other.id, generated.id]);
});
