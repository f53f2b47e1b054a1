/** How often a key may call: the windows of its plan, counted by the store so that they hold across restarts. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { OcrError } from '../errors.js';
import type { RateDecision, Store } from '../jobs/store.js';
import { PLANS } from '../schema/plans.js';

/** What a plan without windows announces: the largest integer of a structured header (RFC 9651, section 3.3.1). */
const UNLIMITED = 999_999_999_999_999;

/** Counts every request to a route of `app`; REQUIRES: `requireKey` before it. */
export function limitRequests(app: FastifyInstance, store: Store, now: () => number): void {
  app.addHook('onRequest', async (request, reply) => {
    const { id, plan } = request.apiKey;
    const decision = await store.takeRequest(id, PLANS[plan], now());
    announce(reply, decision);
    if (!decision.allowed) throw rateExceeded(plan, decision);
  });
}

function announce(reply: FastifyReply, decision: RateDecision): void {
  reply.header('ratelimit-limit', String(Math.min(decision.limit, UNLIMITED)));
  reply.header('ratelimit-remaining', String(Math.min(decision.remaining, UNLIMITED)));
  reply.header('ratelimit-reset', String(seconds(decision.resetMs)));
}

function rateExceeded(plan: string, decision: RateDecision): OcrError {
  const wait = Math.max(1, seconds(decision.resetMs));
  return new OcrError(
    'limit.rate',
    `The plan "${plan}" allows ${decision.limit} requests in its window; the next one is accepted in ${wait} s.`,
    { details: { limit: decision.limit, retryAfterSeconds: wait } },
  );
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
