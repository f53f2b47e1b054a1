/**
 * Documents made to exhaust their reader end as a result or a clear error, in their time, and the API process goes on.
 * The deadline of a page is shortened, so that those that only end by it do so sooner.
 */
import { IMAGE_BOMBS } from './image-bombs.mjs';
import { runHarness } from './options.mjs';
import { describeOutcomes, submitAll } from './ordeal.mjs';
import { PDF_BOMBS } from './pdf-bombs.mjs';

const PAGE_TIMEOUT_MS = 15_000;

await runHarness(
  'bombs',
  async ({ scale, random, values }) => {
    const documents = [...IMAGE_BOMBS, ...PDF_BOMBS]
      .filter(([name]) =>
        values.only === undefined ? scale === 1 || random() < scale : new RegExp(values.only).test(name),
      )
      .map(([name, make, fields]) => ({ name, make, fields }));
    const { outcomes, restarts, slowestHealthMs, broken } = await submitAll(documents, {
      pageTimeoutMs: PAGE_TIMEOUT_MS,
      log: console.log,
    });
    const summary = `${documents.length} bombs: ${describeOutcomes(outcomes)}; ${restarts} engine restarts; slowest /health ${slowestHealthMs} ms`;
    return { summary, broken };
  },
  { '--only <pattern>': 'of names, whatever the scale' },
);
