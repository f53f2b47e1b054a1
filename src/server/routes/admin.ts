/** `/admin`: keys, plans, credits, queue, nodes, audit. Every change is written to the audit trail with the key that made it. */
import { Type } from 'typebox';
import { issueKey } from '../../jobs/keys.js';
import type { NodeRecord } from '../../jobs/nodes.js';
import type { AuditEntry, Credits, KeyRecord } from '../../jobs/store.js';
import { Grant, InitialCredits, KeyName, KeyRole } from '../../schema/keys.js';
import { NodeList, type NodeView } from '../../schema/node.js';
import { PlanSchema } from '../../schema/plans.js';
import type { TypedApp } from '../app.js';
import type { ServerContext } from '../context.js';
import { named, problems } from '../openapi.js';
import { CreditsView } from './usage.js';

const NewKey = Type.Object(
  {
    name: KeyName,
    role: Type.Optional(KeyRole),
    plan: Type.Optional(PlanSchema),
    credits: Type.Optional(InitialCredits),
  },
  { additionalProperties: false },
);

const KeyView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: KeyRole,
  plan: PlanSchema,
  metered: Type.Boolean(),
  created_at: Type.Integer(),
  revoked_at: Type.Union([Type.Integer(), Type.Null()]),
});

const CreatedKey = Type.Object({
  ...KeyView.properties,
  key: Type.String({ description: 'The whole key. Shown this once.' }),
});

const KeyList = Type.Object({ keys: Type.Array(Type.Object({ ...KeyView.properties, credits: CreditsView })) });

const KeyPath = Type.Object({ keyId: Type.String() });
const NoQuery = Type.Object({});
const CODES = [400, 401, 403, 429, 500, 503] as const;

export function adminRoutes(app: TypedApp, context: ServerContext): void {
  keyRoutes(app, context);
  creditRoutes(app, context);
  overviewRoutes(app, context);
}

function keyRoutes(app: TypedApp, { store, now }: ServerContext): void {
  app.post(
    '/keys',
    {
      schema: {
        operationId: 'createKey',
        summary: 'Create a key',
        tags: ['admin'],
        querystring: NoQuery,
        body: NewKey,
        response: { 201: named('CreatedKey', 'The key, whole, this once.', CreatedKey), ...problems(...CODES) },
      },
    },
    async (request, reply) => {
      const { name, role = 'client', plan = 'unlimited', credits } = request.body;
      const { record, key } = await issueKey(store, { name, role, plan, credits }, request.apiKey.id, now());
      return reply.code(201).send({ ...keyView(record), key });
    },
  );

  app.get(
    '/keys',
    {
      schema: {
        operationId: 'listKeys',
        summary: 'All keys with their credits',
        tags: ['admin'],
        querystring: NoQuery,
        response: {
          200: named('KeyList', 'All keys, revoked ones too.', KeyList),
          ...problems(...CODES),
        },
      },
    },
    async () => ({ keys: (await store.listKeys()).map((key) => ({ ...keyView(key), credits: key.credits })) }),
  );

  app.patch(
    '/keys/:keyId',
    {
      schema: {
        operationId: 'setKeyPlan',
        summary: 'Put a key on another plan',
        tags: ['admin'],
        params: KeyPath,
        querystring: NoQuery,
        body: Type.Object({ plan: PlanSchema }, { additionalProperties: false }),
        response: { 204: Type.Null({ description: 'Done.' }), ...problems(...CODES, 404) },
      },
    },
    async (request, reply) => {
      await store.setPlan(request.params.keyId, request.body.plan, request.apiKey.id, now());
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/keys/:keyId',
    {
      schema: {
        operationId: 'revokeKey',
        summary: 'Revoke a key, at once and for good',
        tags: ['admin'],
        params: KeyPath,
        querystring: NoQuery,
        response: { 204: Type.Null({ description: 'Done.' }), ...problems(...CODES, 404) },
      },
    },
    async (request, reply) => {
      await store.revokeKey(request.params.keyId, request.apiKey.id, now());
      return reply.code(204).send(null);
    },
  );
}

function creditRoutes(app: TypedApp, { store, now }: ServerContext): void {
  app.post(
    '/keys/:keyId/credits',
    {
      schema: {
        operationId: 'grantCredits',
        summary: 'Add credits to a key, which makes it metered',
        tags: ['admin'],
        params: KeyPath,
        querystring: NoQuery,
        body: Type.Object({ credits: Grant }, { additionalProperties: false }),
        response: { 200: CreditsView, ...problems(...CODES, 404) },
      },
    },
    async (request): Promise<Credits> =>
      store.grantCredits(request.params.keyId, request.body.credits, request.apiKey.id, now()),
  );
}

function overviewRoutes(app: TypedApp, { engine, nodes, now, store }: ServerContext): void {
  app.get(
    '/queue',
    {
      schema: {
        operationId: 'getQueue',
        summary: 'Pages that wait and pages that are read, and the engine that reads them',
        tags: ['admin'],
        querystring: NoQuery,
        response: { 200: named('Queue', 'The queue and the engine.', QueueView), ...problems(...CODES) },
      },
    },
    async () => {
      const { pendingPages, processingPages, oldestPendingAt } = await store.queue();
      const { ready, restarts, inFlight, threads, rssBytes } = engine.status();
      return {
        pending_pages: pendingPages,
        processing_pages: processingPages,
        oldest_pending_at: oldestPendingAt ?? null,
        engine: { ready, restarts, threads, tasks: inFlight, resident_bytes: rssBytes },
      };
    },
  );

  app.get(
    '/nodes',
    {
      schema: {
        operationId: 'listNodes',
        summary: 'The processes that serve and read, this one too',
        tags: ['admin'],
        querystring: NoQuery,
        response: { 200: named('NodeList', 'Who takes part.', NodeList), ...problems(...CODES) },
      },
    },
    async () => {
      const at = now();
      return { shared: nodes.shared, nodes: (await nodes.list()).map((node) => nodeView(node, at)) };
    },
  );

  app.get(
    '/audit',
    {
      schema: {
        operationId: 'listAudit',
        summary: 'Changes to keys, newest first',
        tags: ['admin'],
        querystring: Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }) }),
        response: { 200: named('Audit', 'Changes, newest first.', AuditList), ...problems(...CODES) },
      },
    },
    async (request) => ({ entries: (await store.listAudit(request.query.limit)).map(auditView) }),
  );
}

const QueueView = Type.Object({
  pending_pages: Type.Integer(),
  processing_pages: Type.Integer(),
  oldest_pending_at: Type.Union([Type.Integer(), Type.Null()]),
  engine: Type.Object({
    ready: Type.Boolean(),
    restarts: Type.Integer(),
    threads: Type.Integer(),
    tasks: Type.Integer(),
    resident_bytes: Type.Integer(),
  }),
});

const AuditView = Type.Object({
  at: Type.Integer(),
  actor: Type.String({ description: 'Id of the administrator key, or `cli`.' }),
  action: Type.String(),
  key_id: Type.String(),
  detail: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
});

const AuditList = Type.Object({ entries: Type.Array(AuditView) });

function keyView({ id, name, role, plan, metered, createdAt, revokedAt }: KeyRecord) {
  return { id, name, role, plan, metered, created_at: createdAt, revoked_at: revokedAt ?? null };
}

function nodeView({ id, host, role, version, threads, devices, ...node }: NodeRecord, at: number): NodeView {
  return {
    id,
    host,
    role,
    version,
    threads,
    devices: [...devices],
    started_at: at - node.ageMs,
    seen_at: at - node.unseenMs,
    pages_reading: node.pagesHeld,
  };
}

function auditView({ at, actor, action, keyId, detail }: AuditEntry) {
  return { at, actor, action, key_id: keyId, detail };
}
