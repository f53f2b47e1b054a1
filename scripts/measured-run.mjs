/** A program in a process of its own, with the time and the memory that it took. Memory on Linux alone. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

const SAMPLE_MS = 50;

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {string} [options.input] for its standard input
 * @param {Readonly<Record<string, string>>} [options.environment] beside what is inherited
 * @returns {Promise<{ status: number | null, stdout: string, stderr: string, seconds: number, firstOutputSeconds: number,
 *   peakBytes: number }>} `firstOutputSeconds`: until it wrote to its standard output; `peakBytes`: the most memory that it
 *   and its descendants held at one time, of samples; 0 where that is not known
 */
export async function measuredRun(command, args, { input = '', environment = {} } = {}) {
  const startedAt = performance.now();
  const child = spawn(command, args, { stdio: 'pipe', env: { ...process.env, ...environment } });
  const meter = startMeter(child.pid);
  // A program that ends before it has read everything says why on its standard error.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  let firstOutputSeconds;
  child.stdout.once('data', () => {
    firstOutputSeconds = secondsSince(startedAt);
  });
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ]);
  return { status, stdout, stderr, seconds: secondsSince(startedAt), firstOutputSeconds, peakBytes: meter.stop() };
}

function secondsSince(startedAt) {
  return (performance.now() - startedAt) / 1000;
}

/** Of a process and its descendants, from now on until it is stopped. */
export function startMeter(pid) {
  let peakBytes = 0;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytes(pid));
  }, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      return peakBytes;
    },
  };
}

function residentBytes(root) {
  const children = new Map();
  for (const pid of processIds()) {
    // The name of the program, in parentheses, may hold spaces and parentheses itself.
    const parent = Number(procFile(pid, 'stat').replace(/^.*\)/s, '').trim().split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const total = (pid) =>
    (children.get(pid) ?? []).reduce((sum, child) => sum + total(child), 1024 * residentKilobytes(pid));
  return total(root);
}

function residentKilobytes(pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(procFile(pid, 'status'))?.[1] ?? 0);
}

function processIds() {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Empty when the process is gone. */
function procFile(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
