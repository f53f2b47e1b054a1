/** The layers that are computed in bytes, model by model, and the means of their inputs. */
import type { Int8Layers } from './int8.js';
import { INT8_MEANS } from './int8-means.js';

/** undefined where the model is computed in float32. */
export function int8LayersOf(sha256: string): Int8Layers | undefined {
  const layers = INT8_MEANS[sha256];
  return (
    layers &&
    Object.fromEntries(
      Object.entries(layers).map(([name, means]) => [
        name,
        new Float32Array(new Uint8Array(Buffer.from(means, 'base64')).buffer),
      ]),
    )
  );
}
