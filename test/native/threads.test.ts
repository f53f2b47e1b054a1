import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';

const ADDON = fileURLToPath(new URL('../../build/Release/omega.node', import.meta.url));

/** Reads a made-up page by every call of the addon, `rounds` times, and returns a digest of each round's results. */
function digests(addon: string, rounds: number): string[] {
  const native = require(addon);
  const { createHash } = require('node:crypto');
  const width = 300;
  const height = 200;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2654435761) >>> 24);
  const gray = data.slice(0, width * height);
  const normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], channelOrder: 'bgr' };
  const map = new Float32Array(width * height);
  for (let y = 0; y < height; y++) map.fill(0.9, y * width + 20 + (y % 40), y * width + (y % 40 < 12 ? 250 : 0));
  const probabilities = Float32Array.from({ length: 2 * 30 * 500 }, (_, i) => ((i * 40503) % 65536) / 65536);
  const options = { threshold: 0.3, boxThreshold: 0.5, unclipRatio: 1.5, minSize: 3, maxCandidates: 100, dilate: true };
  return Array.from({ length: rounds }, () => {
    const tensor = new Float32Array(3 * 128 * 192);
    native.imageToTensor({ data, width, height }, 190, 127, 192, 128, normalization, tensor);
    const boxes = native.detectBoxes(map, width, height, width, height, width, height, options);
    const count = boxes.scores.length;
    const crops = new Float32Array(count * 3 * 48 * 320);
    const widths = new Uint32Array(count).fill(300);
    native.packCrops(
      { data, width, height },
      boxes.quads,
      widths,
      new Uint8Array(count),
      48,
      320,
      normalization,
      crops,
    );
    const lines = native.ctcDecode(probabilities, 2, 30, 500, Uint32Array.of(30, 25), 0.5);
    const hash = createHash('sha256').update(tensor).update(boxes.quads).update(boxes.scores).update(crops);
    hash.update(lines.classes).update(lines.probabilities).update(lines.columns);
    hash.update(JSON.stringify(native.pageFeatures({ data: gray, width, height })));
    return `${count} boxes, ${lines.classes.length} characters, ${hash.digest('hex')}`;
  });
}

function inWorker(rounds: number): Promise<string[]> {
  const code = `require('node:worker_threads').parentPort.postMessage((${digests})(${JSON.stringify(ADDON)}, ${rounds}))`;
  const worker = new Worker(code, { eval: true });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

test('four threads at once get the same results as one', async () => {
  const rounds = 20;
  const [expected] = await inWorker(1);
  const results = (await Promise.all([1, 2, 3, 4].map(() => inWorker(rounds)))).flat();
  expect(expected).toMatch(/^[1-9]\d* boxes, [1-9]\d* characters, [0-9a-f]{64}$/);
  expect(results).toEqual(Array(4 * rounds).fill(expected));
});
