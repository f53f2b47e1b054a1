/**
 * A backup is whole: takes backups while clients submit, cancel and read, then restores each into a folder of its own,
 * starts a server there and lets it end what was under way. Every job that was accepted before a backup began must be
 * in it with every page, and the books exact.
 *
 *     node scripts/harness/backup.mjs [--scale N] [--seed N]
 */
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { auditBooks, orphanFiles, queryBooks } from './books.mjs';
import { openClient } from './client.mjs';
import { runHarness } from './options.mjs';
import { createKey, omega, startServer, temporaryFolder } from './server.mjs';
import { startWorkload, UNENDED, verifyJob } from './workload.mjs';

const BACKUPS = 30;
/** Longest time from one backup to the next. */
const MAX_CALM_MS = 1_500;
/** For the jobs of a backup to end. */
const SETTLE_MS = 120_000;
/** More than a run can use. */
const GRANTED = 10_000_000;
const SETTINGS = { OMEGA_THREADS: '2' };

await runHarness('backup', async ({ count, random, seed }) => {
  const dataDir = temporaryFolder('backup');
  const copies = temporaryFolder('copies');
  const keys = [
    await createKey(dataDir, { name: 'metered', credits: GRANTED }),
    await createKey(dataDir, { name: 'unmetered' }),
  ];
  const server = await startServer({ dataDir, settings: SETTINGS });
  const clients = keys.map(({ key }) => openClient({ url: server.url, key }));
  const workload = startWorkload({ clients, seed, submitters: 6 });
  const { broken } = workload;

  const backups = [];
  while (backups.length < count(BACKUPS) && broken.length === 0) {
    await delay(random() * MAX_CALM_MS);
    const accepted = [...workload.accepted];
    const folder = join(copies, `${backups.length}`);
    const startedAt = performance.now();
    await omega(dataDir, ['backup', folder]);
    backups.push({ folder, accepted, seconds: (performance.now() - startedAt) / 1000 });
  }
  await workload.stop();
  await workload.verify(dataDir);
  broken.push(
    ...auditBooks(dataDir, { serverRuns: true }).map((sentence) => `the server that was backed up: ${sentence}`),
  );
  await server.stop();

  let jobs = 0;
  let underWay = 0;
  for (const [number, { folder, accepted }] of backups.entries()) {
    execFileSync('sha256sum', ['--check', '--quiet', '--strict', 'SHA256SUMS'], { cwd: folder });
    const restored = join(copies, `${number}-restored`);
    cpSync(folder, restored, { recursive: true });
    underWay += queryBooks(restored, { serverRuns: false }, UNENDED).length;
    jobs += accepted.length;
    const sentences = await verifyRestored(restored, keys, accepted);
    broken.push(...sentences.map((sentence) => `backup ${number}: ${sentence}`));
  }
  const slowest = Math.max(...backups.map(({ seconds }) => seconds)).toFixed(1);
  const summary =
    `${backups.length} backups under load, each restored: ${jobs} jobs accepted before them and ${underWay} under way ` +
    `in them, ${broken.length} lost, doubled or miscounted; the slowest took ${slowest} s`;
  return { summary, broken };
});

/** What is wrong once the restored server has ended everything that was under way. */
async function verifyRestored(dataDir, keys, accepted) {
  const server = await startServer({ dataDir, settings: SETTINGS });
  const clients = keys.map(({ key }) => openClient({ url: server.url, key }));
  const broken = [];
  const deadline = performance.now() + SETTLE_MS;
  while (queryBooks(dataDir, { serverRuns: true }, UNENDED).length > 0) {
    if (performance.now() > deadline) return ['not every job ended'];
    await delay(100);
  }
  for (const [id, job] of accepted) {
    // What was erased after the backup is there again.
    broken.push(
      ...(await verifyJob(clients[job.keyNo], id, { ...job, isErased: false }, { crashedPages: 0, pdfs: 0 })),
    );
  }
  broken.push(...auditBooks(dataDir, { serverRuns: true }));
  const { code } = await server.stop();
  if (code !== 0) broken.push(`the restored server stopped with ${code}`);
  const left = orphanFiles(dataDir).filter((name) => name !== 'SHA256SUMS');
  return [...broken, ...left.map((name) => `${name} is left over`)];
}
