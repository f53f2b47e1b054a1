/**
 * Promise: a full disk loses nothing. The data directory lies on a small file system of its own, which documents and a
 * filler file fill up: nothing is answered 202 that is not there after a kill, GETs go on, and once there is room
 * again the same server accepts and finishes everything. Needs root, to mount.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { auditBooks } from './books.mjs';
import { openClient } from './client.mjs';
import { pageText, textPdf } from './documents.mjs';
import { between, runHarness } from './options.mjs';
import { createKey, startServer, temporaryFolder } from './server.mjs';

const ROUNDS = 20;
const DISK_MIB = 24;
const SUBMISSIONS_A_ROUND = 20;
const RECOVERY_MS = 15_000;
/** What the filler leaves: room for some of the submissions, or for none. */
const MAX_LEFT_KIB = 1_024;

await runHarness('disk-full', async ({ count, random }) => {
  const disk = join(temporaryFolder('disk-full'), 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', disk], { stdio: 'pipe' });
  } catch (error) {
    return {
      summary: `SKIPPED, since no file system could be mounted (${String(error.stderr).trim()}): NOTHING WAS SHOWN`,
      broken: [],
    };
  }
  // Before the folder that it lies in is removed.
  process.prependOnceListener('exit', () => execFileSync('umount', ['--lazy', disk]));

  const dataDir = join(disk, 'data');
  const { key } = await createKey(dataDir, { credits: 1_000_000 });
  let server = await startServer({ dataDir });
  const client = openClient({ url: () => server.url, key });
  const broken = new Set();
  const accepted = new Map();
  const statuses = {};
  let recoveryMs = 0;

  const submit = async (bytes, idempotencyKey) => {
    const { status, body } = await client.submit(bytes, { idempotencyKey });
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status === 202) accepted.set(body.jobId, body.pageCount);
    return { status, code: body.code };
  };
  for (let round = 0; round < count(ROUNDS); round += 1) {
    const filler = join(disk, 'filler');
    fill(filler, between(random, 0, MAX_LEFT_KIB) * 1024);
    const refused = [];
    for (let i = 0; i < SUBMISSIONS_A_ROUND; i += 1) {
      const texts = Array.from({ length: between(random, 1, 20) }, (_, pageIndex) => pageText(round, pageIndex));
      const { status, code } = await submit(padded(textPdf(texts), between(random, 0, 100_000)));
      if (status !== 202) refused.push(code);
      if (status !== 202 && code !== 'storage.failed') broken.add(`a full disk was answered ${status} ${code}`);
      const { status: seen } = await client.usage();
      if (seen !== 200) broken.add(`a GET on a full disk was answered ${seen}`);
    }
    if (refused.length === 0) {
      // Jobs that ended meanwhile gave the room of their uploads back.
      fill(join(disk, 'rest'), 0);
      const { status } = await submit(padded(textPdf(['Too much']), 100_000));
      if (status === 202) broken.add('the disk was not full');
      rmSync(join(disk, 'rest'));
    }
    if ((await client.request('GET', '/ready')).status === 200) {
      // Ready says that the database can be written: the space that a refused upload gave back may suffice for that.
      statuses.ready = (statuses.ready ?? 0) + 1;
    }
    // Every third time the process is killed on the full disk: what it had said yes to must be on it.
    if (round % 3 === 2) await server.kill();
    rmSync(filler);
    if (round % 3 === 2) server = await startServer({ dataDir });
    const clearedAt = performance.now();
    while ((await submit(textPdf(['After the flood']))).status !== 202) {
      if (performance.now() - clearedAt > RECOVERY_MS) throw new Error('no submission is accepted after room was made');
      await delay(50);
    }
    recoveryMs = Math.max(recoveryMs, performance.now() - clearedAt);
    for (const [id, pageCount] of accepted) {
      const job = await client.ended(id);
      if (job.status !== 'completed' || job.results.length !== pageCount) broken.add(`job ${id} ended ${job.status}`);
      await client.erase(id);
      accepted.delete(id);
    }
    for (const sentence of auditBooks(dataDir, { serverRuns: true })) broken.add(sentence);
  }
  await server.stop();
  return {
    summary:
      `${count(ROUNDS)} times full (${DISK_MIB} MiB), answers ${JSON.stringify(statuses)}; every job that was accepted is ` +
      `finished; accepts again ${Math.round(recoveryMs)} ms after there was room, without a restart`,
    broken: [...broken],
  };
});

/** Writes a file that leaves about `leave` bytes of the disk. */
function fill(path, leave) {
  const file = openSync(path, 'w');
  const block = Buffer.alloc(4096, 1);
  try {
    for (;;) writeSync(file, block);
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }

  truncateSync(path, Math.max(0, statSync(path).size - leave));
}

/** The document and some more bytes that readers ignore. */
function padded(pdf, bytes) {
  return Buffer.concat([pdf, Buffer.alloc(bytes, '%')]);
}
