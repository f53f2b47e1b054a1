/** What the key has and may, asked for when it is entered and when it is looked at: every question counts as a request. */
import { signal } from '@preact/signals';
import type { Problem } from '../schema/problem.js';
import { api, asProblem, type Usage } from './api.js';

export const account = signal<Usage | undefined>(undefined);
export const accountProblem = signal<Problem | undefined>(undefined);

export async function refreshAccount(): Promise<void> {
  try {
    account.value = await api.usage();
    accountProblem.value = undefined;
  } catch (error) {
    accountProblem.value = asProblem(error);
  }
}
