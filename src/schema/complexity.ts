/** The price list of the contract: complexity score -> class -> provider -> credits. */
import type { Complexity, Provider } from './document.js';

/** Below the first bound a page is simple, below the second medium, else complex (API contract). */
export const COMPLEXITY_BOUNDS = { medium: 30, complex: 60 } as const;

export function complexityOf(score: number): Complexity {
  if (score < COMPLEXITY_BOUNDS.medium) return 'simple';
  return score < COMPLEXITY_BOUNDS.complex ? 'medium' : 'complex';
}

export const PROVIDER_BY_COMPLEXITY = {
  simple: 'paddle',
  medium: 'paddle-plus',
  complex: 'paddle-structure',
} as const satisfies Record<Complexity, Provider>;

export const CREDITS_BY_PROVIDER = {
  'text-layer': 1,
  paddle: 1,
  'paddle-plus': 3,
  'paddle-structure': 5,
} as const satisfies Record<Provider, number>;

/** What is reserved for a page whose price is not known yet: the dearest. */
export const MAX_CREDITS_PER_PAGE = 5;
