/** What every harness is given on its command line, and how it ends: one summary line and an exit status. */
import { commandLine } from '../command-line.mjs';

/**
 * `--scale N`: how much of the full run (1) is done; `--seed N`: the run to repeat, a new one when absent. The seed is
 * printed, since it decides everything about a run but its timing. `further` options, what they mean by their flags, come
 * back in `values`.
 */
function harnessOptions(name, further) {
  const command = commandLine(name, 'One of the promises, tried.')
    .option('--scale <n>', 'how much of the full run, above 0 and at most 1', '1')
    .option('--seed <n>', 'the run to repeat; a new one unless said');
  for (const [flags, meaning] of Object.entries(further)) command.option(flags, meaning);
  const values = command.parse().opts();
  const scale = Number(values.scale);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
  if (!(scale > 0 && scale <= 1)) command.error(`error: --scale must be above 0 and at most 1, not ${values.scale}`);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    command.error(`error: --seed must be a whole number below 2^32, not ${values.seed}`);
  }
  console.log(`seed ${seed}, scale ${scale}`);
  return { scale, seed, values, count: (full) => Math.max(1, Math.ceil(full * scale)), random: randomFrom(seed) };
}

/** Numbers from 0 up to 1, the same for the same seed: the generator "mulberry32" (Tommy Ettinger, public domain). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `least` to `most`. */
export function between(random, least, most) {
  return least + Math.floor(random() * (most - least + 1));
}

/**
 * Runs `work`, which gives the summary and what of the promise is broken, prints both and sets the exit status.
 * Nothing else of the run may be left when it ends: whatever still runs is cut off.
 */
export async function runHarness(name, work, further = {}) {
  const startedAt = performance.now();
  let status = 0;
  try {
    const { summary, broken } = await work(harnessOptions(name, further));
    for (const sentence of broken) console.log(`${name}: BROKEN: ${sentence}`);
    if (broken.length > 0) status = 1;
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.log(`${name}: ${status === 0 ? 'kept' : 'BROKEN'}: ${summary} (${seconds} s)`);
  } catch (error) {
    console.log(`${name}: could not be run to its end: ${error.stack}`);
    status = 1;
  }
  process.exit(status);
}
