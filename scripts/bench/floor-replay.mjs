/**
 * The same tensors in a bare loop: `floor-replay.mjs MODELS THREADS`, what `floor-trace.mjs` found on standard input →
 * `{readMs}`, the milliseconds from the first page to the last, with pages shared out among threads as the engine does.
 *
 * The models as the engine loads them, with ONNX Runtime's own defaults, in one inference thread a session; random numbers
 * as input. Every shape is run once before the clock starts.
 */
import { json } from 'node:stream/consumers';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { loadWeights } from '../../dist/engine/model-weights.js';
import { installedModels, loadManifest } from '../../dist/engine/models.js';
import { loadNative } from '../../dist/engine/native.js';

await (isMainThread ? main() : replay(workerData));

async function main() {
  const [modelsDir, threads] = process.argv.slice(2);
  const pages = await json(process.stdin);
  /** Index of the next page that nobody has taken. */
  const next = new Int32Array(new SharedArrayBuffer(4));
  const workers = Array.from(
    { length: Number(threads) },
    () => new Worker(new URL(import.meta.url), { workerData: { modelsDir, pages, next } }),
  );
  const answers = () => Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  await answers();
  const startedAt = performance.now();
  const done = answers();
  for (const worker of workers) worker.postMessage('go');
  await done;
  process.stdout.write(JSON.stringify({ readMs: performance.now() - startedAt }));
}

async function replay({ modelsDir, pages, next }) {
  const entries = await installedModels(modelsDir, await loadManifest(modelsDir));
  const sessions = new Map();
  const inputs = new Map();
  const run = async ({ id, input, dims }) => {
    const entry = entries.find((candidate) => candidate.id === id);
    const session = sessions.get(id) ?? (await openSession(modelsDir, entry));
    sessions.set(id, session);
    const key = dims.join();
    const tensor = inputs.get(key) ?? randomTensor(dims);
    inputs.set(key, tensor);
    await session.run({ [input]: tensor });
  };
  const shapes = new Map(pages.flat().map((call) => [JSON.stringify(call), call]));
  for (const call of shapes.values()) await run(call);
  parentPort.postMessage('warm');
  await new Promise((resolve) => parentPort.once('message', resolve));
  for (let page = Atomics.add(next, 0, 1); page < pages.length; page = Atomics.add(next, 0, 1)) {
    for (const call of pages[page]) await run(call);
  }
  parentPort.postMessage('done');
  parentPort.unref();
}

async function openSession(modelsDir, entry) {
  const weights = await loadWeights(modelsDir, entry, { device: 'cpu', int8: loadNative().multipliesBytes });
  return InferenceSession.create(weights, { intraOpNumThreads: 1, interOpNumThreads: 1 });
}

function randomTensor(dims) {
  const length = dims.reduce((product, size) => product * size, 1);
  return new Tensor('float32', Float32Array.from({ length }, Math.random), dims);
}
