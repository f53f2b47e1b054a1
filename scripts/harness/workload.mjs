/**
 * Clients that submit documents as long as they are let, through every crash of the server, and remember what was
 * accepted, to be verified at the end. Some jobs are cancelled; some submissions whose answer is lost are tried again
 * with the same idempotency key.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { queryBooks } from './books.mjs';
import { fixture, pageText, textPdf } from './documents.mjs';
import { between, randomFrom } from './options.mjs';

const MAX_PAGES = 6;
/** Jobs under way from which on submitters wait: enough that there is always something to lose. */
const MAX_OPEN_JOBS = 24;
/** One submission in so many is an image to recognize, which takes a core for a second; one is cancelled. */
const IMAGE_IN = 40;
const CANCEL_IN = 15;
/** One in so many asks for a searchable PDF, which is made when the pages are read. */
const PDF_IN = 8;
const IMAGE_TEXT = /Drawn on clear film\s+Nothing but ink is opaque here\./;
/** For what is left when the crashes end. */
const SETTLE_MS = 180_000;
/** Jobs that have not ended, by a query of the books. */
export const UNENDED = "SELECT id FROM jobs WHERE status IN ('pending', 'processing')";

/** `clients`, one a key, from `openClient`, must follow the server where it listens. Begins at once. */
export function startWorkload({ clients, seed, submitters }) {
  /** What was submitted, by id of the accepted job. */
  const accepted = new Map();
  const open = new Set();
  const broken = [];
  const figures = { crashedPages: 0, refused: 0, replayed: 0, submitted: 0, pdfs: 0 };
  /** Submissions whose answer was lost and that were not tried again: each may have become a job. */
  let unanswered = 0;
  let stopped = false;

  const lanes = Array.from({ length: submitters }, async (_, lane) => {
    const random = randomFrom(seed + 1 + lane);
    while (!stopped) {
      if (open.size >= MAX_OPEN_JOBS) await delay(20);
      else await submitOne(random);
      await delay(random() * 40);
    }
  });

  async function submitOne(random) {
    figures.submitted += 1;
    const number = figures.submitted;
    const isImage = between(random, 1, IMAGE_IN) === 1;
    const texts = Array.from({ length: isImage ? 1 : between(random, 1, MAX_PAGES) }, (_, i) => pageText(number, i));
    const job = { keyNo: between(random, 0, clients.length - 1), isImage, texts, isErased: false };
    const idempotencyKey = random() < 0.5 ? `submission ${number}` : undefined;
    const isCancelled = between(random, 1, CANCEL_IN) === 1;
    const asksForPdf = between(random, 1, PDF_IN) === 1;
    const fields = asksForPdf ? { searchable_pdf: 'true' } : {};
    const document = isImage ? fixture('alpha.png') : textPdf(texts);
    for (let attempt = 1; ; attempt += 1) {
      const answer = await clients[job.keyNo].submit(document, { fields, idempotencyKey }).catch(nothingIfUnanswered);
      if (answer !== undefined) {
        if (attempt > 1) figures.replayed += 1;
        take(answer, { ...job, isCancelled, asksForPdf });
        return;
      }
      if (stopped || idempotencyKey === undefined) {
        unanswered += 1;
        return;
      }
      await delay(50);
    }
  }

  function take({ status, body }, job) {
    if (status === 202) {
      const { jobId: id, pageCount } = body;
      if (accepted.has(id)) broken.push(`job ${id} was given to two submissions`);
      if (pageCount !== job.texts.length) broken.push(`job ${id} has ${pageCount} pages, not ${job.texts.length}`);
      accepted.set(id, job);
      open.add(id);
      void followUp(id, job).catch((error) => broken.push(error.message));
    } else if (body?.code === 'file.unreadable') {
      // The engine was killed twice as it opened the document: refused, not accepted.
      figures.refused += 1;
    } else {
      broken.push(`a submission was answered ${status} (${JSON.stringify(body)})`);
    }
  }

  async function followUp(id, job) {
    const client = clients[job.keyNo];
    if (job.isCancelled) {
      // Erased once that is acknowledged; where the answer was lost, it may be either.
      const answer = await client.erase(id).catch(nothingIfUnanswered);
      job.isErased = answer?.status === 200;
    }
    await client.ended(id, SETTLE_MS);
    open.delete(id);
  }

  return {
    figures,
    /** What went wrong so far. */
    broken,
    accepted,
    pages: () => [...accepted.values()].reduce((sum, { texts }) => sum + texts.length, 0),
    /** Submits no more. Resolves when every submission is answered or given up. */
    async stop() {
      stopped = true;
      await Promise.all(lanes);
    },
    /** Waits for all jobs to end and says what is wrong with them; REQUIRES: stopped, and a running server. */
    async verify(dataDir) {
      const deadline = performance.now() + SETTLE_MS;
      const unended = () => queryBooks(dataDir, { serverRuns: true }, UNENDED).length;
      while (unended() > 0 || open.size > 0) {
        if (performance.now() > deadline || broken.length > 0) {
          broken.push(`${unended()} jobs have not ended`);
          return broken;
        }
        await delay(200);
      }
      for (const [id, job] of accepted) broken.push(...(await verifyJob(clients[job.keyNo], id, job, figures)));
      const jobs = queryBooks(dataDir, { serverRuns: true }, 'SELECT id, status FROM jobs');
      if (jobs.length > accepted.size + unanswered) {
        broken.push(`${jobs.length} jobs came of ${accepted.size} accepted and ${unanswered} unanswered submissions`);
      }
      for (const { id, status } of jobs) {
        if (!accepted.has(id) && status !== 'completed') broken.push(`job ${id}, of a lost answer, ended ${status}`);
      }
      return broken;
    },
  };
}

/** What is wrong with a job that ended. */
export async function verifyJob(client, id, { texts, isImage, isCancelled, isErased, asksForPdf }, figures) {
  const { status: code, body: job } = await client.job(id);
  if (code !== 200) return [`job ${id} is answered ${code}`];
  if (isErased && job.results !== undefined) return [`job ${id} was erased and has results`];
  if (isCancelled && job.results === undefined) return [];
  const crashed = job.results.filter(({ error }) => error?.code === 'page.crashed').length;
  figures.crashedPages += crashed;
  if (job.status !== (crashed === texts.length ? 'failed' : 'completed')) return [`job ${id} ended ${job.status}`];
  const numbers = job.results.map(({ page_number: number }) => number);
  if (numbers.join() !== texts.map((_, index) => index + 1).join()) return [`job ${id} has the pages ${numbers}`];
  if (!isImage && job.credits_used !== texts.length - crashed) return [`job ${id} was charged ${job.credits_used}`];
  const wrong = job.results.flatMap(({ raw_markdown: text, error }, index) => {
    if (error?.code === 'page.crashed') return [];
    const isRight = isImage ? IMAGE_TEXT.test(text) : text === texts[index];
    return isRight ? [] : [`page ${index + 1} of job ${id} reads ${JSON.stringify(text ?? error)}`];
  });
  // Of a job of which no page was read there is none.
  return asksForPdf && job.status === 'completed' ? [...wrong, ...(await verifyPdf(client, id, figures))] : wrong;
}

/** What is wrong with the searchable PDF of a job that ended. */
async function verifyPdf(client, id, figures) {
  const { status, body } = await client.request('GET', `/v1/jobs/${id}/result?format=pdf`);
  // The engine was killed twice as it made the PDF.
  if (body.code === 'page.crashed') return [];
  if (status !== 200 || !/^%PDF-.+%%EOF\s*$/s.test(body)) {
    return [`the PDF of job ${id} is answered ${status} (${JSON.stringify(body).slice(0, 200)})`];
  }
  figures.pdfs += 1;
  return [];
}

function nothingIfUnanswered(error) {
  if (error instanceof TypeError) return undefined;
  throw error;
}
