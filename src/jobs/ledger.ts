/**
 * The rules of credits: what each kind of ledger entry does to a key's balance, and how a page is settled. Pure; a
 * store applies them in the transaction that writes the entry.
 *
 * grant    credits are added to the key
 * reserve  one a job, at submission: the upper bound of what it may cost
 * charge   one a page that was read: its price
 * release  at most one a page: the part of its reservation that was not charged
 *
 * An entry of an unmetered job draws on nothing: its reservation is granted as it is made and withdrawn as it is
 * released, so that such a job leaves `available` alone and granted = available + reserved + used holds throughout.
 */
import { CREDITS_BY_PROVIDER } from '../schema/complexity.js';
import type { Provider } from '../schema/document.js';
import type { Credits, LedgerEntry } from './store.js';

export const NO_CREDITS: Credits = { granted: 0, available: 0, reserved: 0, used: 0 };

/** The balance after an entry. */
export function applyEntry(
  { granted, available, reserved, used }: Credits,
  { kind, credits, metered }: Pick<LedgerEntry, 'kind' | 'credits' | 'metered'>,
): Credits {
  switch (kind) {
    case 'grant':
      return { granted: granted + credits, available: available + credits, reserved, used };
    case 'reserve':
      return metered
        ? { granted, available: available - credits, reserved: reserved + credits, used }
        : { granted: granted + credits, available, reserved: reserved + credits, used };
    case 'charge':
      return { granted, available, reserved: reserved - credits, used: used + credits };
    case 'release':
      return metered
        ? { granted, available: available + credits, reserved: reserved - credits, used }
        : { granted: granted - credits, available, reserved: reserved - credits, used };
  }
}

/** How a page's reservation is settled. A page without provider was not read and costs nothing. */
export function settlePage(
  reserved: number,
  provider: Provider | undefined,
): { readonly charge: number; readonly release: number } {
  const charge = provider === undefined ? 0 : Math.min(CREDITS_BY_PROVIDER[provider], reserved);
  return { charge, release: reserved - charge };
}
