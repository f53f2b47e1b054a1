/** The description of the API, made from the same schemas that requests are checked by, and its page for people. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { Problem } from '../schema/problem.js';

const API_VERSION = '1.0.0';

const REASONS = {
  400: 'The request, an option or the file was refused.',
  401: 'No valid API key.',
  402: 'Not enough credits; `needed` and `available` say how many.',
  403: 'The key may not do this.',
  404: 'Not found, or not of this key.',
  429: 'Rate limit exceeded or queue full; `Retry-After` says when to come back.',
  500: 'The server failed.',
  503: 'The server cannot work now.',
} as const;

interface ProblemAnswer {
  readonly description: string;
  readonly content: { readonly 'application/problem+json': { readonly schema: typeof Problem } };
}

/** Problem answers of a route, by status. */
export function problems<Status extends keyof typeof REASONS>(
  ...statuses: readonly Status[]
): Record<Status, ProblemAnswer> {
  const answers = statuses.map((status): [Status, ProblemAnswer] => [
    status,
    { description: REASONS[status], content: { 'application/problem+json': { schema: Problem } } },
  ]);
  return Object.fromEntries(answers) as Record<Status, ProblemAnswer>;
}

/** Everything the page needs comes from this server. */
const DOCS_CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // Swagger UI sets style attributes while it runs.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export async function registerOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'OCR Omega',
        version: API_VERSION,
        description: 'Recognises text in documents, on your own machine.',
        license: { name: 'AGPL-3.0-or-later', identifier: 'AGPL-3.0-or-later' },
      },
      tags: [
        { name: 'jobs', description: 'Documents and their results' },
        { name: 'account', description: 'What the calling key has and may' },
        { name: 'operations', description: 'Health and figures of the server' },
        { name: 'admin', description: 'Keys, plans, credits, queue; with an administrator key' },
      ],
      components: { securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' } } },
    },
    transform: ({ schema, url }) => ({ schema: { ...schema, security: isKeyed(url) ? [{ apiKey: [] }] : [] }, url }),
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_CONTENT_POLICY });
  app.get('/openapi.json', { schema: { hide: true, response: { 200: Type.Unknown() } } }, async () => app.swagger());
}

function isKeyed(url: string): boolean {
  return url.startsWith('/v1/') || url.startsWith('/admin/');
}
