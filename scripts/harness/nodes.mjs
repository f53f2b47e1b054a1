/**
 * An accepted job is never lost where several nodes share a PostgreSQL database: kills servers and workers at random
 * under load, and looks for what was lost, doubled or miscounted, and for how long pages were held by the dead. Then
 * measures what a claim costs with long queues, and how fast 1, 2 and 4 workers read small pages.
 *
 * What it measures of workers is bounded by the cores that they share with the database and the server.
 *
 *     node scripts/harness/nodes.mjs [--scale N] [--seed N]
 */
import { randomUUID } from 'node:crypto';
import { availableParallelism, tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { openPostgresStore } from '../../dist/jobs/postgres.js';
import { openClient } from './client.mjs';
import { pageText, textPdf } from './documents.mjs';
import { between, runHarness } from './options.mjs';
import { postgresPrograms, startPostgres } from './postgres.mjs';
import { auditPostgresBooks, queryPostgres } from './postgres-books.mjs';
import { createKey, startServer, startWorker, temporaryFolder } from './server.mjs';
import { startWorkload, UNENDED, verifyJob } from './workload.mjs';

const KILLS = 200;
/** Longest time from one kill to the next. */
const MAX_CALM_MS = 3_000;
/** A killed node stays away for as long at most; one in so many for longer, until its pages were taken from it. */
const MAX_AWAY_MS = 3_000;
const LONG_AWAY_IN = 10;
const LONG_AWAY_MS = 45_000;
/** Nodes at work from which on one is killed: pages that are lost again and again take a lease each time. */
const MIN_NODES = 3;
const ROLES = ['serve', 'serve', 'worker', 'worker'];
const GRANTED = 10_000_000;
/** Promised: pages of a killed node are claimable again within this. */
const MAX_RECOVERY_SECONDS = 60;
const SETTLE_MS = 240_000;
/** With the seconds since their node was seen: what tells why a job does not end. */
const UNFINISHED = `SELECT job_no, page_index, attempt, status, node, extract(epoch FROM now() - seen_at)::int AS unseen
  FROM pages LEFT JOIN nodes ON nodes.id = node WHERE status <> 'finished'`;

/** Uploads of ended jobs, and how long they may be there where a node died before it erased them. */
const LEFT_OVER = `SELECT name FROM files WHERE kind = 'upload'
  AND EXISTS (SELECT FROM jobs WHERE upload_name = name AND ended_at IS NOT NULL)`;
const MAX_SWEEP_MS = 90_000;

const QUEUES = [100, 10_000, 100_000];
const CLAIMS = 200;
/** Pages stored, and how many are at the same time; of so many keys. */
const COMMITS = 5_000;
const COMMITTERS = 32;
const COMMIT_KEYS = [1, 32];
const WORKERS = [1, 2, 4];
/** Pages of one key are stored one after the other. */
const READ_KEYS = 8;
/** In documents of so many pages with a text layer. */
const READ_PAGES = 4_000;
const DOCUMENT_PAGES = 100;

await runHarness('nodes', async ({ count, random, seed }) => {
  const programs = postgresPrograms();
  if (programs === undefined) {
    return { summary: 'SKIPPED: no PostgreSQL server is installed (apt-get install postgresql)', broken: [] };
  }
  // On a disk, with its syncs.
  const postgres = await startPostgres(programs, tmpdir());
  process.on('exit', () => postgres.stop());
  const killed = await killNodes(postgres, { kills: count(KILLS), random, seed });
  if (killed.broken.length > 0) return killed;
  const claims = await claimCosts(postgres);
  const commits = await commitPaces(postgres, count(COMMITS));
  const paces = await workerPaces(postgres, count(READ_PAGES));
  const broken = [...claims.broken, ...commits.broken, ...paces.broken];
  return { summary: `${killed.summary}; ${claims.summary}; ${commits.summary}; ${paces.summary}`, broken };
});

async function killNodes(postgres, { kills, random, seed }) {
  const url = await postgres.createDatabase();
  const settings = { OMEGA_DATABASE_URL: url, OMEGA_THREADS: '1' };
  /** On the data directory of the one that was killed, as a service manager does. */
  const start = async (role, dataDir = temporaryFolder('node')) => {
    const options = { dataDir, settings };
    const process = role === 'serve' ? await startServer(options) : await startWorker(options);
    return { role, dataDir, process };
  };
  const keys = [
    await createKey(temporaryFolder('keys'), { name: 'metered', credits: GRANTED, settings }),
    await createKey(temporaryFolder('keys'), { name: 'unmetered', settings }),
  ];
  const nodes = new Set();
  for (const role of ROLES) nodes.add(await start(role));
  const servers = () => [...nodes].filter(({ role }) => role === 'serve');
  let asked = 0;
  let last = servers()[0].process.url;
  /** Servers by turns; while all are away the last one is asked, and does not answer. */
  const anyServer = () => {
    asked += 1;
    last = servers()[asked % servers().length]?.process.url ?? last;
    return last;
  };
  const clients = keys.map(({ key }) => openClient({ url: anyServer, key }));
  const workload = startWorkload({ clients, seed, submitters: 4 });
  const { broken, figures, accepted } = workload;
  const books = temporaryFolder('books');
  const audit = async (when) => {
    broken.push(...(await auditPostgresBooks(url, books)).map((sentence) => `after ${when}: ${sentence}`));
  };

  let recoverySeconds = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const [{ seconds }] = await queryPostgres(
        url,
        `SELECT coalesce(max(extract(epoch FROM now() - seen_at)), 0)::float AS seconds FROM nodes
         WHERE EXISTS (SELECT FROM pages WHERE node = nodes.id AND status = 'processing')`,
      );
      recoverySeconds = Math.max(recoverySeconds, seconds);
      await delay(250);
    }
  })();

  const died = { serve: 0, worker: 0 };
  const returning = new Set();
  for (let kill = 1; kill <= kills && broken.length === 0; kill += 1) {
    await delay(random() * MAX_CALM_MS);
    while (nodes.size < MIN_NODES) await delay(100);
    const victim = [...nodes][between(random, 0, nodes.size - 1)];
    nodes.delete(victim);
    await victim.process.kill();
    died[victim.role] += 1;
    await audit(`kill ${kill}, of a ${victim.role}`);
    const away = between(random, 1, LONG_AWAY_IN) === 1 ? LONG_AWAY_MS : random() * MAX_AWAY_MS;
    const coming = delay(away).then(async () => {
      nodes.add(await start(victim.role, victim.dataDir));
      returning.delete(coming);
    });
    returning.add(coming);
  }
  await Promise.all(returning);
  await workload.stop();

  const unended = async () => (await queryPostgres(url, UNENDED)).length;
  const deadline = performance.now() + SETTLE_MS;
  while (broken.length === 0 && (await unended()) > 0) {
    if (performance.now() > deadline) broken.push(`${await unended()} jobs have not ended`);
    await delay(250);
  }
  isOver = true;
  await watching;
  if (broken.length > 0) console.log('unfinished pages:', await queryPostgres(url, UNFINISHED));
  else for (const [id, job] of accepted) broken.push(...(await verifyJob(clients[job.keyNo], id, job, figures)));
  await audit('the end');
  const left = () => queryPostgres(url, LEFT_OVER);
  // Servers sweep what the dead have left.
  for (const end = performance.now() + MAX_SWEEP_MS; (await left()).length > 0 && performance.now() < end; )
    await delay(500);
  broken.push(...(await left()).map(({ name }) => `the upload ${name} of an ended job is left over`));
  if (recoverySeconds > MAX_RECOVERY_SECONDS) broken.push(`pages were held by the dead for ${recoverySeconds} s`);
  for (const { process } of nodes) {
    const { code } = await process.stop();
    if (code !== 0) broken.push(`a node stopped with ${code}`);
  }
  await postgres.dropDatabase(url);
  const summary =
    `${died.serve + died.worker} kills (${died.serve} servers, ${died.worker} workers of ${ROLES.length} nodes), ` +
    `${accepted.size} accepted jobs of ${workload.pages()} pages, ${figures.replayed} submitted twice, ${figures.pdfs} with a searchable PDF, ` +
    `${figures.crashedPages} pages failed uncharged, whose nodes were killed three times, ` +
    `${broken.length} lost, doubled or miscounted; pages of the dead claimable after ${recoverySeconds.toFixed(1)} s at most`;
  return { summary, broken };
}

/** Milliseconds of a claim of one page: half of them took no longer. */
async function claimCosts(postgres) {
  const broken = [];
  const costs = [];
  for (const pages of QUEUES) {
    const url = await postgres.createDatabase();
    const store = await openPostgresStore({ url, connections: 4, node: 'harness', leaseMs: 60_000 });
    await fillQueue(store, pages, 10);
    await queryPostgres(url, 'ANALYZE');
    const times = [];
    for (let claim = 0; claim < Math.min(CLAIMS, pages); claim += 1) {
      const startedAt = performance.now();
      const claimed = await store.claimPages(1, Date.now());
      times.push(performance.now() - startedAt);
      if (claimed.length !== 1) broken.push(`a claim from ${pages} pages gave ${claimed.length}`);
    }
    costs.push(median(times));
    await store.close();
    await postgres.dropDatabase(url);
  }
  if (costs.at(-1) > 2 * costs[0] + 1) broken.push(`a claim takes ${costs.map(format)} ms as the queue grows`);
  return {
    broken,
    summary: `a claim of a page takes ${costs.map(format).join(' / ')} ms with ${QUEUES.join(' / ')} queued`,
  };
}

/** Pages a second that can be stored with their charges, each in a synced transaction, when nothing is read. */
async function commitPaces(postgres, pages) {
  const broken = [];
  const paces = [];
  for (const keys of COMMIT_KEYS) {
    const url = await postgres.createDatabase();
    const store = await openPostgresStore({ url, connections: COMMITTERS, node: 'harness', leaseMs: 60_000 });
    await fillQueue(store, Math.ceil(pages / keys) * keys, keys);
    const claims = await store.claimPages(pages, Date.now());
    const startedAt = performance.now();
    const lanes = Array.from({ length: COMMITTERS }, async () => {
      for (let claim = claims.pop(); claim !== undefined; claim = claims.pop()) {
        const isStored = await store.completePage(claim, smallPage(claim.pageIndex), Date.now());
        if (!isStored) broken.push('a page that was claimed could not be stored');
      }
    });
    await Promise.all(lanes);
    paces.push(pages / ((performance.now() - startedAt) / 1000));
    await store.close();
    await postgres.dropDatabase(url);
  }
  return {
    broken,
    summary: `pages of ${COMMIT_KEYS.join(' / ')} keys are stored at ${paces.map((pace) => pace.toFixed(0)).join(' / ')} a second`,
  };
}

function smallPage(pageIndex) {
  const routing = { provider: 'paddle', tier: 'tiny', complexityScore: 1, reason: 'Little text.' };
  return { pageIndex, widthPx: 100, heightPx: 100, routing, blocks: [], confidence: 1, timings: {} };
}

/** Jobs of 2,000 pages at most, of so many keys. */
async function fillQueue(store, pages, keyCount) {
  const keys = Array.from({ length: keyCount }, (_, index) => `key ${index}`);
  for (const id of keys) {
    const key = { id, name: id, secretHash: Buffer.alloc(32), role: 'client', plan: 'unlimited', metered: false };
    await store.createKey({ ...key, createdAt: 1, revokedAt: undefined }, 0, 'harness');
  }
  const perJob = Math.min(2_000, pages / keys.length);
  for (let job = 0; job * perJob < pages; job += 1) {
    await store.acceptJob(
      {
        id: randomUUID(),
        keyId: keys[job % keys.length],
        uploadName: randomUUID(),
        requestHash: 'harness',
        idempotencyKey: undefined,
        options: { mode: 'auto', text_layer: 'auto', word_boxes: false, tables: true },
        createdAt: Date.now(),
        pages: Array.from({ length: perJob }, (_, pageIndex) => ({ pageIndex, reserved: 1, routing: undefined })),
      },
      { maxQueuedPages: Number.MAX_SAFE_INTEGER },
    );
  }
}

/** Pages a second that workers of one thread read off text layers, from the first page stored to the last. */
async function workerPaces(postgres, pages) {
  const broken = [];
  const paces = [];
  for (const workers of WORKERS) {
    const url = await postgres.createDatabase();
    const settings = { OMEGA_DATABASE_URL: url, OMEGA_THREADS: '1', OMEGA_MAX_QUEUED_PAGES: '1000000' };
    const keys = [];
    for (let key = 0; key < READ_KEYS; key += 1) keys.push(await createKey(temporaryFolder('keys'), { settings }));
    const server = await startServer({ dataDir: temporaryFolder('node'), settings, flags: ['--api-only'] });
    const clients = keys.map(({ key }) => openClient({ url: server.url, key }));
    const documents = Math.ceil(pages / DOCUMENT_PAGES);
    for (let number = 0; number < documents; number += 1) {
      const texts = Array.from({ length: DOCUMENT_PAGES }, (_, index) => pageText(number, index));
      const { status } = await clients[number % READ_KEYS].submit(textPdf(texts));
      if (status !== 202) broken.push(`a submission was answered ${status}`);
    }
    const started = await Promise.all(
      Array.from({ length: workers }, () => startWorker({ dataDir: temporaryFolder('node'), settings })),
    );
    const read = async () => (await queryPostgres(url, 'SELECT sum(pages_read)::bigint AS pages FROM jobs'))[0].pages;
    const before = await read();
    const startedAt = performance.now();
    while ((await read()) < documents * DOCUMENT_PAGES) await delay(50);
    paces.push((documents * DOCUMENT_PAGES - before) / ((performance.now() - startedAt) / 1000));
    for (const process of [...started, server]) await process.stop();
    await postgres.dropDatabase(url);
  }
  const cores = availableParallelism();
  return {
    broken,
    summary: `${WORKERS.join(' / ')} workers of a thread read ${paces.map((pace) => pace.toFixed(0)).join(' / ')} pages/s with text layers on ${cores} cores`,
  };
}

function median(times) {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}

function format(ms) {
  return ms.toFixed(1);
}
