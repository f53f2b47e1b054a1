/**
 * Other readers of images, to be measured beside ours: those that run the same PP-OCRv6 weights, from their package
 * registries, and Tesseract where it is installed.
 *
 * A reader is a program: `READER PACE TIER MODELS THREADS`. It reads a JSON array of paths and writes a JSON line for each,
 * in their order, `{text, lines: [{text, quad}]}`, and at last `{readMs}`, the milliseconds from its first to its last. Its
 * pace is `all`, many as it takes them best; `each`, one after the other, each line with its milliseconds as `ms`; or
 * `once`, the same without having read the first one before, to be warm, as the others do.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measuredRun } from '../measured-run.mjs';
import { ROOT } from '../root.mjs';
import { pythonOf } from '../virtual-environment.mjs';

const PYTHON_PACKAGES = ['faster-paddle==1.0.4', 'rapidocr==3.10.0', 'onnxruntime==1.32.0'];
/** Its ONNX Runtime is ours: Node finds it in the folder above. */
const NODE_PACKAGES = { 'ppu-paddle-ocr': '6.3.0' };

/**
 * @typedef {object} Reader
 * @property {string} id
 * @property {string} label
 * @property {string} tier the second argument: of a peer a tier of models
 * @property {string} script
 * @property {() => string} interpreter installs what the script needs where it is missing
 */

const TIERS = ['tiny', 'small'];
const python = () => pythonOf(join(ROOT, 'build', 'peers', 'python'), PYTHON_PACKAGES);

/** @type {readonly Reader[]} those that come as Python packages; they read every kind of image that we do */
export const PYTHON_PEERS = TIERS.flatMap((tier) => [
  peer('faster-paddle', `faster-paddle 1.0.4 ${tier}`, tier, 'faster_paddle_reader.py', python),
  peer('rapidocr', `RapidOCR 3.10 ${tier}`, tier, 'rapidocr_reader.py', python),
]);

/** @returns {readonly Reader[]} all that can run on this machine */
export function peers() {
  const tesseract = spawnSync('tesseract', ['--version'], { encoding: 'utf8' });
  const [, version] = /^tesseract (\S+)/.exec(tesseract.stdout ?? '') ?? [];
  return [
    ...PYTHON_PEERS,
    ...TIERS.map((tier) =>
      peer('ppu-paddle-ocr', `ppu-paddle-ocr 6.3 ${tier}`, tier, 'ppu-paddle-ocr-reader.mjs', node),
    ),
    ...(version === undefined
      ? []
      : [peer('tesseract', `Tesseract ${version}`, 'eng', 'tesseract-reader.mjs', () => process.execPath)]),
  ];
}

function peer(name, label, tier, script, interpreter) {
  return { id: `${name}-${tier}`, label, tier, interpreter, script: fileURLToPath(new URL(script, import.meta.url)) };
}

function node() {
  const folder = join(ROOT, 'build', 'peers', 'node');
  const manifest = JSON.stringify({ private: true, dependencies: NODE_PACKAGES });
  const installed = join(folder, 'installed.json');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === manifest) return process.execPath;
  console.error(`installing ${Object.entries(NODE_PACKAGES).map((pin) => pin.join(' '))} into ${folder}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), manifest);
  execFileSync('npm', ['install', '--omit=peer', '--no-audit', '--no-fund', '--silent'], {
    cwd: folder,
    stdio: 'inherit',
  });
  // Written last: an installation that was interrupted is made anew.
  writeFileSync(installed, manifest);
  return process.execPath;
}

/**
 * Reads images in a process of its own.
 *
 * @param {Reader} reader
 * @param {readonly string[]} paths
 * @param {'each' | 'all' | 'once'} pace
 * @param {number} [threads]
 * @returns {Promise<{ readings: readonly { text: string, lines: readonly object[], ms?: number }[], readMs: number,
 *   seconds: number, firstOutputSeconds: number, peakBytes: number }>} `seconds` and `firstOutputSeconds` are counted from
 *   the start of the process
 * @throws Error with the end of what it wrote, when it fails
 */
export async function runReader({ interpreter, script, tier, label }, paths, pace, threads = availableParallelism()) {
  const args = [script, pace, tier, join(ROOT, 'models'), String(threads)];
  const { status, stdout, stderr, ...measures } = await measuredRun(interpreter(), args, {
    input: JSON.stringify(paths),
  });
  if (status !== 0) throw new Error(`${label} failed: ${stderr.trim().slice(-2000)}`);
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { ...measures, readings: answers.slice(0, -1), readMs: answers.at(-1).readMs };
}
