/**
 * Does what is missing before the project can run, and nothing else: packages, the native addon, models, TypeScript.
 *
 * npm runs it before `start`, `test` and `ocr`. It needs nothing installed. When nothing is missing it says nothing;
 * otherwise a line for each finished step on standard error. What the tools say goes to build/setup/<step>.log. It may
 * be interrupted at any time, and run twice at once.
 *
 *     OMEGA_CUDA=1    downloads onnxruntime's CUDA libraries too
 */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fetchModels, readManifest, wantedFiles } from './fetch-models.mjs';
import { withLock } from './lock.mjs';
import { createProgress } from './progress.mjs';
import { isFresh, recordInputs, writeStamp } from './stamp.mjs';

/** The floor of package.json's `engines`. */
const NODE_FLOOR = [20, 19];

const LOG_TAIL_LINES = 15;

/** The folder of dist/ that the web console is built into; the rest is the program's. */
const CONSOLE_OUTPUT = 'console';

/** A failure that one sentence explains. `log` is the path of a tool's output, whose end is shown. */
export class SetupError extends Error {
  constructor(message, options = {}) {
    super(message, options);
    this.log = options.log;
  }
}

/**
 * @typedef {object} Step
 * @property {string} id
 * @property {string} title what it makes, for the progress line
 * @property {readonly string[]} after ids of earlier steps that it waits for
 * @property {readonly string[]} inputs files and folders it reads
 * @property {string} [key] what its result depends on beside files
 * @property {(root: string) => readonly string[] | Promise<readonly string[]>} outputs files and folders that it alone makes
 * @property {readonly (keyof typeof TOOLS)[]} tools
 * @property {number} diskMb free space it needs
 * @property {(root: string) => boolean | Promise<boolean>} [isDone] where no stamp tells: has someone else done it?
 * @property {(context: { root: string, command: Command, signal?: AbortSignal }) => Promise<void>} run
 * @typedef {(file: string, args: readonly string[]) => Promise<void>} Command
 */

/** @type {readonly Step[]} */
export const STEPS = [
  {
    id: 'packages',
    title: 'npm packages',
    after: [],
    inputs: ['package.json', 'package-lock.json', '.npmrc'],
    outputs: () => ['node_modules/.package-lock.json'],
    tools: ['npm'],
    diskMb: 900,
    isDone: lockfileIsInstalled,
    // The one install script that is needed is the next step's, which then runs beside the addon's compiler.
    run: ({ command }) => command(...npm('ci', '--ignore-scripts', '--include=dev')),
  },
  {
    id: 'sqlite',
    title: 'SQLite binding',
    after: ['packages'],
    inputs: ['node_modules/better-sqlite3/package.json'],
    // Bound to V8, so to one Node ABI.
    key: `${process.platform}-${process.arch}-abi${process.versions.modules}`,
    outputs: () => ['node_modules/better-sqlite3/build/Release/better_sqlite3.node'],
    tools: ['python3', 'C++ compiler', 'make'],
    diskMb: 100,
    isDone: (root) => succeeds(process.execPath, ['-e', "new (require('better-sqlite3'))(':memory:')"], root),
    run: ({ command }) => command(...npm('rebuild', 'better-sqlite3', '--ignore-scripts=false')),
  },
  {
    id: 'addon',
    title: 'native core',
    after: ['packages'],
    inputs: [
      'CMakeLists.txt',
      'native',
      'node_modules/node-addon-api/package.json',
      'node_modules/node-api-headers/package.json',
      'node_modules/cmake-js/package.json',
    ],
    // Node-API is stable from one Node version to the next.
    key: `${process.platform}-${process.arch}`,
    outputs: () => ['build/Release/omega.node'],
    tools: ['cmake', 'C++ compiler', 'make'],
    diskMb: 100,
    run: ({ root, command }) =>
      command(process.execPath, [
        join(root, 'node_modules/cmake-js/bin/cmake-js'),
        'compile',
        '--parallel',
        String(availableParallelism()),
      ]),
  },
  {
    id: 'typescript',
    title: 'TypeScript build',
    after: ['packages'],
    inputs: [
      'src',
      'tsconfig.json',
      'tsconfig.build.json',
      'scripts/join-typebox.mjs',
      'node_modules/typescript/package.json',
      'node_modules/typebox/package.json',
    ],
    outputs: (root) =>
      readdirSync(join(root, 'dist'))
        .filter((name) => name !== CONSOLE_OUTPUT)
        .map((name) => `dist/${name}`),
    tools: [],
    diskMb: 20,
    run: async ({ root, command }) => {
      await command(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
      removeOrphans(root);
      await command(process.execPath, [join(root, 'scripts/join-typebox.mjs'), root]);
      chmodSync(join(root, 'dist/main.js'), 0o755);
    },
  },
  {
    id: 'console',
    title: 'web console',
    after: ['packages'],
    inputs: [
      'vite.config.ts',
      'src/console',
      'src/export',
      'src/schema',
      'node_modules/vite/package.json',
      'node_modules/preact/package.json',
      'node_modules/@preact/signals/package.json',
      'node_modules/mupdf/package.json',
    ],
    outputs: () => [`dist/${CONSOLE_OUTPUT}`],
    tools: [],
    diskMb: 40,
    run: ({ root, command }) => command(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build']),
  },
  {
    id: 'models',
    title: 'models',
    after: [],
    inputs: ['models/manifest.json'],
    outputs: async (root) => wantedFiles(await readManifest(join(root, 'models'))).map(({ file }) => `models/${file}`),
    tools: ['python3', 'pip'],
    diskMb: 500,
    run: ({ root, signal }) => fetchModels({ modelsDir: join(root, 'models'), signal }),
  },
  ...(process.env.OMEGA_CUDA === '1'
    ? [
        {
          id: 'cuda',
          title: 'CUDA libraries',
          after: ['packages'],
          inputs: ['node_modules/onnxruntime-node/package.json'],
          outputs: () => ['node_modules/onnxruntime-node/bin'],
          tools: [],
          diskMb: 2_000,
          run: ({ root, command }) =>
            command(process.execPath, [
              join(root, 'node_modules/onnxruntime-node/script/install.js'),
              '--onnxruntime-node-install=cuda12',
            ]),
        },
      ]
    : []),
];

/** How to tell that a tool is there, and the Debian and Ubuntu package that brings it. */
const TOOLS = {
  npm: { isThere: () => process.env.npm_execpath !== undefined || onPath('npm'), package: 'npm' },
  python3: { isThere: () => onPath('python3'), package: 'python3' },
  pip: { isThere: () => succeeds('python3', ['-m', 'pip', '--version']), package: 'python3-pip' },
  cmake: { isThere: () => onPath('cmake'), package: 'cmake' },
  'C++ compiler': { isThere: () => [process.env.CXX ?? 'c++', 'g++', 'clang++'].some(onPath), package: 'g++' },
  make: { isThere: () => onPath('make') || onPath('ninja'), package: 'make' },
};

/** What a tool's output tells of why it failed, most telling first. */
const CAUSES = [
  { sign: /ENOSPC|No space left on device/, advice: 'the disk is full; free 2 GB and run this again' },
  {
    sign: /EACCES|EROFS|Permission denied/,
    advice: 'a folder cannot be written; check who owns it and run this again',
  },
  {
    sign: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/,
    advice: 'a download failed; check the network and run this again',
  },
  {
    sign: /ENOTEMPTY/,
    advice: 'another npm is at work in node_modules; wait until it has ended and run this again',
  },
  {
    sign: /No CMAKE_CXX_COMPILER could be found|CMAKE_CXX_COMPILER not set/,
    advice: 'there is no C++ compiler; install g++ 12 or later and run this again',
  },
  {
    sign: /CXX20|CXX_STANDARD is set to invalid value|unrecognized command.line option .-std=/,
    advice: 'the C++ compiler knows no C++20; install g++ 12 or later and run this again',
  },
  { sign: /CMake [\d.]+ or higher is required/, advice: 'cmake is too old; install a later one and run this again' },
];

/**
 * @param {{ root: string, steps?: readonly Step[], stream?: NodeJS.WriteStream, signal?: AbortSignal }} options `signal`
 *   interrupts
 * @throws SetupError
 */
export async function setUp({ root, steps = STEPS, stream = process.stderr, signal }) {
  const folder = join(root, 'build/setup');
  const stampPath = ({ id }) => join(folder, `${id}.json`);
  const fresh = (step) => isFresh(root, stampPath(step), step.key ?? '', step.inputs);
  if (steps.every(fresh)) return;

  const progress = createProgress(stream);
  await withLock(
    join(folder, 'lock'),
    async () => {
      const pending = new Map();
      for (const step of steps) {
        const disturbed = step.after.some((id) => pending.has(id));
        if (disturbed || !(fresh(step) || (await adopt(step)))) pending.set(step.id, step);
      }
      if (pending.size === 0) return;
      await checkTools(pending.values());
      checkDisk(root, pending.values());
      progress.say(`to do: ${[...pending.values()].map(({ title }) => title).join(', ')}`);
      await runAll(pending);
    },
    { onWait: () => progress.say('waiting for another set-up that is at work'), signal },
  );

  /** Every step ends before a failure is told: none is at work when the next set-up starts. */
  async function runAll(pending) {
    const running = new Map();
    for (const step of pending.values()) {
      const before = Promise.all(step.after.map((id) => running.get(id)));
      running.set(
        step.id,
        before.then(async () => {
          throwIfInterrupted(signal);
          if (!fresh(step) && !(await adopt(step))) await runStep(step);
        }),
      );
    }
    const failed = (await Promise.allSettled(running.values())).find(({ status }) => status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async function adopt(step) {
    if (step.isDone === undefined || !(await step.isDone(root))) return false;
    await stampStep(step, recordInputs(root, step.inputs));
    return true;
  }

  async function runStep(step) {
    const log = join(folder, `${step.id}.log`);
    rmSync(log, { force: true });
    const inputs = recordInputs(root, step.inputs);
    progress.start(step.title);
    let succeeded = false;
    try {
      await step.run({
        root,
        signal,
        command: (file, args) => runCommand(file, args, { cwd: root, log, title: step.title, signal }),
      });
      await stampStep(step, inputs);
      succeeded = true;
    } finally {
      progress.end(step.title, succeeded);
    }
  }

  async function stampStep(step, inputs) {
    const outputs = await step.outputs(root);
    const absent = outputs.find((path) => !existsSync(join(root, path)));
    if (absent !== undefined) throw new SetupError(`${step.title}: ${absent} was not made; run this again.`);
    writeStamp(root, stampPath(step), step.key ?? '', inputs, outputs);
  }
}

/** @returns {Promise<void>} @throws SetupError that names every missing tool at once */
async function checkTools(steps) {
  const names = new Set([...steps].flatMap(({ tools }) => tools));
  const missing = [];
  for (const name of names) if (!(await TOOLS[name].isThere())) missing.push(name);
  if (missing.length === 0) return;
  const packages = missing.map((name) => TOOLS[name].package).join(' ');
  throw new SetupError(
    `missing ${missing.join(', ')}: install (Debian, Ubuntu: apt-get install ${packages}) and run this again.`,
  );
}

function checkDisk(root, steps) {
  const neededMb = [...steps].reduce((sum, { diskMb }) => sum + diskMb, 0);
  const { bavail, bsize } = statfsSync(root);
  const freeMb = Math.floor((bavail * bsize) / 1e6);
  if (freeMb < neededMb) {
    throw new SetupError(
      `the disk has ${freeMb} MB free where ${neededMb} MB are needed: free some and run this again.`,
    );
  }
}

/**
 * Runs a tool with its output in `log`, and does not return before it has ended: one that is still at work in
 * node_modules would spoil the next set-up. It leads a process group, so that an interruption ends its compilers too.
 * @throws SetupError
 */
async function runCommand(file, args, { cwd, log, title, signal }) {
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, 'a');
  const child = spawn(file, args, { cwd, stdio: ['ignore', output, output], detached: process.platform !== 'win32' });
  closeSync(output);
  const interrupt = () => (process.platform === 'win32' ? child.kill() : process.kill(-child.pid));
  signal?.addEventListener('abort', interrupt);
  const code = await new Promise((settle, reject) => {
    child.on('error', reject);
    child.on('close', settle);
  })
    .catch((cause) => {
      throw new SetupError(`${title}: ${file} could not be started; install it and run this again.`, { cause });
    })
    .finally(() => signal?.removeEventListener('abort', interrupt));
  throwIfInterrupted(signal);
  if (code === 0) return;
  const text = readFileSync(log, 'utf8');
  const advice = CAUSES.find(({ sign }) => sign.test(text))?.advice ?? 'the end of its output tells why';
  throw new SetupError(`${title}: ${advice} (all of it: ${relative(cwd, log)}).`, { log });
}

/**
 * Called by npm, the same npm. The level is named because a silent outer npm would silence this one's log; below it are
 * warnings about packages that ask for a later Node than they need.
 */
function npm(...args) {
  const cli = process.env.npm_execpath;
  const loud = [...args, '--loglevel=error'];
  return cli?.endsWith('.js') ? [process.execPath, [cli, ...loud]] : ['npm', loud];
}

/** Is what package-lock.json names, and nothing else, in node_modules? Optional packages may be left out. */
function lockfileIsInstalled(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules/.package-lock.json'));
  if (wanted === undefined || installed === undefined) return false;
  return (
    Object.keys(installed).every((path) => wanted[path] !== undefined) &&
    Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
      const found = installed[path];
      if (found === undefined) return path === '' || optional === true;
      return found.version === version && found.integrity === integrity && existsSync(join(root, path));
    })
  );
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** What the program's part of dist/ has no source for any more is removed, or it would go on being imported. */
function removeOrphans(root) {
  for (const entry of readdirSync(join(root, 'dist'), { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (relative(join(root, 'dist'), path).split(sep)[0] === CONSOLE_OUTPUT) continue;
    const source = join(root, 'src', relative(join(root, 'dist'), path)).replace(/(\.d\.ts|\.js\.map|\.js)$/, '.ts');
    if (entry.isFile() && !existsSync(source)) rmSync(path);
  }
}

function onPath(command) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = process.platform === 'win32' ? [`${command}.exe`, `${command}.cmd`] : [command];
  return folders.some((folder) => names.some((name) => existsSync(join(folder, name))));
}

function succeeds(file, args, cwd) {
  return new Promise((settle) => {
    const child = spawn(file, args, { cwd, stdio: 'ignore' });
    child.on('error', () => settle(false));
    child.on('close', (code) => settle(code === 0));
  });
}

function throwIfInterrupted(signal) {
  if (signal?.aborted) throw new SetupError('interrupted; the next run goes on from here.');
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [floorMajor, floorMinor] = NODE_FLOOR;
  if (major > floorMajor || (major === floorMajor && minor >= floorMinor)) return;
  throw new SetupError(
    `Node ${process.versions.node} is too old: install Node ${NODE_FLOOR.join('.')} or later and run this again.`,
  );
}

function explain(error) {
  console.error(`setup: ${error.message}`);
  if (typeof error.log === 'string') {
    const lines = readFileSync(error.log, 'utf8').trimEnd().split('\n');
    for (const line of lines.slice(-LOG_TAIL_LINES)) console.error(`  ${line}`);
  }
  process.exitCode = 1;
}

async function main() {
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => interruption.abort());
  checkNode();
  await setUp({ root: fileURLToPath(new URL('..', import.meta.url)), signal: interruption.signal });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main().catch(explain);
