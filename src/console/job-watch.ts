/** One job watched to its end: its pages as they are read, over lost connections and restarts of the server. */
import type { Job, PageResult } from '../schema/job.js';
import type { Problem } from '../schema/problem.js';
import { api, asProblem, ConnectionLost, Refusal } from './api.js';
import { readEvents } from './event-stream.js';

/** The server says something every 15 s, if only that it is there. */
const SILENCE_MS = 40_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

export type Link =
  | { readonly kind: 'live' }
  /** Lost, or told to come back later; it is tried again at `retryAt` (epoch milliseconds). */
  | { readonly kind: 'waiting'; readonly problem: Problem; readonly retryAt: number }
  | { readonly kind: 'refused'; readonly problem: Problem };

export interface JobObserver {
  onLink(link: Link): void;
  onJob(job: Job): void;
  /** In page order, never one twice. */
  onPages(pages: readonly PageResult[]): void;
}

export interface JobWatch {
  /** Tries again now, where it waits. */
  hurry(): void;
  close(): void;
  /** Settles at the end of the job, a refusal, or `close`. */
  readonly done: Promise<void>;
}

/** `after` is the number of the last page that is at hand, undefined for none. */
export function watchJob(jobId: string, after: number | undefined, observer: JobObserver): JobWatch {
  const closing = new AbortController();
  let lastEventId = after === undefined ? undefined : String(after);
  let hurry = () => {};

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  /** @returns whether the end was seen */
  const follow = async (onAlive: () => void): Promise<boolean> => {
    const connection = new AbortController();
    const signal = AbortSignal.any([closing.signal, connection.signal]);
    let silence = setTimeout(() => connection.abort(), SILENCE_MS);
    let ended = false;
    try {
      const { body } = await api.jobEvents(jobId, lastEventId, signal);
      if (body === null) return true;
      for await (const events of readEvents(body)) {
        clearTimeout(silence);
        silence = setTimeout(() => connection.abort(), SILENCE_MS);
        onAlive();
        const pages = events.filter(({ event }) => event === 'page');
        const id = pages.at(-1)?.lastEventId;
        if (id !== undefined) lastEventId = id;
        if (pages.length > 0) observer.onPages(pages.map(({ data }) => JSON.parse(data) as PageResult));
        for (const { event, data } of events) {
          if (event === 'job' || event === 'end') observer.onJob(JSON.parse(data) as Job);
          if (event === 'end') ended = true;
        }
      }
      return ended;
    } finally {
      clearTimeout(silence);
    }
  };

  const run = async () => {
    let retryMs = FIRST_RETRY_MS;
    while (!closing.signal.aborted) {
      let problem: Problem;
      let waitMs = retryMs;
      try {
        const ended = await follow(() => {
          retryMs = FIRST_RETRY_MS;
          observer.onLink({ kind: 'live' });
        });
        if (ended) return;
        problem = asProblem(new ConnectionLost());
      } catch (error) {
        if (closing.signal.aborted) return;
        const refusal = error instanceof Refusal ? error : undefined;
        problem = asProblem(refusal ?? new ConnectionLost({ cause: error }));
        if (refusal !== undefined && refusal.problem.status < 500 && refusal.problem.status !== 429) {
          return observer.onLink({ kind: 'refused', problem });
        }
        if (refusal?.retryAfterSeconds !== undefined) waitMs = refusal.retryAfterSeconds * 1000;
      }
      observer.onLink({ kind: 'waiting', problem, retryAt: Date.now() + waitMs });
      await pause(waitMs);
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    }
  };

  const onOnline = () => hurry();
  window.addEventListener('online', onOnline);
  return {
    hurry: () => hurry(),
    close() {
      closing.abort();
      hurry();
    },
    done: run().finally(() => window.removeEventListener('online', onOnline)),
  };
}
