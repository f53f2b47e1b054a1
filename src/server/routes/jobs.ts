/** `/v1/jobs`: status, results, events, cancel and erase, list. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { OcrError } from '../../errors.js';
import type { JobRecord } from '../../jobs/store.js';
import { Job, JobStatus } from '../../schema/job.js';
import type { TypedApp } from '../app.js';
import type { ServerContext } from '../context.js';
import { END_EVENT_ID, jobEvents, lastSeenPage } from '../events.js';
import { hasEnded, jobEnvelope, jobJson } from '../job-view.js';
import { watchJob } from '../job-watch.js';
import { named, problems } from '../openapi.js';

/** Longest wait: below the 60 s after which common proxies give an answer up. */
const MAX_WAIT_SECONDS = 60;

export const Wait = Type.Integer({
  minimum: 0,
  maximum: MAX_WAIT_SECONDS,
  default: 0,
  description: 'Seconds to wait for the job to end before answering.',
});

export const JobPath = Type.Object({ jobId: Type.String({ description: 'As the receipt has it.' }) });
const NoQuery = Type.Object({});

/** What is described of a stream is one of its events. */
const JobEvent = Type.Object(
  {
    event: Type.String({ description: '`job` first, then `page` and `end`' }),
    id: Type.Optional(Type.String({ description: 'Of a page its number, of the end `end`.' })),
    data: Type.String({ description: 'JSON: the entry of the page, or the job without its results.' }),
  },
  { description: 'Server-sent events, each as here.' },
);

const JobList = Type.Object({
  /** Newest first, without results. */
  jobs: Type.Array(named('Job', 'Without results.', Job)),
  next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'Null at the end of the list.' }),
});

export function jobRoutes(app: TypedApp, context: ServerContext): void {
  const { store, runner, closing } = context;

  app.get(
    '/jobs/:jobId',
    {
      schema: {
        operationId: 'getJob',
        summary: 'Status and results of a job',
        tags: ['jobs'],
        params: JobPath,
        querystring: Type.Object({ wait: Wait }),
        response: {
          200: named('Job', 'The job, with its results so far.', Job),
          ...problems(400, 401, 404, 429, 500, 503),
        },
      },
    },
    async (request, reply) => {
      const job = await findJob(context, request.apiKey.id, request.params.jobId);
      return sendJob(context, reply, await awaitEnd(context, reply, job, request.query.wait));
    },
  );

  app.get(
    '/jobs/:jobId/events',
    {
      schema: {
        operationId: 'watchJob',
        summary: 'A server-sent event for each finished page, then one for the end',
        tags: ['jobs'],
        produces: ['text/event-stream'],
        params: JobPath,
        querystring: NoQuery,
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String()) }),
        response: {
          200: JobEvent,
          204: Type.Null({ description: 'The end was already seen.' }),
          ...problems(400, 401, 404, 429, 500, 503),
        },
      },
    },
    async (request, reply) => {
      const seen = request.headers['last-event-id'];
      const job = await findJob(context, request.apiKey.id, request.params.jobId);
      if (seen === END_EVENT_ID) return reply.code(204).send(null);
      const after = lastSeenPage(seen);
      const watch = watchJob(runner, job.id, reply, closing);
      return sendEvents(reply, jobEvents(store, job, after, watch));
    },
  );

  app.delete(
    '/jobs/:jobId',
    {
      schema: {
        operationId: 'cancelJob',
        summary: 'Cancel a job and erase its upload and results',
        tags: ['jobs'],
        params: JobPath,
        querystring: NoQuery,
        response: { 200: named('Job', 'The job, without results.', Job), ...problems(400, 401, 404, 429, 500, 503) },
      },
    },
    async (request) => jobEnvelope(await runner.cancel(request.apiKey.id, request.params.jobId)),
  );

  app.get(
    '/jobs',
    {
      schema: {
        operationId: 'listJobs',
        summary: 'Jobs of the calling key, newest first',
        tags: ['jobs'],
        querystring: Type.Object({
          status: Type.Optional(JobStatus),
          limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
          cursor: Type.Optional(Type.String({ description: 'The `next_cursor` of the page before.' })),
        }),
        response: { 200: named('JobList', 'A page of the list.', JobList), ...problems(400, 401, 429, 500, 503) },
      },
    },
    async (request) => {
      const { status, limit, cursor } = request.query;
      const list = await store.listJobs(request.apiKey.id, { status, limit, cursor });
      return { jobs: list.jobs.map(jobEnvelope), next_cursor: list.cursor ?? null };
    },
  );
}

/** @throws OcrError job.not-found, for a job of another key as for one that never was */
export async function findJob(context: ServerContext, keyId: string, jobId: string): Promise<JobRecord> {
  const job = await context.store.getJob(keyId, jobId);
  if (job === undefined) throw new OcrError('job.not-found', 'There is no job with this id.');
  return job;
}

/** The job as it is once it ended, or after `seconds`. */
export async function awaitEnd(
  context: ServerContext,
  reply: FastifyReply,
  job: JobRecord,
  seconds: number,
): Promise<JobRecord> {
  if (seconds === 0 || hasEnded(job)) return job;
  const deadline = performance.now() + seconds * 1000;
  const watch = watchJob(context.runner, job.id, reply, context.closing);
  try {
    for (;;) {
      const current = await findJob(context, job.keyId, job.id);
      const left = deadline - performance.now();
      if (hasEnded(current) || left <= 0 || watch.over) return current;
      await watch.next(left);
    }
  } finally {
    watch.close();
  }
}

export function sendJob(context: ServerContext, reply: FastifyReply, job: JobRecord): FastifyReply {
  return reply.header('content-type', 'application/json; charset=utf-8').send(jobJson(context.store, job));
}

function sendEvents(reply: FastifyReply, events: AsyncGenerator<string>): FastifyReply {
  return reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no')
    .send(Readable.from(events));
}
