/**
 * An accepted job outlives a power loss: cuts the power of a simulated disk at random moments under load. Of the writes
 * that were not synced, all are dropped, or any part of them (by coin toss, block by block and entry by entry); the
 * next server starts on what is left.
 *
 *     node scripts/harness/power-loss.mjs [--scale N] [--seed N]
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { auditBooks, orphanFiles } from './books.mjs';
import { openClient } from './client.mjs';
import { openDisk } from './disk.mjs';
import { runHarness } from './options.mjs';
import { createKey, startServer, temporaryFolder } from './server.mjs';
import { startWorkload } from './workload.mjs';

const CUTS = 50;
/** Cuts of one disk before all that was accepted is verified and an empty disk put in: the first hours count too. */
const CUTS_A_DISK = 5;
/** Longest time from a start to the cut. */
const MAX_CALM_MS = 2_000;
/** More than a run can use. */
const GRANTED = 10_000_000;

await runHarness('power-loss', async ({ count, random, seed }) => {
  const cuts = count(CUTS);
  const disk = openDisk(temporaryFolder('power-loss'));
  const totals = { cuts: 0, torn: 0, disks: 0, jobs: 0, pages: 0 };
  const broken = [];

  while (totals.cuts < cuts && broken.length === 0) {
    disk.format();
    totals.disks += 1;
    // Made by the product itself, whose business it is that the folder outlives the cut.
    const dataDir = () => join(disk.root(), 'data');
    const start = () => startServer({ dataDir: dataDir(), settings: { ...disk.environment(), OMEGA_THREADS: '1' } });
    const audit = (when, serverRuns) =>
      broken.push(...auditBooks(dataDir(), { serverRuns }).map((sentence) => `${when}: ${sentence}`));

    // Every second disk knows the server alone, whose own first key it is; the others the command line before it.
    const settings = disk.environment();
    const made =
      totals.disks % 2 === 0
        ? [await createKey(dataDir(), { credits: GRANTED, settings }), await createKey(dataDir(), { settings })]
        : [];
    let server = await start();
    const keys = made.length > 0 ? made.map(({ key }) => key) : [await server.firstKey()];
    const clients = keys.map((key) => openClient({ url: () => server.url, key }));
    const workload = startWorkload({ clients, seed: seed + totals.disks, submitters: 4 });
    for (let cut = 0; cut < CUTS_A_DISK && totals.cuts < cuts; cut += 1) {
      await delay(random() * MAX_CALM_MS);
      await server.kill();
      const isTorn = totals.cuts % 2 === 1;
      disk.cut(isTorn ? () => random() < 0.5 : () => false);
      totals.cuts += 1;
      totals.torn += isTorn ? 1 : 0;
      audit(`after cut ${totals.cuts}`, false);
      server = await start();
    }
    await workload.stop();
    broken.push(...(await workload.verify(dataDir())));
    audit('at the end', true);
    await server.stop();
    // Of jobs that are known to be broken it says nothing new.
    if (broken.length === 0) broken.push(...orphanFiles(dataDir()).map((name) => `${name} is left over`));
    totals.jobs += workload.accepted.size;
    totals.pages += workload.pages();
  }

  const summary =
    `${totals.cuts} power losses (${totals.torn} of them torn) of ${totals.disks} disks, ` +
    `${totals.jobs} accepted jobs of ${totals.pages} pages, ${broken.length} lost, doubled or miscounted`;
  return { summary, broken };
});
