/** What a store refuses, in one sentence each, whichever database it is built on. */
import { OcrError } from '../errors.js';

export function keyNotFound(): OcrError {
  return new OcrError('key.not-found', 'There is no key with this id.');
}

export function jobNotFound(): OcrError {
  return new OcrError('job.not-found', 'There is no job with this id.');
}

export function idempotencyMismatch(): OcrError {
  return new OcrError(
    'request.idempotency-mismatch',
    'The same Idempotency-Key came with another file or other options; a new request needs a new key.',
  );
}

export function queueFull(pages: number, queued: number, maximum: number): OcrError {
  return new OcrError(
    'limit.queue-full',
    `The queue takes up to ${maximum} pages and holds ${queued}, so that ${pages} more do not fit.`,
    { details: { queued, maximum } },
  );
}

export function insufficientCredits(needed: number, available: number): OcrError {
  return new OcrError('credits.insufficient', `The job needs ${needed} credits, but ${available} are available.`, {
    details: { needed, available },
  });
}

export function formatCursor(jobNo: number): string {
  return Buffer.from(String(jobNo)).toString('base64url');
}

/** @throws OcrError request.invalid */
export function parseCursor(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!/^\d{1,15}$/.test(text)) {
    throw new OcrError('request.invalid', 'The cursor must be one that an earlier list answered.');
  }
  return Number(text);
}
