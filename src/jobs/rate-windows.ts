/** How a request is counted in the rate-limit windows of its key. Pure; a store keeps the states. */
import type { RateDecision, RateWindow } from './store.js';

export interface WindowState {
  readonly limit: number;
  readonly windowMs: number;
  readonly startedAt: number;
  /** Requests taken so far. */
  readonly requests: number;
}

/** The states to be kept, and whether the request is allowed. `stored`: undefined for a window never counted in. */
export function countRequest(
  windows: readonly RateWindow[],
  stored: (windowMs: number) => Pick<WindowState, 'startedAt' | 'requests'> | undefined,
  at: number,
): { readonly decision: RateDecision; readonly keep: readonly WindowState[] } {
  const states = windows.map((window) => stateOf(window, stored(window.windowMs), at));
  const full = states.filter(({ requests, limit }) => requests >= limit);
  // A window that a clock set back has moved is kept, counted in or not.
  if (full.length > 0) return { decision: decide(full, false, at), keep: states };
  const taken = states.map((state) => ({ ...state, requests: state.requests + 1 }));
  return { decision: decide(taken, true, at), keep: taken };
}

function stateOf(
  { limit, windowMs }: RateWindow,
  row: Pick<WindowState, 'startedAt' | 'requests'> | undefined,
  at: number,
): WindowState {
  if (row === undefined || at >= row.startedAt + windowMs) return { limit, windowMs, startedAt: at, requests: 0 };
  // A clock that was set back would keep the window open for as long: it begins again, with what it counted.
  const startedAt = Math.min(at, row.startedAt);
  return { limit, windowMs, startedAt, requests: row.requests };
}

function decide(windows: readonly WindowState[], allowed: boolean, at: number): RateDecision {
  const reopensIn = (window: WindowState) => window.startedAt + window.windowMs - at;
  const remaining = (window: WindowState) => Math.max(0, window.limit - window.requests);
  const [tightest] = windows.toSorted((a, b) => (allowed ? remaining(a) - remaining(b) : reopensIn(b) - reopensIn(a)));
  if (tightest === undefined) return { allowed, limit: Infinity, remaining: Infinity, resetMs: 0 };
  return { allowed, limit: tightest.limit, remaining: remaining(tightest), resetMs: reopensIn(tightest) };
}
