/**
 * How fast one device reads, and what: many pages at once, one page alone, the start, and the texts for a comparison.
 *
 *     node scripts/bench/device.mjs DEVICE THREADS MODE TEXTS.json FILE...
 *
 * DEVICE as in `OMEGA_DEVICES`. Prints a line of JSON; TEXTS.json has what each file reads as. Every file is read three
 * times at once; of five alone the median is told.
 */
import { writeFileSync } from 'node:fs';
import { openEngine } from '../../dist/index.js';

const ROUNDS = 3;
const ALONE = 5;
/** A slow page is to be measured, not given up, and a large process not replaced. */
const LIMITS = { pageTimeoutMs: 300_000, engineMemoryBytes: 64e9 };

const [devices, threads, mode, textsPath, ...paths] = process.argv.slice(2);
const timed = async (work) => {
  const startedAt = performance.now();
  const result = await work();
  return { result, ms: performance.now() - startedAt };
};

const { result: engine, ms: startMs } = await timed(() => openEngine({ ...LIMITS, devices, threads: Number(threads) }));
const read = async (path) => (await engine.read(path, { mode, text_layer: 'ignore' })).text();
await read(paths[0]);
const many = Array.from({ length: ROUNDS }, () => paths).flat();
const { result: texts, ms: manyMs } = await timed(() => Promise.all(many.map(read)));
const alone = [];
for (const path of paths.slice(0, ALONE)) alone.push((await timed(() => read(path))).ms);
await engine.close();

writeFileSync(textsPath, JSON.stringify(Object.fromEntries(paths.map((path, index) => [path, texts[index]]))));
const figures = {
  devices,
  threads: Number(threads),
  mode,
  startMs: Math.round(startMs),
  pagesPerSecond: Number(((1000 * many.length) / manyMs).toFixed(2)),
  aloneMs: Math.round(alone.sort((a, b) => a - b)[Math.floor(alone.length / 2)]),
};
console.log(JSON.stringify(figures));
