/** The normalization a model's manifest entry declares, in the addon's form. */
import type { ModelEntry } from './models.js';
import type { Normalization } from './native.js';

export function normalizationOf({ input }: ModelEntry): Normalization {
  return {
    mean: input.mean as [number, number, number],
    std: input.std as [number, number, number],
    channelOrder: input.channelOrder,
  };
}
