/**
 * Documents that may be hostile, submitted to a real server one after the other, and what became of each: a result, a
 * refusal or failed pages, each in its time, by a server that goes on answering.
 */
import { openClient } from './client.mjs';
import { startServer, temporaryFolder } from './server.mjs';

/** Beyond the deadline of its pages, a job may take this long. */
const GRACE_MS = 5_000;
/** Codes that say nothing about the document: it was not understood what is wrong with it. */
const UNCLEAR = ['internal', 'engine.unavailable', 'storage.failed'];

/**
 * `documents`: `{name, make, fields}`, in which `make` gives the bytes or a promise of them. Resolves with `outcomes`,
 * how many documents ended in each way, `restarts` of the engine, and what is `broken` of the promise.
 */
export async function submitAll(documents, { pageTimeoutMs, settings = {}, log = () => {} }) {
  const server = await startServer({
    dataDir: temporaryFolder('ordeal'),
    settings: { ...settings, OMEGA_PAGE_TIMEOUT_MS: String(pageTimeoutMs) },
  });
  const client = openClient({ url: server.url, key: await server.firstKey() });
  const broken = [];
  const outcomes = new Map();
  const health = watchHealth(client);
  // One after the other: a page that is ended by its deadline has those beside it read again, with deadlines of their own.
  for (const { name, make, fields } of documents) {
    const bytes = await make();
    const startedAt = performance.now();
    const { outcome, problems } = await submitOne(client, bytes, fields, pageTimeoutMs).catch((error) => ({
      outcome: 'no answer',
      problems: [error.message],
    }));
    log(`${outcome}  ${name}  ${Math.round(performance.now() - startedAt)} ms`);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    broken.push(...problems.map((problem) => `${name}: ${problem}`));
    if (!server.isAlive()) break;
  }
  const slowestHealthMs = await health.stop();
  if (!server.isAlive()) broken.push(`the API process ended: ${server.log()}`);
  const restarts = server.isAlive() ? await engineRestarts(client) : undefined;
  await server.stop();
  return { outcomes: new Map([...outcomes].sort(([, a], [, b]) => b - a)), restarts, slowestHealthMs, broken };
}

/** Waits for the end of the job, if there is one. */
async function submitOne(client, bytes, fields, pageTimeoutMs) {
  const submittedAt = performance.now();
  const answer = await client.submit(bytes, { fields });
  const acceptedAt = performance.now();
  const problems = [];
  const within = (what, sinceMs, limitMs) => {
    const took = performance.now() - sinceMs;
    if (took > limitMs) problems.push(`${what} took ${(took / 1000).toFixed(1)} s, ${limitMs / 1000} s were allowed`);
  };
  within('the submission', submittedAt, pageTimeoutMs + GRACE_MS);
  if (answer.status !== 202) {
    const { code } = answer.body;
    if (answer.status !== 400 || UNCLEAR.includes(code)) problems.push(`was answered with ${answer.status} ${code}`);
    return { outcome: `refused: ${code}`, problems };
  }
  const { jobId, pageCount } = answer.body;
  const allowedMs = pageCount * pageTimeoutMs + GRACE_MS;
  const job = await client.ended(jobId, allowedMs + GRACE_MS);
  within('the job', acceptedAt, allowedMs);
  const errors = [...new Set((job.results ?? []).flatMap(({ error }) => (error === undefined ? [] : [error.code])))];
  if (job.error !== undefined) errors.push(job.error.code);
  for (const code of errors) if (UNCLEAR.includes(code)) problems.push(`ended with ${code}`);
  const { results = [] } = job;
  const charged = results.filter(({ error }) => error === undefined).length;
  if (job.credits_used < charged || (charged === 0 && job.credits_used > 0)) problems.push('was charged wrongly');
  await client.erase(jobId);
  return { outcome: errors.length === 0 ? 'read' : `failed: ${[...new Set(errors)].join(', ')}`, problems };
}

/** Asks for `/health` all the time. `stop` resolves with the longest answer in milliseconds. */
function watchHealth(client) {
  let slowestMs = 0;
  let stopped = false;
  const asking = (async () => {
    while (!stopped) {
      const askedAt = performance.now();
      const answer = await client.request('GET', '/health').catch(() => undefined);
      slowestMs = Math.max(slowestMs, answer?.status === 200 ? performance.now() - askedAt : Number.POSITIVE_INFINITY);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    async stop() {
      stopped = true;
      await asking;
      return Math.round(slowestMs);
    },
  };
}

/** How often the engine was replaced since the server started. */
export async function engineRestarts(client) {
  const { body } = await client.request('GET', '/metrics');
  return Number(/^omega_engine_restarts\S* (\d+)/m.exec(body)?.[1]);
}

/** `read 12, refused: file.unreadable 3` */
export function describeOutcomes(outcomes) {
  return [...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', ');
}
