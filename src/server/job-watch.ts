/** Waiting for a job to change, without polling: for long polls and event streams. */
import type { FastifyReply } from 'fastify';
import type { Runner } from '../jobs/runner.js';

export interface JobWatch {
  /** True at the next change since the last call, or once it is over; false after `timeoutMs` without one. */
  next(timeoutMs: number): Promise<boolean>;
  /** True once the caller hung up or the server shuts down. */
  readonly over: boolean;
  close(): void;
}

/** REQUIRES: made before the job is read, so that no change falls between. */
export function watchJob(
  changes: Pick<Runner, 'subscribe'>,
  jobId: string,
  reply: FastifyReply,
  closing: AbortSignal,
): JobWatch {
  let changed = false;
  let wake = () => {};
  const onChange = () => {
    changed = true;
    wake();
  };
  const unsubscribe = changes.subscribe(jobId, onChange);
  reply.raw.once('close', onChange);
  closing.addEventListener('abort', onChange);
  return {
    async next(timeoutMs) {
      if (!changed) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      const seen = changed;
      changed = false;
      return seen;
    },
    get over() {
      return closing.aborted || reply.raw.destroyed;
    },
    close() {
      unsubscribe();
      reply.raw.off('close', onChange);
      closing.removeEventListener('abort', onChange);
    },
  };
}
