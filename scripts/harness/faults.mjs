/**
 * Faults in the engine (segmentation faults, aborts, memory, endless loops) cost the page that brings them, and nobody
 * else: its job's other pages and all other jobs are read, a replacement serves within 3 s, and nothing is charged.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { openClient } from './client.mjs';
import { between, runHarness } from './options.mjs';
import { pdf, stream } from './pdf-parts.mjs';
import { createKey, ROOT, startServer, temporaryFolder } from './server.mjs';

const FAULTS = 220;
/** What each kind ends its page by. A machine under load may pass the deadline before the memory is taken. */
const CODES = {
  SIGSEGV: ['page.crashed'],
  SIGABRT: ['page.crashed'],
  heap: ['page.crashed', 'page.timeout'],
  memory: ['page.crashed', 'page.timeout'],
  endless: ['page.timeout'],
};
const KINDS = Object.keys(CODES);
const PLACES = ['opening', 'inference'];
/** The deadline of a page; shortened from the default, since endless loops are waited for. */
const PAGE_TIMEOUT_MS = 6_000;
/** Above what the engine holds on its own, and far below what a fault takes. */
const MEMORY_BYTES = 1.5 * 1024 ** 3;
const PROMISED_MS = 3_000;
/** Documents with faults, and innocent ones, under way at the same time. */
const LANES = 2;
const JOB_TIMEOUT_MS = 120_000;
const PRICES = { 'text-layer': 1, paddle: 1, 'paddle-plus': 3, 'paddle-structure': 5 };

/** Three pages, each of which says which it is; `entries` go into the dictionary of the second. */
function threePages(number, entries = '') {
  const pages = [1, 2, 3].flatMap((page) => [
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 240 60] ${page === 2 ? entries : ''} /Contents ${3 + 2 * page} 0 R
      /Resources << /Font << /F 3 0 R >> >> >>`,
    stream('', `BT /F 12 Tf 10 30 Td (${textOf(number, page)}) Tj ET`),
  ]);
  return pdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [4 0 R 6 0 R 8 0 R] /Count 3 >>',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...pages,
  ]);
}

const textOf = (number, page) => `Entry ${number} page ${page} of the harbour register`;

await runHarness('faults', async ({ scale, count, random }) => {
  const folder = temporaryFolder('faults');
  const log = join(folder, 'faults.log');
  writeFileSync(log, '');
  const dataDir = join(folder, 'data');
  const preload = pathToFileURL(join(ROOT, 'scripts', 'harness', 'engine-faults.mjs'));
  const server = await startServer({
    dataDir,
    settings: {
      NODE_OPTIONS: `--import=${preload}?log=${encodeURIComponent(log)}`,
      OMEGA_THREADS: '2',
      OMEGA_PAGE_TIMEOUT_MS: String(PAGE_TIMEOUT_MS),
      OMEGA_ENGINE_MEMORY_BYTES: String(MEMORY_BYTES),
    },
  });
  const poisoner = openClient({ url: server.url, key: await server.firstKey() });
  const neighbour = openClient({ url: server.url, key: (await createKey(dataDir)).key });
  const events = () =>
    readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  const wanted = count(FAULTS);
  const broken = [];
  const told = (problem) => {
    console.log(problem);
    broken.push(problem);
  };
  const deaths = watchDeaths(server);
  let documents = 0;
  let innocents = 0;
  let done = false;

  const poison = async () => {
    while (events().filter(({ event }) => event === 'fault').length < wanted) {
      documents += 1;
      const number = documents;
      const fault = KINDS[number % KINDS.length];
      const place = PLACES[Math.floor(number / KINDS.length) % PLACES.length];
      const fields = place === 'inference' ? { text_layer: 'ignore' } : {};
      await delay(between(random, 0, 300));
      const problem = await readPoisoned(poisoner, number, fault, place, fields);
      if (problem !== undefined) told(`document ${number} (${fault} at ${place}): ${problem}`);
    }
  };
  const innocent = async () => {
    while (!done) {
      innocents += 1;
      const number = innocents;
      const problem = await readInnocent(neighbour, number);
      if (problem !== undefined) told(`neighbour ${number}: ${problem}`);
      await delay(between(random, 0, 100));
    }
  };
  const neighbours = Array.from({ length: LANES }, () => innocent().catch((error) => told(`a neighbour: ${error}`)));
  await Promise.all(Array.from({ length: LANES }, poison));
  done = true;
  await Promise.all(neighbours);
  const died = deaths.stop();
  if (!server.isAlive()) told(`the API process ended: ${server.log()}`);
  await server.stop();

  const faults = events().filter(({ event }) => event === 'fault');
  const serving = servingTimes(died, events(), 'begun');
  const answering = servingTimes(died, events(), 'answered');
  if (faults.length < wanted) told(`${faults.length} faults happened, ${wanted} were wanted`);
  if (serving.length === 0) told('no page was begun after a death');
  // Judged in the full run alone, which has a machine to itself.
  else if (scale === 1 && serving.at(-1) > PROMISED_MS) told(`a replacement took ${serving.at(-1)} ms`);
  const kinds = KINDS.map((kind) => `${kind} ${faults.filter(({ fault }) => fault === kind).length}`).join(', ');
  return {
    summary:
      `${faults.length} faults (${kinds}) in ${documents} documents; ${innocents} neighbours' jobs read; ` +
      `${died.length} deaths, next page begun after ${describe(serving)}, first one answered after ${describe(answering)}`,
    broken,
  };
});

/** What is wrong with how the job ended; undefined where its second page alone failed, uncharged. */
async function readPoisoned(client, number, fault, place, fields) {
  const { status, body } = await client.submit(threePages(number, `/Fault /${fault} /At /${place}`), { fields });
  if (status !== 202) return `was answered with ${status} ${body.code}`;
  const job = await client.ended(body.jobId, JOB_TIMEOUT_MS);
  const ended = job.results.map(({ error }) => error?.code ?? 'read');
  const [first, second, third] = ended;
  if (first !== 'read' || third !== 'read' || !CODES[fault].includes(second)) {
    return `its pages ended ${ended}, expected read,${CODES[fault].join(' or ')},read`;
  }
  const price = job.results.reduce(
    (sum, page) => sum + (page.error ? 0 : PRICES[page.pipeline_metadata.provider_used]),
    0,
  );
  if (job.credits_used !== price) return `cost ${job.credits_used} credits, its read pages are worth ${price}`;
  return undefined;
}

async function readInnocent(client, number) {
  const { status, body } = await client.submit(threePages(number));
  if (status !== 202) return `was answered with ${status} ${body.code}`;
  const job = await client.ended(body.jobId, JOB_TIMEOUT_MS);
  const texts = job.results.map((page) => page.error?.code ?? page.raw_markdown.trim());
  const expected = [1, 2, 3].map((page) => textOf(number, page));
  if (String(texts) !== String(expected)) return `read ${texts}`;
  return job.credits_used === 3 ? undefined : `cost ${job.credits_used} credits, 3 expected`;
}

/** Notes when each engine process is gone. `stop` gives `{pid, at}` of each, in order. */
function watchDeaths(server) {
  const died = [];
  let current;
  const timer = setInterval(() => {
    if (current !== undefined && isGone(current)) {
      died.push({ pid: current, at: Date.now() });
      current = undefined;
    }
    current ??= server.enginePids()[0];
  }, 10);
  return {
    stop() {
      clearInterval(timer);
      return died;
    },
  };
}

/** A zombie is gone too: its parent has not been told yet, nothing more. */
function isGone(pid) {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

/** Milliseconds from each death to the first `event` of the process that came next, ascending. */
function servingTimes(died, events, event) {
  const starts = events.filter((line) => line.event === 'start');
  return died
    .flatMap(({ pid, at }) => {
      const next = starts[starts.findIndex((start) => start.pid === pid) + 1];
      const first = events.find((line) => line.event === event && line.pid === next?.pid);
      return first === undefined ? [] : [first.at - at];
    })
    .sort((a, b) => a - b);
}

function describe(sorted) {
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return `${at(0.5)} ms (median), ${at(0.99)} (p99), ${sorted.at(-1)} (longest)`;
}
