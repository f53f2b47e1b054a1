/** Cold start: seconds from the start of a process to its first page's result, `[reader, 'cold start s']`. */
import { join } from 'node:path';
import { measuredRun } from '../measured-run.mjs';
import { runReader } from '../peers/readers.mjs';
import { ROOT } from '../root.mjs';

/** Ours by the command that a person would use; others once, since they differ by seconds. */
export async function measureStart(path, modes, peers, rounds, measures) {
  for (let round = 0; round < rounds; round++) {
    for (const { id, tier } of modes) {
      const args = [join(ROOT, 'dist', 'main.js'), 'ocr', path, '--mode', tier, '--text-layer', 'ignore'];
      const { status, stderr, firstOutputSeconds } = await measuredRun(process.execPath, args);
      if (status !== 0) throw new Error(`omega ocr failed: ${stderr.trim().slice(-2000)}`);
      measures.record([id, 'cold start s'], firstOutputSeconds);
    }
    for (const peer of round === 0 ? peers : []) {
      const { firstOutputSeconds } = await runReader(peer, [path], 'once');
      measures.record([peer.id, 'cold start s'], firstOutputSeconds);
    }
  }
}
