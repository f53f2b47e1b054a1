/** The HTTP server: plugins and routes in the order in which a request meets them. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import multipart from '@fastify/multipart';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyBaseLogger, type FastifyInstance, type RawServerDefault } from 'fastify';
import { OcrError } from '../errors.js';
import { requireKey } from './auth.js';
import { registerConsole } from './console.js';
import type { ServerContext } from './context.js';
import type { Figures } from './figures.js';
import { registerErrorHandling } from './http-errors.js';
import { limitRequests } from './limits.js';
import { countRequests } from './metrics.js';
import { registerOpenApi } from './openapi.js';
import { adminRoutes } from './routes/admin.js';
import { jobRoutes } from './routes/jobs.js';
import { ocrRoutes } from './routes/ocr.js';
import { operationsRoutes } from './routes/operations.js';
import { resultRoutes } from './routes/results.js';
import { usageRoutes } from './routes/usage.js';
import { strictValidator } from './validation.js';

export type TypedApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface ServerParts extends Omit<ServerContext, 'closing'> {
  readonly figures: Figures;
  readonly logger: FastifyBaseLogger;
}

/** A request's headers must be there in this time, however slowly its client sends. */
const HEADERS_TIMEOUT_MS = 15_000;
/** And the whole request in this: the largest upload on a slow line. */
const REQUEST_TIMEOUT_MS = 10 * 60_000;
/** How often Node looks for requests that are late. */
const LATENESS_CHECK_MS = 5_000;
/** A socket on which nothing moves: longer than the longest wait (60 s), in which nothing does. */
const IDLE_SOCKET_TIMEOUT_MS = 90_000;
/** Above the 60 s for which common load balancers keep their connections. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** A restart: pages being read are finished first, seconds each. */
const RESTART_SECONDS = 5;
/** Of JSON bodies; forms are read from the socket and have limits of their own. */
const BODY_LIMIT_BYTES = 64 * 1024;

export async function buildApp(parts: ServerParts): Promise<TypedApp> {
  const closing = new AbortController();
  const context: ServerContext = { ...parts, closing: closing.signal };
  const app: TypedApp = fastify({
    loggerInstance: parts.logger,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    bodyLimit: BODY_LIMIT_BYTES,
    connectionTimeout: IDLE_SOCKET_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: LATENESS_CHECK_MS },
    forceCloseConnections: 'idle',
    // It is answered as a problem, below.
    return503OnClosing: false,
    exposeHeadRoutes: false,
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.setValidatorCompiler(strictValidator);
  // Answers are built to their schemas, which the contract tests check; writing them needs no second description.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.addHook('preClose', async () => closing.abort());
  app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id));
  countRequests(app, parts.figures.metrics);
  registerErrorHandling(app);
  app.addHook('onRequest', async () => refuseWhileClosing(closing.signal));
  await registerOpenApi(app);
  if (parts.settings.consoleDir !== undefined) await registerConsole(app, parts.settings.consoleDir);
  await app.register(multipart, { throwFileSizeLimit: false });
  await app.register(async (operations: TypedApp) => operationsRoutes(operations, context, parts.figures.metrics));
  await app.register(async (v1: TypedApp) => clientRoutes(v1, context), { prefix: '/v1' });
  await app.register(async (admin: TypedApp) => administratorRoutes(admin, context), { prefix: '/admin' });
  return app;
}

/** On connections that were open before. */
function refuseWhileClosing(closing: AbortSignal): void {
  if (!closing.aborted) return;
  throw new OcrError('server.stopping', 'The server is stopping; send the request again when it is back.', {
    details: { retryAfterSeconds: RESTART_SECONDS },
  });
}

function clientRoutes(app: TypedApp, context: ServerContext): void {
  requireKey(app, context.store, 'client');
  limitRequests(app, context.store, context.now);
  ocrRoutes(app, context);
  jobRoutes(app, context);
  resultRoutes(app, context);
  usageRoutes(app, context);
}

function administratorRoutes(app: TypedApp, context: ServerContext): void {
  requireKey(app, context.store, 'admin');
  limitRequests(app, context.store, context.now);
  adminRoutes(app, context);
}
