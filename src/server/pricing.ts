/**
 * What a job will cost, found out before the 202 within a fixed time: a page analysed in time is reserved at its own
 * price, the rest at the dearest, so that the reservation is an upper bound.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { OcrError } from '../errors.js';
import type { NewJob } from '../jobs/store.js';
import { CREDITS_BY_PROVIDER, MAX_CREDITS_PER_PAGE } from '../schema/complexity.js';
import type { Routing } from '../schema/document.js';
import type { OcrOptions } from '../schema/options.js';
import type { Appraiser } from './context.js';

/** Contract: pages are analysed for 2 s at most before the receipt. */
export const PRICING_BUDGET_MS = 2_000;
/** Analyses under way: as many as the engine has threads for them. */
const LANES = 2;

export type PricedPage = NewJob['pages'][number];

/** One a page index, in the order given. */
export async function pricePages(
  engine: Appraiser,
  path: string,
  pageIndices: readonly number[],
  options: OcrOptions,
  budgetMs = PRICING_BUDGET_MS,
): Promise<readonly PricedPage[]> {
  const { pages: _, ...pageOptions } = options;
  const analyze = (pageIndex: number, signal: AbortSignal) =>
    engine.analyze({ path, pageIndex, options: pageOptions }, signal);
  const routings = await analyzeInTime(pageIndices, analyze, budgetMs);
  return pageIndices.map((pageIndex, position) => pricedPage(pageIndex, routings[position]));
}

function pricedPage(pageIndex: number, routing: Routing | undefined): PricedPage {
  return { pageIndex, routing, reserved: routing ? CREDITS_BY_PROVIDER[routing.provider] : MAX_CREDITS_PER_PAGE };
}

async function analyzeInTime(
  pageIndices: readonly number[],
  analyze: (pageIndex: number, signal: AbortSignal) => Promise<Routing>,
  budgetMs: number,
): Promise<readonly (Routing | undefined)[]> {
  const routings: (Routing | undefined)[] = pageIndices.map(() => undefined);
  const budget = new AbortController();
  const positions = pageIndices.entries();
  const lane = async () => {
    for (const [position, pageIndex] of positions) {
      if (budget.signal.aborted) return;
      const routing = await analyze(pageIndex, budget.signal).catch(priceUnknown);
      if (!budget.signal.aborted) routings[position] = routing;
    }
  };
  const lanes = Promise.all(Array.from({ length: LANES }, lane));
  try {
    await Promise.race([lanes, delay(budgetMs, undefined, { signal: budget.signal }).catch(() => undefined)]);
  } finally {
    budget.abort();
  }
  return routings;
}

/** A page that cannot be analysed fails when it is read, and then costs nothing; until then it holds the dearest price. */
function priceUnknown(error: unknown): undefined {
  if (error instanceof OcrError) return undefined;
  throw error;
}
