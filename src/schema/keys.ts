/** What may be asked when a key is made or topped up, by the API and by `omega keys` alike. */
import { Type } from 'typebox';
import { oneOf } from './one-of.js';

/** One top-up; a guard against a slip of the finger, and far from where integers end. */
const MAX_GRANT = 1_000_000_000;

export const KEY_ROLES = ['client', 'admin'] as const;
export const KeyRole = oneOf(KEY_ROLES);
export type KeyRole = (typeof KEY_ROLES)[number];

export const KeyName = Type.String({ minLength: 1, maxLength: 100, description: 'Whose key it is; for people.' });

export const InitialCredits = Type.Integer({
  minimum: 0,
  maximum: MAX_GRANT,
  description: 'Makes the key metered: it reads no more than this. Without it, credits are counted only.',
});

export const Grant = Type.Integer({ minimum: 1, maximum: MAX_GRANT });
