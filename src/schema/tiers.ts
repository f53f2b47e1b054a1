/** Sizes of models, from the smallest. Apart from the schemas, since TypeBox takes each thread that loads it 0.2 s. */
export const TIERS = ['tiny', 'small', 'medium'] as const;
export type Tier = (typeof TIERS)[number];
