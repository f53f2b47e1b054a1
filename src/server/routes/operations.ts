/** `/health`, `/ready`, `/metrics`: for supervisors and load balancers, without a key unless configured otherwise. */
import { Type } from 'typebox';
import { OcrError } from '../../errors.js';
import type { TypedApp } from '../app.js';
import { checkKey } from '../auth.js';
import type { ServerContext } from '../context.js';
import type { Metrics } from '../metrics.js';
import { problems } from '../openapi.js';

export function operationsRoutes(app: TypedApp, context: ServerContext, metrics: Metrics): void {
  const { engine, settings, store } = context;

  app.get(
    '/health',
    {
      schema: {
        operationId: 'getHealth',
        summary: 'Whether the API is running and answering',
        tags: ['operations'],
        response: { 200: Type.Object({ status: Type.Literal('ok') }, { description: 'It is.' }), ...problems(503) },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/ready',
    {
      schema: {
        operationId: 'getReady',
        summary: 'Whether jobs can be accepted and read: the store writes and the engine is up',
        tags: ['operations'],
        response: {
          200: Type.Object({ status: Type.Literal('ready') }, { description: 'They can.' }),
          ...problems(500, 503),
        },
      },
    },
    async () => {
      await store.probe();
      if (!engine.status().ready) throw new OcrError('engine.unavailable', 'The engine is starting or being replaced.');
      return { status: 'ready' as const };
    },
  );

  if (settings.metrics === 'off') return;
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'getMetrics',
        summary: 'Figures in the Prometheus text format',
        tags: ['operations'],
        produces: ['text/plain'],
        response: { 200: Type.String({ description: 'The figures.' }), ...problems(500, 503) },
      },
      onRequest: async (request, reply) => {
        if (settings.metrics === 'admin') await checkKey(request, reply, store, 'admin');
      },
    },
    async (_request, reply) =>
      reply.header('content-type', metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}
