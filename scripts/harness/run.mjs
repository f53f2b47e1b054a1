/**
 * Runs the harnesses one after the other and prints what became of each promise. Its exit status is 1 when one was
 * broken. What a harness needs and a machine lacks (root, strace, pip) it says itself.
 *
 *     node scripts/harness/run.mjs [--scale N] [--seed N] [NAME…]
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { checkNames, commandLine } from '../command-line.mjs';

/** Each with the minutes that its full scale may take at most; a smaller one may take a fifth of that, and 4 more. */
const HARNESSES = {
  fsync: 5,
  'power-loss': 30,
  crash: 40,
  nodes: 60,
  backup: 30,
  credits: 20,
  hostile: 30,
  bombs: 30,
  fuzz: 120,
  faults: 40,
  soak: 60,
  responsive: 10,
  'disk-full': 15,
  drain: 15,
  clock: 10,
  network: 20,
  schemathesis: 10,
};
const SMALL_SCALE = 0.2;

const command = commandLine('harness', 'Tries whether the promises are kept, one after the other.')
  .argument('[NAME...]', `which: ${Object.keys(HARNESSES).join(', ')}; all unless said`)
  .option('--scale <n>', 'how much of the full run, above 0 and at most 1', '1')
  .option('--seed <n>', 'the run to repeat; a new one unless said')
  .parse();
const { args: names } = command;
const values = command.opts();
checkNames(command, 'harness', names, Object.keys(HARNESSES));
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 32));

const rows = [];
for (const name of names.length > 0 ? names : Object.keys(HARNESSES)) {
  console.log(`\n=== ${name}`);
  rows.push({ name, ...(await run(name)) });
}
console.log(`\n=== promises, at scale ${values.scale}, seed ${seed}`);
for (const { name, outcome, seconds, summary } of rows) {
  console.log(`${name.padEnd(13)} ${outcome.padEnd(8)} ${String(seconds).padStart(5)} s  ${summary}`);
}
process.exit(rows.some(({ outcome }) => outcome === 'BROKEN') ? 1 : 0);

async function run(name) {
  const minutes = HARNESSES[name];
  const limitMs = 60_000 * (Number(values.scale) > SMALL_SCALE ? minutes : minutes * SMALL_SCALE + 4);
  const startedAt = performance.now();
  const script = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, [script, '--scale', values.scale, '--seed', seed], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Harnesses end what they started when they are asked to end.
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGTERM');
  }, limitMs);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const last = isLate ? `not done within ${limitMs / 60_000} minutes` : (output.trim().split('\n').at(-1) ?? '');
  const summary = last.replace(/^[\w-]+: (kept: |BROKEN: )?/, '').replace(/ \(\d+ s\)$/, '');
  const outcome = code !== 0 ? 'BROKEN' : /SKIPPED|^no --dir/.test(summary) ? 'skipped' : 'kept';
  return { outcome, seconds, summary };
}
