/**
 * A real server (`node dist/main.js serve`) on a data directory of its own and a free loopback port, to be killed,
 * restarted and looked into. Linux only: children are found through /proc.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const MAIN = join(ROOT, 'dist', 'main.js');

/** Longest start: models load in about half a second; a machine under load takes some more. */
const START_TIMEOUT_MS = 60_000;
/** Longest run of a command beside the server: half a second, or many on a machine under load. */
const COMMAND_TIMEOUT_MS = 120_000;
/** Of standard error, which holds the log, only the end is kept. */
const KEPT_LOG_CHARACTERS = 20_000;

const execute = promisify(execFile);
const alive = new Set();
const folders = new Set();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** A folder that is gone when the harness ends. */
export function temporaryFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `omega-${name}-`));
  folders.add(folder);
  return folder;
}

/** Nothing is inherited but the search path. */
function environmentOf(dataDir, settings) {
  return { PATH: process.env.PATH, OMEGA_DATA_DIR: dataDir, OMEGA_PORT: '0', OMEGA_LOG_LEVEL: 'error', ...settings };
}

/**
 * Starts the server and resolves when it listens.
 *
 * `settings`: further environment variables (`OMEGA_THREADS: '1'`, `LD_PRELOAD`). `wrapper`: a command to run it
 * under, as in `['strace', '-f']`. `flags`: further arguments. `onSpawn`: called with the process at once, to kill it while it starts.
 * @throws Error with the end of its log, when it ends before it listens
 */
export function startServer({ flags = [], ...options }) {
  return startProcess({ ...options, args: ['serve', ...flags], said: /listens on (\S+)\n/ });
}

/** Starts a worker and resolves when it reads; as `startServer`, but that it has no address. */
export function startWorker(options) {
  return startProcess({ ...options, args: ['worker'], said: /(reads pages)/ });
}

async function startProcess({ dataDir, settings = {}, wrapper = [], onSpawn = () => {}, args: omegaArgs, said }) {
  const [command, ...args] = [...wrapper, process.execPath, MAIN, ...omegaArgs];
  const child = spawn(command, args, { env: environmentOf(dataDir, settings), stdio: ['ignore', 'pipe', 'pipe'] });
  alive.add(child);
  onSpawn(child);
  let output = '';
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    log = (log + chunk).slice(-KEPT_LOG_CHARACTERS);
  });
  const exited = new Promise((resolve) => {
    const end = () => {
      alive.delete(child);
      resolve({ code: child.exitCode, signal: child.signalCode });
    };
    // 'error' comes alone where the process could not be started.
    child.once('exit', end).once('error', end);
  });
  const listening = new Promise((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
      const [, url] = said.exec(output) ?? [];
      if (url !== undefined) resolve(url);
    });
  });
  const timeout = delay(START_TIMEOUT_MS, undefined, { ref: false });
  const url = await Promise.race([listening, exited.then(() => undefined), timeout]);
  if (url === undefined) {
    child.kill('SIGKILL');
    throw new Error(`the server did not come to listen: ${output}${log}`);
  }

  return {
    url,
    /** Of the API process; of the wrapper, where there is one. */
    pid: child.pid,
    exited,
    /** The first key of an empty data directory; undefined where there were keys. */
    async firstKey() {
      for (let attempt = 0; attempt < 100; attempt += 1) {
        const [key] = /sk_live_\S+/.exec(output) ?? [];
        if (key !== undefined) return key;
        await delay(20);
      }
      return undefined;
    },
    /** The end of what it wrote to standard error. */
    log: () => log,
    isAlive: () => alive.has(child),
    /** Process ids of its engine processes: none while one is being replaced. */
    enginePids: () => childrenOf(child.pid).filter((pid) => commandLineOf(pid).includes('engine/host.js')),
    /** Kills one engine process, as a fault would. False where there is none right now. */
    killEngine(signal = 'SIGKILL') {
      const [pid] = this.enginePids();
      return pid !== undefined && sendSignal(pid, signal);
    },
    /** Kills the API process at once; its engine ends by itself. Resolves when the API process is gone. */
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      return exited;
    },
    /** Asks it to stop; resolves with how it ended. */
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

/**
 * Runs `omega ...args` on the data directory, whether or not a server does too, with further environment variables.
 * Returns its standard output.
 */
export async function omega(dataDir, args, settings = {}) {
  const options = { env: environmentOf(dataDir, settings), timeout: COMMAND_TIMEOUT_MS };
  const { stdout } = await execute(process.execPath, [MAIN, ...args], options);
  return stdout;
}

/** Makes a key: unmetered without `credits`. Returns it whole, with its public id. */
export async function createKey(
  dataDir,
  { name = 'harness', credits, plan = 'unlimited', admin = false, settings } = {},
) {
  const options = ['--name', name, '--plan', plan];
  if (credits !== undefined) options.push('--credits', String(credits));
  if (admin) options.push('--admin');
  const key = (await omega(dataDir, ['keys', 'create', ...options], settings)).trim();
  return { key, id: key.split('_')[2] };
}

/** Process ids of the children of `pid`. */
export function childrenOf(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid);
}

function parentOf(pid) {
  // The name of the program, in parentheses, may hold spaces and parentheses itself.
  const fields = readProc(pid, 'stat').replace(/^.*\)/s, '').trim().split(' ');
  return Number(fields[1]);
}

function commandLineOf(pid) {
  return readProc(pid, 'cmdline').replaceAll('\0', ' ');
}

/** Whether there is such a process, other than as a zombie. */
export function isRunning(pid) {
  return /^State:\s+[^ZX]/m.test(readProc(pid, 'status'));
}

/** Resident memory of a process in bytes; 0 when it is gone. */
export function residentBytes(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readProc(pid, 'status')) ?? [];
  return Number(kilobytes ?? 0) * 1024;
}

function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** False when there is no such process any more. */
export function sendSignal(pid, signal) {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
    return false;
  }
}
