/**
 * The floor of a tier: how long its bare models take on a small input of fixed size, in one thread. What a page takes
 * beyond its share of it is ours; where the floor itself is high, the machine is slow or busy.
 */
import { performance } from 'node:perf_hooks';
import type { Tier } from '../schema/document.js';
import type { Model, Models } from './session.js';
import { type Dims, shapeFor } from './shape-grid.js';

/**
 * Inputs that every detector and recognizer takes: a picture of 320 × 320 pixels, a line of 320; on a GPU the smallest
 * shapes of its grid that hold them.
 */
const DETECTOR_INPUT: Dims = [1, 3, 320, 320];
const RECOGNIZER_INPUT: Dims = [1, 3, 48, 320];

/** The first run plans the shape; of the others the shortest is the one that nothing disturbed. */
const RUNS = 4;

/** Milliseconds. */
export interface ModelFloor {
  readonly detect: number;
  readonly recognize: number;
}

/** The shortest run of one model, in milliseconds. */
export interface ModelTime {
  readonly id: string;
  readonly ms: number;
}

/** Of every model that is usable here, loaded where it is not; what has a size of its own on one input of that. */
export async function measureModels(models: Models): Promise<readonly ModelTime[]> {
  const times: ModelTime[] = [];
  for (const model of await models.loadAll()) {
    times.push({ id: model.entry.id, ms: await shortestRun(model, standardInput(model)) });
  }
  return times;
}

function standardInput({ entry: { task, input } }: Model): Dims {
  if (task === 'detect') return DETECTOR_INPUT;
  if (task === 'recognize') return RECOGNIZER_INPUT;
  const [, channels, height, width] = input.shape as [number | null, number, number, number];
  return [1, channels, height, width];
}

/** Loads the tier's models where they are not. @throws OcrError model.missing, model.invalid */
export async function measureFloor(models: Models, tier: Tier): Promise<ModelFloor> {
  return {
    detect: await shortestRun(await models.detector(tier), DETECTOR_INPUT),
    recognize: await shortestRun(await models.recognizer(tier), RECOGNIZER_INPUT),
  };
}

async function shortestRun(model: Model, wanted: Dims): Promise<number> {
  const dims = shapeFor(model.grid, wanted);
  const input = new Float32Array(dims.reduce((product, size) => product * size, 1));
  let shortest = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const startedAt = performance.now();
    await model.run(input, dims);
    shortest = Math.min(shortest, performance.now() - startedAt);
  }
  return shortest;
}
