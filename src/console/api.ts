/** The REST API as the console calls it. Every refusal is a `Refusal` with the server's own sentence. */
import { signal } from '@preact/signals';
import type { Job, JobReceipt } from '../schema/job.js';
import type { Plan } from '../schema/plans.js';
import type { Problem } from '../schema/problem.js';
import { currentKey, signOut } from './session.js';

/** The server answered, and refused. */
export class Refusal extends Error {
  constructor(
    readonly problem: Problem,
    readonly retryAfterSeconds: number | undefined,
  ) {
    super(problem.detail);
  }
}

/** No answer came. */
export class ConnectionLost extends Error {
  constructor(options?: ErrorOptions) {
    super('The server does not answer: is it running, and is this machine connected to it?', options);
  }
}

export interface RateLimit {
  readonly limit: number;
  readonly remaining: number;
  /** Epoch milliseconds. */
  readonly resetAt: number;
}

/** As the last answer told it; undefined where the plan has no limit. */
export const rateLimit = signal<RateLimit | undefined>(undefined);

/** What a plan without a window announces begins here; a real plan is far below. */
const NO_LIMIT = 1_000_000_000;

export interface Usage {
  readonly key_id: string;
  readonly role: 'client' | 'admin';
  readonly plan: Plan;
  readonly metered: boolean;
  readonly credits: Credits;
  readonly limits: readonly { readonly requests: number; readonly window_seconds: number }[];
}

export interface Credits {
  readonly granted: number;
  readonly available: number;
  readonly reserved: number;
  readonly used: number;
}

export interface JobList {
  readonly jobs: readonly Job[];
  readonly next_cursor: string | null;
}

/** @throws Refusal, ConnectionLost, or the signal's reason */
export async function request(path: string, init: RequestInit = {}, key = currentKey()): Promise<Response> {
  let response: Response;
  try {
    // Relative to the page, wherever a proxy has put it.
    response = await fetch(path, { ...init, headers: { ...init.headers, 'x-api-key': key }, cache: 'no-store' });
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw new ConnectionLost({ cause });
  }
  noteRateLimit((name) => response.headers.get(name));
  if (response.ok) return response;
  throw refused(response.status, await response.text(), response.headers.get('retry-after'), key);
}

async function json<Answer>(path: string, init?: RequestInit, key?: string): Promise<Answer> {
  return (await request(path, init, key)).json() as Promise<Answer>;
}

function send(method: string, body: unknown): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

export const api = {
  usage: (key?: string) => json<Usage>('v1/usage', undefined, key),
  listJobs: (cursor: string | undefined) =>
    json<JobList>(`v1/jobs?limit=50${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`),
  deleteJob: (jobId: string) => json<Job>(`v1/jobs/${jobId}`, { method: 'DELETE' }),
  jobEvents: (jobId: string, lastEventId: string | undefined, signal: AbortSignal) =>
    request(`v1/jobs/${jobId}/events`, {
      signal,
      ...(lastEventId === undefined ? {} : { headers: { 'last-event-id': lastEventId } }),
    }),
  result: async (jobId: string, format: string) => (await request(`v1/jobs/${jobId}/result?format=${format}`)).blob(),
  post: <Answer>(path: string, body: unknown) => json<Answer>(path, send('POST', body)),
  patch: (path: string, body: unknown) => request(path, send('PATCH', body)),
  remove: (path: string) => request(path, { method: 'DELETE' }),
  get: <Answer>(path: string, signal?: AbortSignal) => json<Answer>(path, signal === undefined ? {} : { signal }),
};

export interface UploadOptions {
  /** Makes sending the form again safe: the server knows it by this name. */
  readonly idempotencyKey: string;
  /** From 0 to 1. */
  readonly onProgress: (sent: number) => void;
  readonly signal: AbortSignal;
}

/** XMLHttpRequest, because `fetch` does not tell how much of a body is sent. */
export function submit(form: FormData, { idempotencyKey, onProgress, signal }: UploadOptions): Promise<JobReceipt> {
  const key = currentKey();
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open('POST', 'v1/ocr');
    call.setRequestHeader('x-api-key', key);
    call.setRequestHeader('idempotency-key', idempotencyKey);
    call.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    call.onload = () => {
      noteRateLimit((name) => call.getResponseHeader(name));
      if (call.status < 300) return resolve(JSON.parse(call.responseText) as JobReceipt);
      reject(refused(call.status, call.responseText, call.getResponseHeader('retry-after'), key));
    };
    call.onerror = () => reject(new ConnectionLost());
    call.onabort = () => reject(signal.reason);
    signal.addEventListener('abort', () => call.abort(), { once: true });
    call.send(form);
  });
}

function noteRateLimit(header: (name: string) => string | null): void {
  const limit = Number(header('ratelimit-limit') ?? Number.NaN);
  if (Number.isNaN(limit)) return;
  rateLimit.value =
    limit >= NO_LIMIT
      ? undefined
      : {
          limit,
          remaining: Number(header('ratelimit-remaining')),
          resetAt: Date.now() + Number(header('ratelimit-reset')) * 1000,
        };
}

function refused(status: number, body: string, retryAfter: string | null, key: string): Refusal {
  const problem = problemOf(status, body);
  // A key that was good until now; one that is only being tried is told of where it is tried.
  if (status === 401 && key === currentKey()) signOut(problem);
  return new Refusal(problem, retryAfter === null ? undefined : Number(retryAfter));
}

/** A proxy on the way answers in words of its own. */
function problemOf(status: number, body: string): Problem {
  try {
    const problem = JSON.parse(body) as Problem;
    if (typeof problem.detail === 'string') return problem;
  } catch {}
  const detail = `Something between this page and the server answered with status ${status}.`;
  return { type: 'about:blank', title: `Status ${status}`, status, detail, code: 'proxy' };
}

/** As something to show. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Refusal) return error.problem;
  if (error instanceof ConnectionLost) {
    return { type: 'about:blank', title: 'Connection lost', status: 0, detail: error.message, code: 'connection' };
  }
  throw error;
}
