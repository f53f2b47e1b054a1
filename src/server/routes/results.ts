/** `GET /v1/jobs/{jobId}/result`: the whole document in one of the formats, written while it is sent. */
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { OcrError } from '../../errors.js';
import { type Settling, surveyDocument } from '../../export/document.js';
import { FILE_EXTENSIONS, FORMATS, type Format, MEDIA_TYPES, textWriter } from '../../export/formats.js';
import type { JobRecord, Store } from '../../jobs/store.js';
import { Job } from '../../schema/job.js';
import { oneOf } from '../../schema/one-of.js';
import type { TypedApp } from '../app.js';
import type { ServerContext } from '../context.js';
import { finishedChunks, hasEnded, jobJsonParts } from '../job-view.js';
import { named, problems } from '../openapi.js';
import { findJob, JobPath } from './jobs.js';

const ResultQuery = Type.Object({
  format: oneOf(FORMATS, {
    default: 'md',
    description:
      'md: Markdown; txt: plain text; json: the job; html: a web page; hocr: hOCR 1.2; alto: ALTO 4.4; ' +
      'pdf: the searchable PDF of a job submitted with `searchable_pdf`.',
  }),
});

/** Of `html` and `hocr`: a document of somebody else's words, shown on this server's own origin, may do nothing. */
const CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

type StoredFormat = Exclude<Format, 'pdf'>;

/** What a format is described by; one answer stands for all of them. */
const ResultBody = {
  description: 'The document in the format that was asked for.',
  content: Object.fromEntries(
    Object.entries(MEDIA_TYPES).map(([format, type]) => [
      type.split(';', 1)[0],
      { schema: format === 'json' ? named('Job', 'The job, with its results.', Job) : Type.String() },
    ]),
  ),
};

export function resultRoutes(app: TypedApp, context: ServerContext): void {
  app.get(
    '/jobs/:jobId/result',
    {
      schema: {
        operationId: 'getResult',
        summary: 'The whole document of a finished job, as Markdown, text, JSON, HTML, hOCR, ALTO or PDF',
        tags: ['jobs'],
        params: JobPath,
        querystring: ResultQuery,
        response: { 200: ResultBody, ...problems(400, 401, 404, 409, 429, 500, 503) },
      },
    },
    async (request, reply) => {
      const job = await findJob(context, request.apiKey.id, request.params.jobId);
      refuseUnfinished(job);
      const { format } = request.query;
      return format === 'pdf' ? sendPdf(context, reply, job) : sendText(context.store, reply, job, format);
    },
  );
}

/** @throws OcrError job.not-finished, result.not-found */
function refuseUnfinished(job: JobRecord): void {
  if (!hasEnded(job)) {
    const { pageCount, pagesRead, pagesFailed } = job;
    throw new OcrError('job.not-finished', 'A result is there when the job has ended; wait for that with ?wait=.', {
      details: { pages: pageCount, pages_done: pagesRead + pagesFailed },
    });
  }
  if (job.resultsErased || job.status !== 'completed') {
    const reason = job.status === 'completed' ? 'its results are erased' : `it is ${job.status}`;
    throw new OcrError('result.not-found', `A completed job with its results was expected, but ${reason}.`);
  }
}

function withHeaders(reply: FastifyReply, job: JobRecord, format: Format): FastifyReply {
  return reply
    .header('content-type', MEDIA_TYPES[format])
    .header('content-disposition', `inline; filename="${job.id}.${FILE_EXTENSIONS[format]}"`)
    .header('content-security-policy', CONTENT_POLICY)
    .header('x-content-type-options', 'nosniff');
}

function sendText(store: Store, reply: FastifyReply, job: JobRecord, format: StoredFormat): FastifyReply {
  return withHeaders(reply, job, format).send(Readable.from(resultParts(store, job, format)));
}

/** @throws OcrError result.not-found */
async function sendPdf({ pdfs }: ServerContext, reply: FastifyReply, job: JobRecord): Promise<FastifyReply> {
  if (job.pdf !== 'made') {
    const reason =
      job.pdfError === undefined ? 'the job was submitted without searchable_pdf=true.' : job.pdfError.message;
    throw new OcrError('result.not-found', `There is no searchable PDF: ${reason}`);
  }
  const { bytes, stream } = await pdfs.open(job.uploadName);
  return withHeaders(reply, job, 'pdf').header('content-length', bytes).send(stream);
}

async function* resultParts(store: Store, job: JobRecord, format: StoredFormat): AsyncGenerator<string> {
  const settling = await survey(store, job);
  if (format === 'json') return yield* jobJsonParts(store, job, settling.settle);
  const writer = textWriter(format, settling);
  yield writer.begin();
  for await (const records of finishedChunks(store, job.id)) {
    for (const { page } of records) {
      if (page === undefined) continue;
      yield writer.push(settling.settle(page));
      // A page of hOCR or ALTO takes some 5 ms: others are not to wait for sixteen of them.
      await nextTurn();
    }
  }
  yield writer.end();
}

/** A first pass over the pages: what the document is beyond them. */
async function survey(store: Store, job: JobRecord): Promise<Settling> {
  const surveyed = surveyDocument();
  for await (const records of finishedChunks(store, job.id)) {
    for (const { page } of records) if (page !== undefined) surveyed.add(page);
  }
  return surveyed.finish();
}
