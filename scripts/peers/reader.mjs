/** What the readers in JavaScript share: files to read come in, and readings go out, as `readers.mjs` says. */
import { json } from 'node:stream/consumers';

/**
 * @typedef {{ text: string, lines: readonly { text: string, quad: number[][] }[] }} Reading
 * @typedef {object} Engine
 * @property {(path: string) => Promise<Reading>} read
 * @property {(paths: readonly string[]) => Promise<readonly Reading[]>} readAll
 * @property {(path: string) => Promise<unknown>} [warmUp] where it takes more than one reading
 * @property {() => Promise<void>} close
 *
 * @param {(tier: string, models: string, threads: number) => Promise<Engine>} openEngine
 */
export async function serve(openEngine) {
  const [pace, tier, models, threads] = process.argv.slice(2);
  const paths = await json(process.stdin);
  const engine = await openEngine(tier, models, Number(threads));
  if (pace !== 'once') await (engine.warmUp ?? engine.read)(paths[0]);
  const beganAt = performance.now();
  if (pace === 'all') for (const reading of await engine.readAll(paths)) answer(reading);
  else {
    for (const path of paths) {
      const startedAt = performance.now();
      const reading = await engine.read(path);
      answer({ ...reading, ms: performance.now() - startedAt });
    }
  }
  answer({ readMs: performance.now() - beganAt });
  await engine.close();
}

function answer(reading) {
  process.stdout.write(`${JSON.stringify(reading)}\n`);
}
