/** Who calls. A missing, malformed, unknown, revoked or wrong key gets one and the same answer. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { OcrError } from '../errors.js';
import { authenticate } from '../jobs/keys.js';
import type { KeyRecord, Store } from '../jobs/store.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller's key; set on every route behind `requireKey`. */
    apiKey: KeyRecord;
  }
}

/** Puts every route of `app` behind an API key, or behind an administrator's. */
export function requireKey(app: FastifyInstance, store: Store, role: KeyRecord['role']): void {
  app.addHook('onRequest', (request, reply) => checkKey(request, reply, store, role));
}

export async function checkKey(
  request: FastifyRequest,
  reply: FastifyReply,
  store: Store,
  role: KeyRecord['role'],
): Promise<void> {
  const presented = request.headers['x-api-key'];
  const key = await authenticate(store, typeof presented === 'string' ? presented : '');
  if (key === undefined) {
    reply.header('www-authenticate', 'ApiKey realm="ocr-omega"');
    throw new OcrError('auth.invalid-key', 'The header X-API-Key must hold a valid API key.');
  }
  request.apiKey = key;
  request.log = reply.log = request.log.child({ keyId: key.id });
  if (role === 'admin' && key.role !== 'admin') {
    throw new OcrError('auth.forbidden', 'This endpoint needs an administrator key, a client key came.');
  }
}
