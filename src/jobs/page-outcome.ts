/** What became of a page, as the stores write it: how it was read with the page as stored, or an error. */
import type { Routing } from '../schema/document.js';
import { deflatePage } from './page-codec.js';
import type { PageClaim, Store } from './store.js';

export type PageOutcome =
  | { readonly routing: Routing; readonly page: Buffer; readonly error: null }
  | { readonly routing?: undefined; readonly page: null; readonly error: string };

/** `finish` writes the outcome of a claim in one transaction; false when the claim is no longer current. */
export function outcomeMembers(
  finish: (claim: PageClaim, outcome: PageOutcome, at: number) => Promise<boolean>,
): Pick<Store, 'completePage' | 'failPage'> {
  return {
    async completePage(claim, page, at) {
      return finish(claim, { routing: page.routing, page: await deflatePage(page), error: null }, at);
    },
    async failPage(claim, error, at) {
      return finish(claim, { page: null, error: JSON.stringify(error) }, at);
    },
  };
}
