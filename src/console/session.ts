/** Whose key the console calls with. It lives in this tab alone: never in an address, a cookie or a log. */
import { computed, signal } from '@preact/signals';
import type { Problem } from '../schema/problem.js';

const STORED_KEY = 'omega.key';

const key = signal(sessionStorage.getItem(STORED_KEY) ?? '');

export const isSignedIn = computed(() => key.value !== '');

/** Why the last key was sent away, to be told where a new one is asked for. */
export const signedOutBecause = signal<Problem | undefined>(undefined);

export function currentKey(): string {
  return key.peek();
}

export function signIn(accepted: string): void {
  sessionStorage.setItem(STORED_KEY, accepted);
  signedOutBecause.value = undefined;
  key.value = accepted;
}

export function signOut(because?: Problem): void {
  sessionStorage.removeItem(STORED_KEY);
  signedOutBecause.value = because;
  key.value = '';
}
