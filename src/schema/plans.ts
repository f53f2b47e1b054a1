/** The plans of the contract: how many requests a key may make. */
import { oneOf } from './one-of.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Requests allowed in each window; no window, no limit. */
export const PLANS = {
  free: [
    { limit: 10, windowMs: HOUR_MS },
    { limit: 100, windowMs: DAY_MS },
  ],
  starter: [{ limit: 100, windowMs: MINUTE_MS }],
  professional: [{ limit: 500, windowMs: MINUTE_MS }],
  business: [{ limit: 2_000, windowMs: MINUTE_MS }],
  unlimited: [],
} as const;

export type Plan = keyof typeof PLANS;
export const PLAN_NAMES = Object.keys(PLANS) as Plan[];
export const PlanSchema = oneOf(PLAN_NAMES);
