/** A model as it is loaded: the file, or its graph rewritten into what the device computes fastest. */
import { readFile } from 'node:fs/promises';
import type { Device } from './devices.js';
import { fuseHardSwish } from './hard-swish.js';
import { toInt8 } from './int8.js';
import { int8LayersOf } from './int8-layers.js';
import { type ModelTask, modelPath } from './model-contract.js';
import type { ModelEntry } from './models.js';

/** Those of which exports are at hand that spell hard swish out; to look for it takes milliseconds of every start. */
const SPELLED_OUT: ReadonlySet<ModelTask> = new Set(['layout', 'line-orientation']);

/** Where the file lies if there is nothing to rewrite. `int8`: whether the processor multiplies bytes faster. */
export async function loadWeights(
  modelsDir: string,
  entry: ModelEntry,
  { device, int8 = false }: { readonly device: Device; readonly int8?: boolean },
): Promise<string | Uint8Array> {
  const path = modelPath(modelsDir, entry);
  if (device !== 'cpu') return path;
  const layers = int8 ? int8LayersOf(entry.sha256) : undefined;
  if (layers !== undefined) return toInt8(await readFile(path), layers);
  return SPELLED_OUT.has(entry.task) ? fuseHardSwish(await readFile(path)) : path;
}
