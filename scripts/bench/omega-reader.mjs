/**
 * Our engine as a reader (`scripts/peers/readers.mjs`): many documents as `omega ocr` reads a folder, one by one as a server
 * reads a single page. In the place of the tier stands a mode, or `text-layer`, which reads what PDFs say of themselves.
 */

import { processConfig } from '../../dist/config.js';
import { openEngine } from '../../dist/engine/engine.js';
import { pageText } from '../../dist/export/text.js';
import { engineConfig } from '../../dist/reading/engine-config.js';
import { PAGES_A_THREAD, readDocuments } from '../../dist/reading/read-documents.js';
import { serve } from '../peers/reader.mjs';

/** A page that is slow is to be measured, not given up. */
const PAGE_TIMEOUT_MS = 600_000;

const LISTENER = { opened() {}, pageDone() {} };

await serve(async (mode, _models, threads) => {
  const options = mode === 'text-layer' ? { mode: 'auto', text_layer: 'auto' } : { mode, text_layer: 'ignore' };
  const config = { ...processConfig(), threads, pageTimeoutMs: PAGE_TIMEOUT_MS };
  const engine = await openEngine(engineConfig(config));

  async function readAll(paths, pages) {
    const request = {
      inputs: paths.map((path) => ({ path, name: path })),
      pages,
      options: { ...options, word_boxes: false, tables: true },
      concurrency: PAGES_A_THREAD * threads,
    };
    const readings = [];
    for await (const document of readDocuments(engine, request, LISTENER)) readings.push(reading(document));
    return readings;
  }

  return {
    // The first page by every thread, since each has models of its own.
    warmUp: (path) => readAll(new Array(threads).fill(path), '1'),
    read: async (path) => (await readAll([path]))[0],
    readAll,
    close: () => engine.close(),
  };
});

/** @throws Error where something was not read: its speed would be worth nothing */
function reading({ input, pages, error }) {
  const [failed] = pages.flatMap((outcome) => outcome.error ?? []);
  if ((error ?? failed) !== undefined) throw new Error(`${input.name}: ${(error ?? failed).message}`);
  const read = pages.map(({ page }) => page);
  return { text: read.map(pageText).join('\n\n'), lines: read.flatMap(({ blocks }) => blocks.flatMap(linesOf)) };
}

function linesOf({ lines }) {
  return lines.map(({ text, quad }) => ({ text, quad: quad.map(({ x, y }) => [x, y]) }));
}
