/**
 * Credits are exact: lets clients race for the last credits of a key, each with a document of one credit, and counts
 * who was let in. In some rounds the API process or the engine is killed in the middle of the race, and who got no
 * answer asks again with the same idempotency key.
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

await runHarness('credits', async ({ count, random }) => {
  const rounds = count(ROUNDS);
  const dataDir = temporaryFolder('credits');
  const broken = [];
  const totals = { accepted: 0, refused: 0, kills: 0 };
  let server = await startServer({ dataDir });
  // The first grant makes it metered.
  const { key, id: keyId } = await createKey(dataDir);
  const client = openClient({ url: () => server.url, key });

  for (let round = 1; round <= rounds && broken.length === 0; round += 1) {
    const credits = between(random, 1, CLIENTS - 1);
    const target = KILLED[round % KILLED.length];
    const patience = random() * MAX_PATIENCE_MS;
    await omega(dataDir, ['keys', 'grant', keyId, String(credits)]);
    const race = Promise.all(
      Array.from({ length: CLIENTS }, (_, racer) =>
        enter(client, round, racer, target !== 'nothing' || racer % 2 === 0),
      ),
    );
    if (target !== 'nothing') {
      await delay(patience);
      totals.kills += 1;
      if (target === 'engine') {
        server.killEngine();
      } else {
        await server.kill();
        broken.push(...auditBooks(dataDir, { serverRuns: false }));
        server = await startServer({ dataDir });
      }
    }
    const answers = await race;
    const accepted = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ status, body }) => status === 402 && body.needed === 1 && body.available === 0);
    const jobs = new Set(accepted.map(({ body }) => body.jobId));
    if (jobs.size !== credits || accepted.length !== credits || refused.length !== CLIENTS - credits) {
      const others = answers.find((answer) => !accepted.includes(answer) && !refused.includes(answer));
      broken.push(
        `round ${round} (${target} killed): of ${credits} credits came ${accepted.length} acceptances of ${jobs.size} ` +
          `jobs and ${refused.length} refusals; another answer: ${JSON.stringify(others?.body)}`,
      );
    }
    for (const jobId of jobs) {
      const { status, credits_used: used } = await client.ended(jobId, JOB_TIMEOUT_MS);
      if (status !== 'completed' || used !== 1) broken.push(`job ${jobId} ended ${status} and used ${used} credits`);
    }
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
    `${rounds} races of ${CLIENTS} clients (${totals.kills} with a kill) for ${totals.accepted} credits: ` +
    `${totals.accepted} accepted, ${totals.refused} refused, ${broken.length} miscounted`;
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
