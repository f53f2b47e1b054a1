/** `POST /v1/ocr`: a document becomes a job. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { OcrError } from '../../errors.js';
import type { JobRecord } from '../../jobs/store.js';
import { Job, JobReceipt } from '../../schema/job.js';
import { OcrOptions } from '../../schema/options.js';
import type { TypedApp } from '../app.js';
import type { ServerContext } from '../context.js';
import { readSubmission } from '../form.js';
import { hasEnded } from '../job-view.js';
import { named, problems } from '../openapi.js';
import { pagesPerSecondOf } from '../pace.js';
import { type Caller, refuseEarly, submitJob } from '../submit.js';
import { strictValidator } from '../validation.js';
import { awaitEnd, sendJob, Wait } from './jobs.js';

const SubmissionForm = Type.Object({
  file: Type.Unsafe<unknown>({
    type: 'string',
    format: 'binary',
    description: 'PDF, PNG, JPEG, TIFF or WebP; told by its bytes, whatever its name.',
  }),
  ...OcrOptions.properties,
  // A form has no lists.
  languages: Type.Optional(
    Type.String({
      pattern: '^[a-z]{2,3}(,[a-z]{2,3})*$',
      description: 'ISO 639 codes, separated by commas; restricts the characters that recognition may answer.',
    }),
  ),
});

const FinishedJob = named('Job', 'The finished job, where `wait` sufficed.', Job);
const Receipt = named('JobReceipt', 'The job is accepted and durable.', JobReceipt);

const IdempotencyKey = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'The same key with the same form gives the same job; with another form it is refused.',
    }),
  ),
});

export function ocrRoutes(app: TypedApp, context: ServerContext): void {
  app.post(
    '/ocr',
    {
      schema: {
        operationId: 'submitDocument',
        summary: 'Submit a document',
        tags: ['jobs'],
        consumes: ['multipart/form-data'],
        body: SubmissionForm,
        querystring: Type.Object({ wait: Wait }),
        headers: IdempotencyKey,
        response: { 200: FinishedJob, 202: Receipt, ...problems(400, 401, 402, 429, 500, 503) },
      },
      // The form is no parsed body: it is read from the socket by `readSubmission`.
      validatorCompiler: (route) => (route.httpPart === 'body' ? (value) => ({ value }) : strictValidator(route)),
    },
    async (request, reply) => {
      const caller = callerOf(request, reply);
      await refuseEarly(context, caller);
      const submission = await readSubmission(request, context.uploads, context.settings.maxUploadBytes);
      const job = await submitJob(context, caller, submission);
      const ended = await awaitEnd(context, reply, job, request.query.wait);
      return hasEnded(ended) && request.query.wait > 0
        ? sendJob(context, reply, ended)
        : reply
            .code(202)
            .header('location', `/v1/jobs/${job.id}`)
            .send(await receipt(context, ended));
    },
  );
}

function callerOf(request: FastifyRequest, reply: FastifyReply): Caller {
  const idempotencyKey = request.headers['idempotency-key'];
  if (idempotencyKey !== undefined && !/^[\x20-\x7e]{1,255}$/.test(String(idempotencyKey))) {
    throw new OcrError('request.invalid', 'The header Idempotency-Key must be 1 to 255 printable ASCII characters.');
  }
  return {
    key: request.apiKey,
    idempotencyKey: idempotencyKey === undefined ? undefined : String(idempotencyKey),
    gone: () => reply.raw.destroyed,
  };
}

async function receipt(context: ServerContext, job: JobRecord): Promise<JobReceipt> {
  const { pendingPages, processingPages } = await context.store.queue();
  const seconds = (pendingPages + processingPages) / pagesPerSecondOf(await context.nodes.list());
  return {
    jobId: job.id,
    status: job.status,
    pageCount: job.pageCount,
    creditsReserved: job.creditsReserved,
    estimatedCompletionSeconds: hasEnded(job) ? 0 : Math.ceil(seconds),
  };
}
