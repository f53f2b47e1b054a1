/** `omega doctor`: whether this installation can do its work, and what to do where it cannot. */
import { mkdtemp, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { coerceStrings } from '../coerce.js';
import { type Config, processConfig } from '../config.js';
import { missingForCuda } from '../engine/cuda-libraries.js';
import { findDriver, parseDevices } from '../engine/devices.js';
import { openEngines } from '../engine/engines.js';
import { installedModels, largestTier, loadManifest } from '../engine/models.js';
import { loadNative } from '../engine/native.js';
import { OcrError } from '../errors.js';
import { engineConfig } from '../reading/engine-config.js';
import { OcrOptions } from '../schema/options.js';
import { describeFailure } from './failure.js';
import { verifyInstalled } from './models.js';
import { tellPreparingHere } from './preparing.js';
import { trialPdf } from './trial-page.js';
import { MIN_SECONDS, TUNING_SECONDS, tune } from './tune.js';
import { VERSION } from './version.js';

/** `package.json` asks for it: what a plain Debian-like machine has. */
const NODE_FLOOR = [20, 19] as const;

/** A queue of a few hundred large scans. */
const MIN_FREE_BYTES = 2 * 1024 ** 3;

const TRIAL_TEXT = 'OCR Omega reads this line';

interface Check {
  readonly name: string;
  /** What was found, a line each. @throws with a sentence that says what to do */
  readonly run: (config: Config, scratch: string) => Promise<string | readonly string[]>;
}

const CHECKS: readonly Check[] = [
  { name: 'Node', run: checkNode },
  { name: 'Addon', run: async () => `loaded, ${loadNative().simd}` },
  { name: 'Models', run: checkModels },
  { name: 'Database', run: checkDatabase },
  { name: 'Disk', run: checkDisk },
  { name: 'Threads', run: async ({ threads }) => `${threads}, on ${availableParallelism()} cores` },
  { name: 'GPUs', run: describeGpus },
  { name: 'Devices', run: checkDevices },
  { name: 'Model', run: measureModels },
  { name: 'Trial', run: readTrialPage },
];

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check this installation and read a trial page')
    .option('--tune', 'instead, measure how many threads read the most pages here')
    .option('--seconds <number>', `how long --tune takes, about; longer is surer (default: ${TUNING_SECONDS})`)
    .action(async (flags: { readonly tune?: boolean; readonly seconds?: string }) => {
      if (flags.tune) return tune(processConfig(), secondsOf(flags.seconds));
      if (flags.seconds !== undefined) throw new OcrError('request.option-invalid', '--seconds needs --tune.');
      process.exitCode = (await doctor()) ? 0 : 1;
    });
}

const TuneFlags = Type.Object({
  '--seconds': Type.Integer({ default: TUNING_SECONDS, minimum: MIN_SECONDS, maximum: 3600 }),
});

/** @throws OcrError request.option-invalid */
function secondsOf(given: string | undefined): number {
  const strings = given === undefined ? {} : { '--seconds': given };
  return coerceStrings(TuneFlags, strings, { code: 'request.option-invalid', noun: 'option' })['--seconds'];
}

async function doctor(): Promise<boolean> {
  const config = processConfig();
  process.stdout.write(`OCR Omega ${VERSION}, ${process.platform}-${process.arch}\n`);
  const scratch = await mkdtemp(join(tmpdir(), 'omega-doctor-'));
  let healthy = true;
  try {
    for (const { name, run } of CHECKS) {
      try {
        for (const line of [await run(config, scratch)].flat()) process.stdout.write(`ok    ${name}: ${line}\n`);
      } catch (error) {
        healthy = false;
        process.stdout.write(`FAIL  ${name}: ${describeFailure(error).message}\n`);
      }
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return healthy;
}

async function checkNode(): Promise<string> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor < NODE_FLOOR[1])) {
    throw new Error(`${process.versions.node} is too old: install ${NODE_FLOOR.join('.')} or later`);
  }
  return process.versions.node;
}

async function checkModels({ modelsDir }: Config): Promise<string> {
  const problems: string[] = [];
  const count = await verifyInstalled(modelsDir, (line) => problems.push(line));
  if (count > 0) throw new Error(`${count} not as declared: "omega models verify" says which`);
  const installed = await installedModels(modelsDir, await loadManifest(modelsDir));
  return `${installed.length} intact, tiers up to ${largestTier(installed)}`;
}

async function checkDatabase({ dataDir, databaseUrl }: Config, scratch: string): Promise<string> {
  const exists = await stat(dataDir).then(
    () => true,
    () => false,
  );
  // Loaded when it is needed: most commands know nothing of databases.
  const { openStore } = await import('./open-storage.js');
  // The server creates its data folder itself, as its own user.
  const store = await openStore({ databaseUrl, dataDir: exists ? dataDir : scratch });
  try {
    await store.probe();
  } finally {
    await store.close();
  }
  if (databaseUrl !== undefined) return 'PostgreSQL writes, with fsync on';
  return exists ? 'writes are synced to the disk' : 'works; the data folder is created at the first start';
}

async function checkDisk({ dataDir }: Config): Promise<string> {
  let folder = resolve(dataDir);
  while ((await stat(folder).catch(() => undefined)) === undefined) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const gigabytes = `${(free / 1e9).toFixed(1)} GB free for the data folder`;
  if (free < MIN_FREE_BYTES) throw new Error(`only ${gigabytes}: make room, or set OMEGA_DATA_DIR to another disk`);
  return gigabytes;
}

async function describeGpus(): Promise<string> {
  const driver = findDriver();
  if (driver === undefined) return 'no NVIDIA driver';
  return `NVIDIA driver ${driver.version}, ${driver.gpus.join(', ') || 'no GPU'}`;
}

/** That CUDA itself works is for the models to show, which run on the devices. */
async function checkDevices({ devices }: Config): Promise<string> {
  const parsed = parseDevices(devices);
  if (parsed.every((device) => device === 'cpu')) return 'models run on cpu';
  const problem = missingForCuda();
  if (problem !== undefined) throw new Error(`${parsed.join(', ')} asked for: ${problem}`);
  return `models run on ${parsed.join(', ')}; the CUDA libraries load`;
}

/** The shortest of a few bare runs of each model, in one thread. */
async function measureModels(config: Config): Promise<readonly string[]> {
  const engine = await openEngines(engineConfig({ ...config, threads: 1 }));
  try {
    const devices = await engine.measureModels();
    return devices.flatMap(({ device, times }) => times.map(({ id, ms }) => `${id} on ${device}, ${ms.toFixed(1)} ms`));
  } finally {
    await engine.close();
  }
}

/** Rendered, detected and recognized: every part of the engine takes part. */
async function readTrialPage(config: Config, scratch: string): Promise<string> {
  const path = join(scratch, 'trial.pdf');
  await writeFile(path, trialPdf([TRIAL_TEXT]));
  const engine = await openEngines({ ...engineConfig({ ...config, threads: 1 }), onPreparing: tellPreparingHere() });
  try {
    const { pages: _, ...options } = Value.Create(OcrOptions);
    const task = { path, pageIndex: 0, options: { ...options, text_layer: 'ignore' as const } };
    await engine.read(task);
    const startedAt = performance.now();
    const page = await engine.read(task);
    const ms = Math.round(performance.now() - startedAt);
    const text = page.blocks.flatMap(({ lines }) => lines.map((line) => line.text)).join(' ');
    if (text !== TRIAL_TEXT) throw new Error(`a page that says "${TRIAL_TEXT}" was read as "${text}"`);
    return `a page of one line was read in ${ms} ms`;
  } finally {
    await engine.close();
  }
}
