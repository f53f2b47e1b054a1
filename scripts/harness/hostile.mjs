/**
 * Every file of a folder of hostile documents ends as a result or a clear error, in its time, and the API process goes
 * on: `node scripts/harness/hostile.mjs --dir DIR`. Without a folder there is nothing to do.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runHarness } from './options.mjs';
import { describeOutcomes, submitAll } from './ordeal.mjs';

/** The server's default. */
const PAGE_TIMEOUT_MS = 60_000;

await runHarness(
  'hostile',
  async ({ scale, random, values }) => {
    if (values.dir === undefined) return { summary: 'SKIPPED: no --dir says where such files are', broken: [] };
    const files = readdirSync(values.dir)
      .map((name) => join(values.dir, name))
      .filter((path) => statSync(path).isFile() && (scale === 1 || random() < scale));
    const documents = files.map((path) => ({ name: path, make: () => readFileSync(path) }));
    const { outcomes, restarts, slowestHealthMs, broken } = await submitAll(documents, {
      pageTimeoutMs: PAGE_TIMEOUT_MS,
      log: console.log,
    });
    const summary = `${files.length} files: ${describeOutcomes(outcomes)}; ${restarts} engine restarts; slowest /health ${slowestHealthMs} ms`;
    return { summary, broken };
  },
  { '--dir <dir>': 'where such files are' },
);
