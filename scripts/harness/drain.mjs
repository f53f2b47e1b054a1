/**
 * Promise: SIGTERM under load ends the server within 30 s with status 0, its engine with it, and nothing that was
 * accepted is lost: the next start goes on with it.
 *
 *     node scripts/harness/drain.mjs [--scale N] [--seed N]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { auditBooks, orphanFiles } from './books.mjs';
import { openClient } from './client.mjs';
import { runHarness } from './options.mjs';
import { createKey, isRunning, startServer, temporaryFolder } from './server.mjs';
import { startWorkload } from './workload.mjs';

const STOPS = 40;
const PROMISED_MS = 30_000;
/** Longest time from a start to the next signal. */
const MAX_CALM_MS = 3_000;
const GRANTED = 10_000_000;

await runHarness('drain', async ({ count, random, seed }) => {
  const stops = count(STOPS);
  const dataDir = temporaryFolder('drain');
  const { key } = await createKey(dataDir, { credits: GRANTED });
  let server = await startServer({ dataDir });
  const clients = [unlessStopping(openClient({ url: () => server.url, key }))];
  const workload = startWorkload({ clients, seed, submitters: 6 });
  const { broken, accepted } = workload;
  let slowestMs = 0;
  for (let stop = 1; stop <= stops && broken.length === 0; stop += 1) {
    await delay(random() * MAX_CALM_MS);
    const engines = server.enginePids();
    const askedAt = performance.now();
    const { code, signal } = await server.stop();
    const took = performance.now() - askedAt;
    slowestMs = Math.max(slowestMs, took);
    if (code !== 0) broken.push(`stop ${stop} ended with ${code ?? signal}: ${server.log()}`);
    if (took > PROMISED_MS) broken.push(`stop ${stop} took ${Math.round(took)} ms`);
    if (engines.some(isRunning)) broken.push(`stop ${stop} left an engine process`);
    broken.push(...auditBooks(dataDir, { serverRuns: false }).map((sentence) => `after stop ${stop}: ${sentence}`));
    server = await startServer({ dataDir });
  }
  await workload.stop();
  await workload.verify(dataDir);
  await server.stop();
  broken.push(...auditBooks(dataDir, { serverRuns: false }));
  broken.push(...orphanFiles(dataDir).map((name) => `${name} is left`));
  return {
    summary: `${stops} stops under load, the slowest ${Math.round(slowestMs)} ms; ${accepted.size} jobs accepted, none lost`,
    broken,
  };
});

/** A submission that a stopping server refuses is as good as one that found no server. */
function unlessStopping(client) {
  return {
    ...client,
    async submit(...submission) {
      const answer = await client.submit(...submission);
      if (answer.body?.code === 'server.stopping') throw new TypeError('the server is stopping');
      return answer;
    },
  };
}
