/**
 * Promise: a clock that jumps by an hour, either way, charges nothing twice, expires nothing early and keeps nobody
 * out. The wall clock of the API process (`clock-hook.mjs`) is set forth and back at random moments under load; in
 * between, the clock stays an hour ahead for longer than retention takes to look, with results that are kept an hour.
 *
 *     node scripts/harness/clock.mjs [--scale N] [--seed N]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { auditBooks } from './books.mjs';
import { openClient } from './client.mjs';
import { pageText, textPdf } from './documents.mjs';
import { between, runHarness } from './options.mjs';
import { createKey, startServer, temporaryFolder } from './server.mjs';

const HOOK = fileURLToPath(new URL('clock-hook.mjs', import.meta.url));
const JUMPS = 200;
const HOUR_MS = 3_600_000;
/** Retention looks once a minute. */
const RETENTION_MS = 62_000;
const STARTER_REQUESTS = 100;

await runHarness('clock', async ({ count, random }) => {
  const jumps = count(JUMPS);
  const dataDir = temporaryFolder('clock');
  const clock = join(temporaryFolder('clock-offset'), 'offset');
  const set = (milliseconds) => writeFileSync(clock, String(milliseconds));
  set(0);
  const { key } = await createKey(dataDir, { credits: 1_000_000 });
  const { key: starter } = await createKey(dataDir, { name: 'starter', plan: 'starter' });
  const server = await startServer({
    dataDir,
    settings: { OMEGA_RESULT_RETENTION_HOURS: '1', NODE_OPTIONS: `--import=${HOOK}`, CLOCK_OFFSET_FILE: clock },
  });
  const client = openClient({ url: server.url, key });
  const broken = new Set();

  const jobs = [];
  for (let jump = 0; jump < jumps; jump += 1) {
    const pageCount = between(random, 1, 8);
    const texts = Array.from({ length: pageCount }, (_, pageIndex) => pageText(jump, pageIndex));
    const { status, body } = await client.submit(textPdf(texts));
    if (status !== 202) broken.add(`a submission was answered ${status}`);
    else jobs.push({ id: body.jobId, pageCount });
    await delay(random() * 100);
    set([-HOUR_MS, 0, HOUR_MS][between(random, 0, 2)]);
    await delay(random() * 100);
  }
  const verify = async (when) => {
    for (const { id, pageCount } of jobs) {
      const job = await client.ended(id);
      if (job.status !== 'completed') broken.add(`${when}: job ${id} ended ${job.status}`);
      if (job.results?.length !== pageCount) broken.add(`${when}: job ${id} has lost results`);
      if (job.credits_used !== pageCount) broken.add(`${when}: job ${id} was charged ${job.credits_used}`);
      if (job.completed_at < job.created_at) broken.add(`${when}: job ${id} ended before it was accepted`);
    }
    for (const sentence of auditBooks(dataDir, { serverRuns: true })) broken.add(`${when}: ${sentence}`);
  };
  await verify('after the jumps');

  set(0);
  const limited = openClient({ url: server.url, key: starter });
  let refused;
  for (let i = 0; i <= STARTER_REQUESTS && refused === undefined; i += 1) {
    const answer = await limited.usage();
    if (answer.status === 429) refused = answer;
  }
  if (refused === undefined) broken.add(`${STARTER_REQUESTS + 1} requests in a minute were let through`);
  set(-HOUR_MS);
  const { status, headers } = await limited.usage();
  const retryAfter = Number(headers.get('retry-after'));
  if (status === 429 && retryAfter > 60) broken.add(`a clock set back keeps a key out for ${retryAfter} s`);

  set(HOUR_MS);
  await delay(RETENTION_MS);
  await verify('an hour ahead for a minute');
  set(-HOUR_MS);
  await verify('an hour back');
  await server.stop();
  return {
    summary: `${jumps} jumps of an hour under ${jobs.length} jobs, then a minute an hour ahead: charges exact, results kept`,
    broken: [...broken],
  };
});
