/**
 * Credits are exact: lets clients race for the last credits of a key, each with a document of one credit, and counts
 * who was let in. In some rounds the API process or the engine is killed in the middle of the race, and who got no
 * answer asks again with the same idempotency key.
 *
 * A page that could not be analysed in time, as while the engine is replaced, is reserved at the dearest price and gives
 * back what it did not cost: then some are refused although credits are left in the end, and race for those again.
 *
 *     node scripts/harness/credits.mjs [--scale N] [--seed N]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { auditBooks, queryBooks } from './books.mjs';
import { openClient } from './client.mjs';
import { pageText, textPdf } from './documents.mjs';
import { between, runHarness } from './options.mjs';
import { createKey, omega, startServer, temporaryFolder } from './server.mjs';

const ROUNDS = 60;
const CLIENTS = 64;
/** What is killed in which round, over and over. */
const KILLED = ['nothing', 'api', 'nothing', 'engine'];
/** From the start of a race to the kill: a race takes about half a second. */
const MAX_PATIENCE_MS = 400;
const JOB_TIMEOUT_MS = 60_000;
/** Races of a round, the first included, after which all its credits must be used. */
const MAX_RACES = 5;

await runHarness('credits', async ({ count, random }) => {
  const rounds = count(ROUNDS);
  const dataDir = temporaryFolder('credits');
  const broken = [];
  const totals = { accepted: 0, refused: 0, kills: 0, reruns: 0 };
  let server = await startServer({ dataDir });
  // The first grant makes it metered.
  const { key, id: keyId } = await createKey(dataDir);
  const client = openClient({ url: () => server.url, key });

  async function kill(target) {
    totals.kills += 1;
    if (target === 'engine') {
      server.killEngine();
    } else {
      await server.kill();
      broken.push(...auditBooks(dataDir, { serverRuns: false }));
      server = await startServer({ dataDir });
    }
  }

  for (let round = 1; round <= rounds && broken.length === 0; round += 1) {
    const credits = between(random, 1, CLIENTS - 1);
    const target = KILLED[round % KILLED.length];
    const patience = random() * MAX_PATIENCE_MS;
    await omega(dataDir, ['keys', 'grant', keyId, String(credits)]);
    const retries = (racer) => target !== 'nothing' || racer % 2 === 0;
    const jobs = new Set();
    let racers = Array.from({ length: CLIENTS }, (_, racer) => racer);
    for (let race = 1; ; race += 1) {
      const running = Promise.all(racers.map((racer) => enter(client, round, racer, retries(racer))));
      if (race === 1 && target !== 'nothing') {
        await delay(patience);
        await kill(target);
      }
      const answers = await running;
      const accepted = answers.filter(({ status }) => status === 202);
      const refused = answers.filter(({ status, body }) => status === 402 && body.needed > body.available);
      const other = answers.find((answer) => !accepted.includes(answer) && !refused.includes(answer));
      if (other !== undefined) broken.push(`round ${round}: a racer was answered ${JSON.stringify(other)}`);
      for (const { body } of accepted) {
        if (jobs.has(body.jobId)) broken.push(`job ${body.jobId} was given to two racers`);
        jobs.add(body.jobId);
      }
      for (const { body } of accepted) {
        const { status, credits_used: used } = await client.ended(body.jobId, JOB_TIMEOUT_MS);
        if (status !== 'completed' || used !== 1) broken.push(`job ${body.jobId} ended ${status} for ${used} credits`);
      }
      const isDear = answers.some(({ body }) => body.creditsReserved > 1 || body.needed > 1);
      if (!isDear || jobs.size >= credits || race === MAX_RACES || broken.length > 0) break;
      totals.reruns += 1;
      racers = racers.filter((_, index) => refused.includes(answers[index]));
    }
    if (jobs.size !== credits) broken.push(`round ${round} (${target} killed): ${jobs.size} jobs, ${credits} credits`);
    broken.push(...auditBooks(dataDir, { serverRuns: true }).map((sentence) => `round ${round}: ${sentence}`));
    totals.accepted += credits;
    totals.refused += CLIENTS - credits;
    const { granted, available, reserved, used } = (await client.usage()).body.credits;
    if (granted !== totals.accepted || used !== totals.accepted || available !== 0 || reserved !== 0) {
      broken.push(
        `round ${round}: ${used} of ${granted} credits are used, ${available} available, ${reserved} reserved`,
      );
    }
  }

  const [{ jobs }] = queryBooks(dataDir, { serverRuns: true }, 'SELECT count(*) AS jobs FROM jobs');
  if (jobs !== totals.accepted) broken.push(`${jobs} jobs came of ${totals.accepted} credits`);
  await server.stop();
  const summary =
    `${rounds} races of ${CLIENTS} clients (${totals.kills} with a kill, ${totals.reruns} run again for dear prices) ` +
    `for ${totals.accepted} credits: ${totals.accepted} accepted, ${totals.refused} refused, ${broken.length} miscounted`;
  return { summary, broken };
});

/** One client's answer, asked for until it comes. */
async function enter(client, round, racer, retries) {
  const document = textPdf([pageText(round, racer)]);
  const idempotencyKey = retries ? `round ${round} racer ${racer}` : undefined;
  for (;;) {
    try {
      return await client.submit(document, { idempotencyKey });
    } catch (error) {
      if (!retries || !(error instanceof TypeError)) throw error;
      await delay(50);
    }
  }
}
