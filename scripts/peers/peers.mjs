/**
 * Other readers of images with the same PP-OCRv6 weights, from their package registries, to be measured beside ours.
 *
 * A reader is a program: `READER PACE TIER MODELS THREADS`, where `PACE` is `each`, one image after the other, or `all`,
 * as the reader takes many best. It reads a JSON array of paths and writes a JSON line for each, in their order:
 * `{text, lines: [{text, quad}]}`, and with `each` the milliseconds it took as `ms`.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measuredRun } from '../measured-run.mjs';
import { ROOT } from '../root.mjs';
import { pythonOf } from '../virtual-environment.mjs';

const REQUIREMENTS = ['faster-paddle==1.0.4', 'rapidocr==3.10.0', 'onnxruntime==1.32.0'];

/** @typedef {{ id: string, label: string, tier: 'tiny' | 'small', reader: string }} Peer */

/** @type {readonly Peer[]} */
export const PEERS = ['tiny', 'small'].flatMap((tier) => [
  { id: `faster-paddle-${tier}`, label: `faster-paddle 1.0.4 ${tier}`, tier, reader: 'faster_paddle_reader.py' },
  { id: `rapidocr-${tier}`, label: `RapidOCR 3.10 ${tier}`, tier, reader: 'rapidocr_reader.py' },
]);

/**
 * Reads images in a process of its own.
 *
 * @param {Peer} peer
 * @param {readonly string[]} paths
 * @param {'each' | 'all'} pace
 * @returns {Promise<{ readings: readonly { text: string, lines: readonly object[], ms?: number }[], seconds: number,
 *   peakBytes: number }>} `seconds` of the whole process, its start included
 * @throws Error with the end of what it wrote, when it fails
 */
export async function readWithPeer({ reader, tier, label }, paths, pace) {
  const python = pythonOf(join(ROOT, 'build', 'peers', 'python'), REQUIREMENTS);
  const script = fileURLToPath(new URL(reader, import.meta.url));
  const args = [script, pace, tier, join(ROOT, 'models'), String(availableParallelism())];
  const { status, stdout, stderr, seconds, peakBytes } = await measuredRun(python, args, JSON.stringify(paths));
  if (status !== 0) throw new Error(`${label} failed: ${stderr.trim().slice(-2000)}`);
  return {
    readings: stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    seconds,
    peakBytes,
  };
}
