/**
 * The HTTP server under many clients, in turns with the engine alone on the same pages: `[kind, mode, 'HTTP pages/s']`,
 * `[kind, mode, 'engine pages/s']`; and under one client: `[kind, mode, 'HTTP ms']`, once a page.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { openClient } from '../harness/client.mjs';
import { startServer, temporaryFolder } from '../harness/server.mjs';
import { runReader } from '../peers/readers.mjs';

const CLIENTS = 8;
/** Each page is submitted so many times: clients that have come to their end leave cores idle. */
const REPEATS = 2;
const WAIT_SECONDS = 60;
/** A page that is slow is to be measured, not given up. */
const TIMEOUT_MS = 600_000;

export async function measureServer(kinds, modes, rounds, latencyPages, measures) {
  for (const kind of kinds) {
    const paths = Array.from({ length: REPEATS }, () => kind.paths).flat();
    for (let round = 0; round < rounds; round++) {
      for (const mode of modes) {
        const { readMs } = await runReader(mode, paths, 'all');
        measures.record([kind.id, mode.id, 'engine pages/s'], (1000 * paths.length) / readMs);
        await withServer(async (submit) => {
          await together(
            Array.from({ length: CLIENTS }, () => kind.paths[0]),
            mode,
            submit,
          );
          const startedAt = performance.now();
          await together(paths, mode, submit);
          const pagesPerSecond = (1000 * paths.length) / (performance.now() - startedAt);
          measures.record([kind.id, mode.id, 'HTTP pages/s'], pagesPerSecond);
          console.error(`${kind.id}, ${mode.id}: ${pagesPerSecond.toFixed(2)} pages/s by HTTP`);
          if (round > 0) return;
          for (const path of kind.paths.slice(0, latencyPages)) {
            const submittedAt = performance.now();
            await submit(path, mode);
            measures.record([kind.id, mode.id, 'HTTP ms'], performance.now() - submittedAt);
          }
        });
      }
    }
  }
}

async function withServer(use) {
  const server = await startServer({
    dataDir: temporaryFolder('bench'),
    settings: { OMEGA_PAGE_TIMEOUT_MS: String(TIMEOUT_MS) },
  });
  const client = openClient({ url: server.url, key: await server.firstKey() });
  try {
    await use(async (path, mode) => {
      const fields = { mode: mode.tier, text_layer: 'ignore' };
      const options = { fileName: basename(path), fields, wait: WAIT_SECONDS };
      const { status, body } = await client.submit(readFileSync(path), options);
      const job = status === 202 ? await client.ended(body.jobId, TIMEOUT_MS) : body;
      if (job.pages_processed !== 1) throw new Error(`${basename(path)} was not read: ${JSON.stringify(job)}`);
    });
  } finally {
    await server.stop();
  }
}

/** As many clients as there are, each with the next document when its last one is read. */
async function together(paths, mode, submit) {
  const left = paths.values();
  const clients = Array.from({ length: CLIENTS }, async () => {
    for (const path of left) await submit(path, mode);
  });
  await Promise.all(clients);
}
