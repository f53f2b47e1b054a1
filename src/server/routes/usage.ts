/** `GET /v1/usage`: what the calling key has and may. */
import { Type } from 'typebox';
import { KeyRole } from '../../schema/keys.js';
import { PLANS, PlanSchema } from '../../schema/plans.js';
import type { TypedApp } from '../app.js';
import type { ServerContext } from '../context.js';
import { named, problems } from '../openapi.js';

export const CreditsView = named(
  'Credits',
  'granted = available + reserved + used.',
  Type.Object({
    granted: Type.Integer(),
    available: Type.Integer(),
    reserved: Type.Integer(),
    used: Type.Integer(),
  }),
);

const Usage = Type.Object({
  key_id: Type.String(),
  role: KeyRole,
  plan: PlanSchema,
  metered: Type.Boolean({ description: 'False: credits are counted but never run out.' }),
  credits: CreditsView,
  limits: Type.Array(Type.Object({ requests: Type.Integer(), window_seconds: Type.Integer() }), {
    description: 'Requests allowed in each window; none, no limit.',
  }),
});

export function usageRoutes(app: TypedApp, { store }: ServerContext): void {
  app.get(
    '/usage',
    {
      schema: {
        operationId: 'getUsage',
        summary: 'Credits and limits of the calling key',
        tags: ['account'],
        querystring: Type.Object({}),
        response: { 200: named('Usage', 'Credits and limits.', Usage), ...problems(400, 401, 429, 500, 503) },
      },
    },
    async ({ apiKey }) => ({
      key_id: apiKey.id,
      role: apiKey.role,
      plan: apiKey.plan,
      metered: apiKey.metered,
      credits: await store.credits(apiKey.id),
      limits: PLANS[apiKey.plan].map(({ limit, windowMs }) => ({ requests: limit, window_seconds: windowMs / 1000 })),
    }),
  );
}
