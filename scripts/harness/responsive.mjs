/**
 * Promise: it stays responsive. 200 clients at a server with 5,000 queued pages, while 500 uploads are broken off and
 * 300 sockets send a byte now and then: GETs take 50 ms at most in 99 of 100 cases, nothing ends in 5xx, each 429 says
 * when to come back, and neither files nor connections are left.
 *
 * Each client has a job of 25 pages and asks once a second, on a connection of its own; a time is from the first byte
 * of the request to the last of the answer. Of the pages, three in four have their text layer read, the worst for the
 * thread that answers (they are done fastest, and each is a commit), the fourth is rendered and recognized, which
 * keeps the queue long. On a machine so busy that an idle thread waits longer than promised, the time is told and not
 * judged.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openClient } from './client.mjs';
import { pageText, textPdf } from './documents.mjs';
import { between, runHarness } from './options.mjs';
import { createKey, startServer, temporaryFolder } from './server.mjs';
import { watchStalls } from './stalls.mjs';

const PROMISED_P99_MS = 50;
const CLIENTS = 200;
const QUEUED_PAGES = 5_000;
const PAGES_A_JOB = 25;
const ABORTED_UPLOADS = 500;
const SLOW_SOCKETS = 300;
const SECONDS = 60;
/** Shorter than this says nothing about the slowest hundredth. */
const LEAST_SECONDS = 20;
/** In which the clients come, one after the other. */
const ARRIVAL_MS = 5_000;
const THINK_MS = 1_000;
/** The server gives headers 15 s and looks every 5 s; the rest is for a busy machine. */
const HEADERS_LIMIT_MS = 25_000;

const BOUNDARY = 'harness-boundary';
const FORM_HEAD = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n`;
const FORM_TAIL = `\r\n--${BOUNDARY}--\r\n`;

await runHarness('responsive', async ({ scale, count, random }) => {
  const dataDir = temporaryFolder('responsive');
  const { key } = await createKey(dataDir);
  const { key: limited } = await createKey(dataDir, { name: 'limited', plan: 'starter' });
  const queuedPages = count(QUEUED_PAGES);
  const server = await startServer({
    dataDir,
    settings: { OMEGA_MAX_QUEUED_PAGES: String(queuedPages + 100) },
  });
  const client = openClient({ url: server.url, key });

  const jobs = await fillQueue(client, queuedPages);
  const { body: filled } = await client.request('GET', '/metrics');
  // Those of this client among them, which are kept alive.
  const idleSockets = socketsOf(server.pid);
  const [, queued] = /omega_queue_pages\{state="pending"\} (\d+)/.exec(filled);

  const times = [];
  const broken = new Set();
  const statuses = {};
  const note = (method, { status, headers, ms }) => {
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (method === 'GET' && status < 400) times.push(ms);
    if (status >= 500) broken.add(`an answer was ${status}`);
    if (status === 429 && !(Number(headers['retry-after']) >= 1)) broken.add('a 429 came without Retry-After');
  };
  const seconds = Math.max(LEAST_SECONDS, SECONDS * scale);
  const until = performance.now() + seconds * 1000;
  const documents = { small: textPdf(['A single page']), large: textPdf(Array(101).fill('One of many')) };
  const load = Array.from({ length: CLIENTS }, (_, i) => {
    const job = jobs[i % jobs.length];
    return ask({ url: server.url, key: i % 20 === 19 ? limited : key, job, documents, until, random, note });
  });
  load.push(abortUploads(server.url, key, count(ABORTED_UPLOADS), seconds, random));
  const stalls = watchStalls();
  const slow = slowSockets(server.url, key, count(SLOW_SOCKETS));
  await Promise.all(load);
  const stallMs = await stalls.stop();

  if ((await slow.headersLeft(HEADERS_LIMIT_MS)) > 0) broken.add('sockets that never sent their headers were kept');
  slow.close();
  for (;;) {
    // In this order: a job goes from the first list to the second and never back.
    const { body: pending } = await client.request('GET', '/v1/jobs?limit=100&status=pending');
    const { body: processing } = await client.request('GET', '/v1/jobs?limit=100&status=processing');
    const open = [...pending.jobs, ...processing.jobs];
    if (open.length === 0) break;
    for (const { id } of open) await client.erase(id);
  }
  const left = await settle(() => socketsOf(server.pid) - idleSockets, 10_000);
  if (left > 0) broken.add(`${left} connections are still open`);
  const files = await settle(() => readdirSync(join(dataDir, 'uploads')).length, 10_000);
  if (files > 0) broken.add(`${files} uploads are left on the disk`);
  const stopping = performance.now();
  const { code } = await server.stop();
  if (code !== 0) broken.add(`the server stopped with ${code}`);

  times.sort((a, b) => a - b);
  const percentile = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  const [p50, p99, worst] = [percentile(0.5), percentile(0.99), percentile(1)].map((ms) => ms.toFixed(1));
  // Times are judged in the full run alone, which has a machine to itself; and where even an idle thread has to wait as
  // long, nothing can be said about the server.
  const isJudged = scale === 1 && stallMs <= PROMISED_P99_MS;
  if (isJudged && percentile(0.99) > PROMISED_P99_MS) broken.add(`GETs took ${p99} ms in the slowest hundredth`);
  return {
    summary:
      `${times.length} GETs by ${CLIENTS} clients, ${queued} pages queued: p50 ${p50} ms, p99 ${p99} ms, ` +
      `longest ${worst} ms${isJudged ? '' : ', NOT JUDGED'} (an idle thread waited ${stallMs.toFixed(1)} ms, p99); answers ${JSON.stringify(statuses)}; ${count(ABORTED_UPLOADS)} uploads broken off, ` +
      `${count(SLOW_SOCKETS)} slow sockets; stopped in ${Math.round(performance.now() - stopping)} ms`,
    broken: [...broken],
  };
});

/** Jobs of 25 pages, a few submitted at a time. Returns their ids. */
async function fillQueue(client, pages) {
  const numbers = Array.from({ length: Math.ceil(pages / PAGES_A_JOB) }, (_, number) => number);
  const jobs = [];
  const submitAll = async () => {
    for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
      const texts = Array.from({ length: PAGES_A_JOB }, (_, pageIndex) => pageText(number, pageIndex));
      const fields = { text_layer: number % 4 === 3 ? 'ignore' : 'auto' };
      const { status, body } = await client.submit(textPdf(texts), { fields });
      if (status !== 202) throw new Error(`a job to fill the queue was answered ${status} ${body.detail}`);
      jobs.push(body.jobId);
    }
  };
  await Promise.all(Array.from({ length: 8 }, submitAll));
  return jobs;
}

/** One client: mostly looks at its job, now and then submits. */
async function ask({ url, key, job, documents, until, random, note }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await delay(random() * ARRIVAL_MS);
  while (performance.now() < until) {
    const dice = random();
    if (dice < 0.03) {
      const file = dice < 0.01 ? documents.large : documents.small;
      note('POST', await timed(agent, `${url}/v1/ocr`, 'POST', key, file));
    } else {
      const path = dice < 0.7 ? `/v1/jobs/${job}` : dice < 0.9 ? '/v1/jobs?limit=20' : '/v1/usage';
      note('GET', await timed(agent, `${url}${path}`, 'GET', key));
    }
    await delay(random() * 2 * THINK_MS);
  }
  agent.destroy();
}

/** Resolves with the answer's status and headers, and the time it took. */
function timed(agent, url, method, key, file) {
  const body = file && Buffer.concat([Buffer.from(FORM_HEAD), file, Buffer.from(FORM_TAIL)]);
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const sent = request(url, { agent, method, headers: formHeaders(key, body?.length ?? 0) }, (answer) => {
      answer.resume();
      answer.once('error', reject);
      answer.once('end', () =>
        resolve({ status: answer.statusCode, headers: answer.headers, ms: performance.now() - startedAt }),
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

function formHeaders(key, length) {
  if (length === 0) return { 'x-api-key': key };
  return {
    'x-api-key': key,
    'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
    'content-length': String(length),
  };
}

/** Uploads whose clients hang up somewhere in the middle, spread over `seconds`. */
async function abortUploads(url, key, uploads, seconds, random) {
  const piece = Buffer.alloc(64 * 1024, 'a');
  const abortOne = async () => {
    await delay(random() * seconds * 1000);
    const sent = request(`${url}/v1/ocr`, { method: 'POST', headers: formHeaders(key, 10 * 1024 * 1024) });
    // The hang-up, as its own side sees it.
    sent.on('error', () => {});
    sent.write(FORM_HEAD);
    for (let i = between(random, 0, 20); i > 0; i -= 1) {
      sent.write(piece);
      await delay(random() * 20);
    }
    sent.destroy();
  };
  await Promise.all(Array.from({ length: uploads }, abortOne));
}

/** Sockets that send a byte a second: every other one never ends its headers, the rest never end their upload. */
function slowSockets(url, key, count) {
  const { hostname, port } = new URL(url);
  const upload = Object.entries(formHeaders(key, 1_000_000)).map(([name, value]) => `${name}: ${value}\r\n`);
  const starts = [
    'GET /v1/usage HTTP/1.1\r\nhost: x\r\nx-slow: ',
    `POST /v1/ocr HTTP/1.1\r\nhost: x\r\n${upload.join('')}\r\n${FORM_HEAD}`,
  ];
  const sockets = Array.from({ length: count }, (_, i) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(starts[i % 2]));
    socket.on('error', () => {});
    socket.resume();
    return { socket, endless: i % 2 === 0 ? 'headers' : 'body' };
  });
  const timer = setInterval(() => {
    for (const { socket } of sockets) if (socket.writable) socket.write('a');
  }, 1_000);
  return {
    /** How many of those without headers are still open after `withinMs`. */
    headersLeft: (withinMs) =>
      settle(() => sockets.filter(({ socket, endless }) => endless === 'headers' && !socket.closed).length, withinMs),
    close() {
      clearInterval(timer);
      for (const { socket } of sockets) socket.destroy();
    },
  };
}

/** What `count` gives once it is 0, or after `withinMs`. */
async function settle(count, withinMs) {
  const deadline = performance.now() + withinMs;
  let left = count();
  while (left > 0 && performance.now() < deadline) {
    await delay(100);
    left = count();
  }
  return left;
}

/** Open sockets of a process. */
function socketsOf(pid) {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
    } catch {
      // Closed since it was listed.
      return false;
    }
  }).length;
}
