/** The description of the API, made from the same schemas that requests are checked by, and its page for people. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { type Static, type TSchema, Type } from 'typebox';
import { Problem } from '../schema/problem.js';

const API_VERSION = '1.0.0';

const REASONS = {
  400: 'The request, an option or the file was refused.',
  401: 'No valid API key.',
  402: 'Not enough credits; `needed` and `available` say how many.',
  403: 'The key may not do this.',
  404: 'Not found, or not of this key.',
  409: 'Not yet: the job has not ended.',
  429: 'Rate limit exceeded or queue full; `Retry-After` says when to come back.',
  500: 'The server failed.',
  503: 'The server cannot work now.',
} as const;

const ProblemBody = named('Problem', 'What was refused and why.', Problem);

interface ProblemAnswer {
  readonly description: string;
  readonly content: { readonly 'application/problem+json': { readonly schema: TSchema } };
}

/** Problem answers of a route, by status. */
export function problems<Status extends keyof typeof REASONS>(
  ...statuses: readonly Status[]
): Record<Status, ProblemAnswer> {
  const answers = statuses.map((status): [Status, ProblemAnswer] => [
    status,
    { description: REASONS[status], content: { 'application/problem+json': { schema: ProblemBody } } },
  ]);
  return Object.fromEntries(answers) as Record<Status, ProblemAnswer>;
}

/** A schema under `components`, by its name; the description is that of the answer. */
export function named<Schema extends TSchema>(name: string, description: string, schema: Schema) {
  return Type.Unsafe<Static<Schema>>({ ...schema, title: name, description });
}

type Node = Record<string, unknown>;

/**
 * The generated document, put better: schemas with a name move to `components`, a union of single names is one
 * enumeration, a tuple is an array of its length, and what has a default is not required of a caller.
 */
function tidy(document: Node): Node {
  const schemas: Node = {};
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    const node = tuple(enumeration(optionalDefaults(mapValues(value as Node, visit))));
    if (typeof node.title !== 'string' || node.type === undefined) return node;
    const { title, description: _, ...schema } = node;
    schemas[title] = schema;
    return { $ref: `#/components/schemas/${title}` };
  };
  const tidied = visit(document) as Node;
  return { ...tidied, components: { ...(tidied.components as Node), schemas } };
}

function mapValues(node: Node, change: (value: unknown) => unknown): Node {
  return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, change(value)]));
}

function enumeration(node: Node): Node {
  const members = Array.isArray(node.anyOf) ? (node.anyOf as Node[]) : [];
  const names = members.flatMap((member) => (Array.isArray(member.enum) ? member.enum : []));
  if (members.length === 0 || names.length !== members.length) return node;
  const { anyOf: _, ...rest } = node;
  return { type: 'string', enum: names, ...rest };
}

/** The members of our tuples are alike; few readers of descriptions know `prefixItems`. */
function tuple(node: Node): Node {
  if (!Array.isArray(node.items)) return node;
  const { items, additionalItems: _, ...rest } = node;
  return { ...rest, items: items[0], minItems: items.length, maxItems: items.length };
}

function optionalDefaults(node: Node): Node {
  if (node.required === true && (node.schema as Node | undefined)?.default !== undefined) {
    return { ...node, required: false };
  }
  if (!Array.isArray(node.required)) return node;
  const properties = node.properties as Record<string, Node>;
  return { ...node, required: node.required.filter((name: string) => properties[name]?.default === undefined) };
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
    transformObject: (document) => tidy('openapiObject' in document ? document.openapiObject : {}),
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_CONTENT_POLICY });
  app.get('/openapi.json', { schema: { hide: true, response: { 200: Type.Unknown() } } }, async () => app.swagger());
}

function isKeyed(url: string): boolean {
  return url.startsWith('/v1/') || url.startsWith('/admin/');
}
