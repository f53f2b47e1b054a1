/**
 * An accepted job is never lost: kills the API process, the engine process or both at random moments under load
 * (also while the server starts), and looks after every kill and at the end for what was lost, doubled or miscounted.
 *
 *     node scripts/harness/crash.mjs [--scale N] [--seed N]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { auditBooks, orphanFiles } from './books.mjs';
import { openClient } from './client.mjs';
import { between, runHarness } from './options.mjs';
import { createKey, isRunning, startServer, temporaryFolder } from './server.mjs';
import { startWorkload } from './workload.mjs';

const KILLS = 300;
/** Longest time from a start, or a kill of the engine, to the next kill. */
const MAX_CALM_MS = 1_500;
/** One kill of the API process in so many is followed by one while it starts again. */
const KILL_AT_START_IN = 8;
/** A start loads models, half a second: a kill before that is one in the middle of it. */
const MAX_START_MS = 600;
/** Engine processes that may still be on their way to their end. */
const MAX_ORPHANS = 4;
/** More than a run can use. */
const GRANTED = 10_000_000;
const SERVER_SETTINGS = { OMEGA_THREADS: '2' };

await runHarness('crash', async ({ count, random, seed }) => {
  const kills = count(KILLS);
  const dataDir = temporaryFolder('crash');
  const keys = [
    await createKey(dataDir, { name: 'metered', credits: GRANTED }),
    await createKey(dataDir, { name: 'unmetered' }),
  ];
  let server = await startServer({ dataDir, settings: SERVER_SETTINGS });
  const clients = keys.map(({ key }) => openClient({ url: () => server.url, key }));
  const workload = startWorkload({ clients, seed, submitters: 6 });
  const { broken, figures, accepted } = workload;
  const killed = { api: 0, engine: 0, both: 0, starting: 0 };
  const kill = () => killed.api + killed.engine + killed.both + killed.starting;
  /** Engine processes whose API process was killed: they end by themselves. */
  const orphans = new Set();

  function audit(when) {
    const sentences = auditBooks(dataDir, { serverRuns: server.isAlive() });
    broken.push(...sentences.map((sentence) => `after ${when}: ${sentence}`));
  }

  async function restart() {
    for (;;) {
      const isKilled = between(random, 1, KILL_AT_START_IN) === 1;
      const patience = random() * MAX_START_MS;
      const onSpawn = (child) => isKilled && setTimeout(() => child.kill('SIGKILL'), patience);
      try {
        const started = await startServer({ dataDir, settings: SERVER_SETTINGS, onSpawn });
        if (!isKilled) {
          server = started;
          return;
        }
        await started.exited;
      } catch (error) {
        if (!isKilled) throw error;
      }
      killed.starting += 1;
      audit(`kill ${kill()}, of a starting server`);
    }
  }

  while (kill() < kills && broken.length === 0) {
    await delay(random() * MAX_CALM_MS);
    if (!server.isAlive()) throw new Error(`the API process ended by itself: ${server.log()}`);
    for (const pid of orphans) if (!isRunning(pid)) orphans.delete(pid);
    if (orphans.size > MAX_ORPHANS) throw new Error('engine processes outlive their API process');
    const target = ['api', 'engine', 'both'][between(random, 0, 2)];
    if (target !== 'api' && !server.killEngine()) continue;
    killed[target] += 1;
    if (target !== 'engine') {
      for (const pid of server.enginePids()) orphans.add(pid);
      await server.kill();
    }
    audit(`kill ${kill()}, of ${target}`);
    if (!server.isAlive()) await restart();
  }

  await workload.stop();
  await workload.verify(dataDir);
  audit('the end');
  const { code } = await server.stop();
  if (code !== 0) broken.push(`the server stopped with ${code}`);
  // Of jobs that are known to be broken it says nothing new.
  if (broken.length === 0) broken.push(...orphanFiles(dataDir).map((name) => `${name} is left over`));
  for (const pid of orphans) if (isRunning(pid)) broken.push('an engine process outlives its API process');

  const summary =
    `${kill()} kills (${killed.api} API, ${killed.engine} engine, ${killed.both} both, ${killed.starting} starting), ` +
    `${accepted.size} accepted jobs of ${workload.pages()} pages (${figures.replayed} submitted twice, ${figures.pdfs} with a searchable PDF), ` +
    `${figures.crashedPages} pages and ${figures.refused} submissions failed by two kills, ` +
    `${broken.length} lost, doubled or miscounted`;
  return { summary, broken };
});
