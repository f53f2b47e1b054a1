/**
 * An accepted job is never lost: kills the API process, the engine process or both at random moments under load
 * (also while the server starts), and looks after every kill and at the end for what was lost, doubled or miscounted.
 *
 *     node scripts/harness/crash.mjs [--scale N] [--seed N]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { auditBooks, orphanFiles, queryBooks } from './books.mjs';
import { openClient } from './client.mjs';
import { fixture, pageText, textPdf } from './documents.mjs';
import { between, randomFrom, runHarness } from './options.mjs';
import { createKey, isRunning, startServer, temporaryFolder } from './server.mjs';

const KILLS = 300;
/** From a start, or a kill of the engine, to the next kill. */
const MAX_CALM_MS = 1_500;
/** One kill of the API process in so many is followed by one while it starts again. */
const KILL_AT_START_IN = 8;
/** A start loads models, half a second: a kill before that is one in the middle of it. */
const MAX_START_MS = 600;
const SUBMITTERS = 6;
const MAX_PAGES = 6;
/** Jobs under way from which on submitters wait: enough that there is always something to lose. */
const MAX_OPEN_JOBS = 24;
/** One submission in so many is an image to recognize, which takes a core for a second; one is cancelled. */
const IMAGE_IN = 40;
const CANCEL_IN = 15;
const IMAGE_TEXT = /Drawn on clear film\s+Nothing but ink is opaque here\./;
/** More than a run can use. */
const GRANTED = 10_000_000;
/** For what is left when the killing ends. */
const SETTLE_MS = 180_000;
const SERVER_SETTINGS = { OMEGA_THREADS: '2' };

await runHarness('crash', async ({ count, random, seed }) => {
  const kills = count(KILLS);
  const dataDir = temporaryFolder('crash');
  const broken = [];
  const figures = { api: 0, engine: 0, both: 0, starting: 0, crashedPages: 0, refused: 0, replayed: 0 };
  const keys = [
    await createKey(dataDir, { name: 'metered', credits: GRANTED }),
    await createKey(dataDir, { name: 'unmetered' }),
  ];
  let server = await startServer({ dataDir, settings: SERVER_SETTINGS });
  const clients = keys.map(({ key }) => openClient({ url: () => server.url, key }));

  // --- the load
  /** Accepted jobs by id: what was submitted and what became of it. */
  const accepted = new Map();
  const open = new Set();
  /** Submissions whose answer was lost and that were not tried again: at most so many jobs more than accepted ones. */
  let unanswered = 0;
  let submitted = 0;
  let stopped = false;

  const submitters = Array.from({ length: SUBMITTERS }, async (_, lane) => {
    const laneRandom = randomFrom(seed + 1 + lane);
    while (!stopped) {
      if (open.size >= MAX_OPEN_JOBS) await delay(20);
      else await submitOne(laneRandom);
      await delay(laneRandom() * 40);
    }
  });

  async function submitOne(laneRandom) {
    submitted += 1;
    const number = submitted;
    const keyNo = between(laneRandom, 0, keys.length - 1);
    const isImage = between(laneRandom, 1, IMAGE_IN) === 1;
    const texts = Array.from({ length: isImage ? 1 : between(laneRandom, 1, MAX_PAGES) }, (_, i) =>
      pageText(number, i),
    );
    const document = isImage ? fixture('alpha.png') : textPdf(texts);
    const idempotencyKey = laneRandom() < 0.5 ? `submission ${number}` : undefined;
    const isCancelled = between(laneRandom, 1, CANCEL_IN) === 1;
    for (let attempt = 1; ; attempt += 1) {
      let answer;
      try {
        answer = await clients[keyNo].submit(document, { idempotencyKey });
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        await delay(50);
        if (stopped || idempotencyKey === undefined) {
          unanswered += 1;
          return;
        }
        continue;
      }
      // An engine that was killed twice as it opened the document: refused, not accepted.
      if (answer.body?.code === 'file.unreadable') {
        figures.refused += 1;
        return;
      }
      if (answer.status !== 202) {
        broken.push(`a submission was answered ${answer.status} (${JSON.stringify(answer.body)})`);
        return;
      }
      const { jobId, pageCount } = answer.body;
      if (accepted.has(jobId)) broken.push(`job ${jobId} was given to two submissions`);
      if (attempt > 1) figures.replayed += 1;
      if (pageCount !== texts.length) broken.push(`job ${jobId} has ${pageCount} pages instead of ${texts.length}`);
      const job = { id: jobId, keyNo, isImage, texts, isCancelled, isErased: false };
      accepted.set(jobId, job);
      open.add(jobId);
      void followUp(job).catch((error) => broken.push(error.message));
      return;
    }
  }

  async function followUp(job) {
    const client = clients[job.keyNo];
    if (job.isCancelled) {
      // Cancelled once it is acknowledged; where the answer was lost, it may be either.
      const answer = await client.erase(job.id).catch(() => undefined);
      job.isErased = answer?.status === 200;
    }
    await client.ended(job.id, SETTLE_MS);
    open.delete(job.id);
  }

  // --- the kills
  const note = (when, sentences) => broken.push(...sentences.map((sentence) => `after ${when}: ${sentence}`));
  /** Engine processes whose API process was killed: they are to end by themselves. */
  const orphans = new Set();

  async function restart() {
    for (;;) {
      const killedAtStart = between(random, 1, KILL_AT_START_IN) === 1;
      const patience = random() * MAX_START_MS;
      const onSpawn = (child) => killedAtStart && setTimeout(() => child.kill('SIGKILL'), patience);
      try {
        const started = await startServer({ dataDir, settings: SERVER_SETTINGS, onSpawn });
        if (!killedAtStart) {
          server = started;
          return;
        }
        await started.exited;
      } catch (error) {
        if (!killedAtStart) throw error;
      }
      figures.starting += 1;
      note(`kill ${killed()} (starting)`, auditBooks(dataDir, { serverRuns: false }));
    }
  }

  const killed = () => figures.api + figures.engine + figures.both + figures.starting;
  while (killed() < kills) {
    await delay(random() * MAX_CALM_MS);
    const target = ['api', 'engine', 'both'][between(random, 0, 2)];
    if (!server.isAlive()) throw new Error(`the API process ended by itself: ${server.log()}`);
    for (const pid of orphans) if (!isRunning(pid)) orphans.delete(pid);
    if (orphans.size > 4) throw new Error('engine processes outlive their API process');
    if (target !== 'api' && !server.killEngine()) continue;
    figures[target] += 1;
    if (target !== 'engine') {
      for (const pid of server.enginePids()) orphans.add(pid);
      await server.kill();
    }
    note(`kill ${killed()} (${target})`, auditBooks(dataDir, { serverRuns: server.isAlive() }));
    if (!server.isAlive()) await restart();
    if (broken.length > 0) break;
  }

  // --- what is left
  stopped = true;
  await Promise.all(submitters);
  const deadline = performance.now() + SETTLE_MS;
  const unended = "SELECT id FROM jobs WHERE status IN ('pending', 'processing')";
  while (queryBooks(dataDir, { serverRuns: true }, unended).length > 0 || open.size > 0) {
    if (performance.now() > deadline) {
      broken.push(`${queryBooks(dataDir, { serverRuns: true }, unended).length} jobs do not end`);
      break;
    }
    await delay(200);
  }
  for (const job of accepted.values()) broken.push(...(await verifyJob(clients[job.keyNo], job, figures)));
  const jobs = queryBooks(dataDir, { serverRuns: true }, 'SELECT id, status FROM jobs');
  if (jobs.length > accepted.size + unanswered) {
    broken.push(`${jobs.length} jobs came of ${accepted.size} accepted and ${unanswered} unanswered submissions`);
  }
  for (const { id, status } of jobs) {
    if (!accepted.has(id) && status !== 'completed') broken.push(`job ${id}, whose answer was lost, ended ${status}`);
  }
  note('the end', auditBooks(dataDir, { serverRuns: true }));
  const reserved = 'SELECT * FROM balances WHERE reserved <> 0 OR granted <> used + available';
  if (queryBooks(dataDir, { serverRuns: true }, reserved).length > 0)
    broken.push('credits are still reserved at the end');
  const { code } = await server.stop();
  if (code !== 0) broken.push(`the server stopped with ${code}`);
  const left = orphanFiles(dataDir);
  if (left.length > 0) broken.push(`${left.length} files are left over: ${left.slice(0, 5).join(', ')}`);
  for (const pid of orphans) if (isRunning(pid)) broken.push('an engine process outlives its API process');

  const { api, engine, both, starting } = figures;
  const pages = [...accepted.values()].reduce((sum, { texts }) => sum + texts.length, 0);
  const summary =
    `${killed()} kills (${api} API, ${engine} engine, ${both} both, ${starting} starting), ` +
    `${accepted.size} accepted jobs of ${pages} pages (${figures.replayed} by a second try), ` +
    `${figures.crashedPages} pages and ${figures.refused} submissions failed by two kills, ${broken.length} lost, doubled or miscounted`;
  return { summary, broken };
});

/** What is wrong with a job that ended. */
async function verifyJob(client, { id, texts, isImage, isCancelled, isErased }, figures) {
  const { status: code, body: job } = await client.job(id);
  if (code !== 200) return [`job ${id} is answered ${code}`];
  if (isErased && (job.results ?? []).length > 0) return [`job ${id} was erased and has results`];
  if (isCancelled && job.results === undefined) return [];
  if (job.status !== 'completed' && job.results?.every(({ error }) => error?.code !== 'page.crashed')) {
    return [`job ${id} ended ${job.status}`];
  }
  const numbers = job.results.map(({ page_number: number }) => number);
  if (numbers.join() !== texts.map((_, index) => index + 1).join()) return [`job ${id} has the pages ${numbers}`];
  const crashed = job.results.filter(({ error }) => error?.code === 'page.crashed').length;
  figures.crashedPages += crashed;
  if (!isImage && job.credits_used !== texts.length - crashed) return [`job ${id} was charged ${job.credits_used}`];
  return job.results.flatMap(({ raw_markdown: text, error }, index) => {
    if (error?.code === 'page.crashed') return [];
    const isRight = isImage ? IMAGE_TEXT.test(text) : text === texts[index];
    return isRight ? [] : [`page ${index + 1} of job ${id} reads ${JSON.stringify(text ?? error)}`];
  });
}
