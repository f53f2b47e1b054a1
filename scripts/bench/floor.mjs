/**
 * The floor: how long bare ONNX Runtime takes for the tensors that a mode asks of it for the pages, shared out among as many
 * threads. Records `[kind, mode, 'floor ratio']`, what the engine takes over what the floor takes, of runs side by side.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measuredRun } from '../measured-run.mjs';
import { runReader } from '../peers/readers.mjs';
import { ROOT } from '../root.mjs';

/**
 * The same few pages over and over: threads that begin together wait for one another at the first detection and for the
 * last page, which of two or three pages would be much.
 */
const PAGES_A_THREAD = 4;

const program = (name) => fileURLToPath(new URL(name, import.meta.url));

export async function measureFloor(kinds, modes, rounds, measures) {
  const threads = availableParallelism();
  const often = (pages) => Array.from({ length: PAGES_A_THREAD * threads }, (_, i) => pages[i % pages.length]);
  for (const kind of kinds) {
    for (const mode of modes) {
      const trace = JSON.parse(await run([program('floor-trace.mjs'), mode.tier], JSON.stringify(kind.paths)));
      const [paths, calls] = [often(kind.paths), JSON.stringify(often(trace))];
      for (let round = 0; round < rounds; round++) {
        const { readMs } = await runReader(mode, paths, 'all');
        const replay = [program('floor-replay.mjs'), join(ROOT, 'models'), String(threads)];
        const floor = JSON.parse(await run(replay, calls));
        measures.record([kind.id, mode.id, 'floor ratio'], readMs / floor.readMs);
        measures.record([kind.id, mode.id, 'floor ms/page'], floor.readMs / paths.length);
        console.error(`${kind.id}, ${mode.id}: ${(readMs / floor.readMs).toFixed(2)} of the floor`);
      }
    }
  }
}

async function run(args, input) {
  const { status, stdout, stderr } = await measuredRun(process.execPath, args, { input });
  if (status !== 0) throw new Error(`${args[0]} failed: ${stderr.trim().slice(-2000)}`);
  return stdout;
}
