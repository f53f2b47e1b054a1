/** A client of the REST API, as a harness needs it: every answer comes back as it is, whatever its status. */
import { Agent, request as openRequest } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

const ENDED = ['completed', 'failed', 'cancelled'];
/** Between questions about a job while the server is away. */
const RETRY_MS = 100;
/** The longest that an answer may take, long polls of 30 s included, on a machine as busy as it gets. */
const ANSWER_TIMEOUT_MS = 120_000;
const READY_TIMEOUT_MS = 10_000;

/**
 * `url` may be a function: a server that is restarted listens elsewhere.
 *
 * Each call resolves with `{status, headers, body}` (`body` parsed where it is JSON) and rejects with a TypeError where
 * the connection fails, with an Error where no answer comes within 2 minutes: a server that is silent is broken, too.
 */
export function openClient({ url, key }) {
  const base = typeof url === 'function' ? url : () => url;
  const agent = new Agent({ keepAlive: true });

  async function request(method, path, { body, headers = {}, signal } = {}) {
    const silent = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const signals = AbortSignal.any(signal === undefined ? [silent] : [silent, signal]);
    try {
      return await exchange(method, path, { body, headers: { 'x-api-key': key, ...headers }, signal: signals });
    } catch (error) {
      if (!silent.aborted) throw error;
      const silence = `${method} ${path} was not answered within ${ANSWER_TIMEOUT_MS / 1000} s`;
      throw new Error(`${silence}; asked whether it is ready, the server says ${await readiness()}`, { cause: error });
    }
  }

  function readiness() {
    const answer = fetch(`${base()}/ready`, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) });
    return answer.then((ready) => ready.text()).catch(String);
  }

  /** Not by fetch: Node's never ends where the server is killed at the moment that it connects. */
  async function exchange(method, path, { body, headers, signal }) {
    const answer = await new Promise((resolve, reject) => {
      openRequest(`${base()}${path}`, { method, headers, signal, agent }, resolve)
        .on('error', (cause) =>
          reject(signal.aborted ? signal.reason : new TypeError('the connection failed', { cause })),
        )
        .end(body);
    });
    const text = await textOf(answer).catch((cause) => {
      throw signal.aborted ? signal.reason : new TypeError('the connection broke', { cause });
    });
    const answered = new Headers(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]));
    const isJson = /json/.test(answered.get('content-type') ?? '');
    return { status: answer.statusCode, headers: answered, body: isJson ? JSON.parse(text) : text };
  }

  return {
    request,
    /** Submits a document. `fields` are the options beside it; `wait` is in seconds. */
    async submit(bytes, { fileName = 'document', fields = {}, wait, idempotencyKey, signal } = {}) {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append('file', new Blob([bytes]), fileName);
      const encoded = new Response(form);
      const headers = {
        'content-type': encoded.headers.get('content-type'),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      };
      const body = new Uint8Array(await encoded.arrayBuffer());
      return request('POST', `/v1/ocr${wait === undefined ? '' : `?wait=${wait}`}`, { body, headers, signal });
    },
    job: (id, { wait = 0, signal } = {}) => request('GET', `/v1/jobs/${id}?wait=${wait}`, { signal }),
    erase: (id) => request('DELETE', `/v1/jobs/${id}`),
    usage: () => request('GET', '/v1/usage'),
    /** The job once it ended, with its results. Goes on while the server is away. @throws Error after `timeoutMs` */
    async ended(id, timeoutMs = 60_000) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const left = deadline - performance.now();
        if (left <= 0) throw new Error(`job ${id} did not end within ${timeoutMs / 1000} s`);
        try {
          const wait = Math.min(30, Math.ceil(left / 1000));
          const { status, body } = await request('GET', `/v1/jobs/${id}?wait=${wait}`);
          if (status === 200 && ENDED.includes(body.status)) return body;
          if (status === 404) throw new Error(`job ${id} is not found`);
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
          await delay(RETRY_MS);
        }
      }
    },
  };
}
