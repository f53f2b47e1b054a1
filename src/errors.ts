/**
 * Every error this project raises on purpose: one class, one closed table of codes.
 *
 * A code is stable and public. The message is one sentence that says what was expected and what came; it never holds
 * a path, a stack, a secret or document text. `status` is the HTTP status an API caller sees for it.
 */
export const ERROR_CODES = {
  'request.invalid': { status: 400, title: 'Invalid request' },
  'request.option-invalid': { status: 400, title: 'Invalid option' },
  'request.idempotency-mismatch': { status: 400, title: 'Idempotency key used for another request' },
  'file.missing': { status: 400, title: 'No file' },
  'file.empty': { status: 400, title: 'Empty file' },
  'file.too-large': { status: 400, title: 'File too large' },
  'file.unsupported-type': { status: 400, title: 'Unsupported file type' },
  'file.unreadable': { status: 400, title: 'Unreadable file' },
  'file.encrypted': { status: 400, title: 'Encrypted file' },
  'file.no-pages': { status: 400, title: 'No pages' },
  'file.too-many-pages': { status: 400, title: 'Too many pages' },
  'page.out-of-range': { status: 400, title: 'Page out of range' },
  'page.too-large': { status: 400, title: 'Page too large' },
  'page.unreadable': { status: 400, title: 'Unreadable page' },
  'page.timeout': { status: 500, title: 'Page took too long' },
  'page.crashed': { status: 500, title: 'Engine crashed on the page' },
  'auth.invalid-key': { status: 401, title: 'Invalid API key' },
  'auth.forbidden': { status: 403, title: 'Not allowed' },
  'credits.insufficient': { status: 402, title: 'Not enough credits' },
  'job.not-found': { status: 404, title: 'Job not found' },
  'job.not-finished': { status: 409, title: 'Job not finished' },
  'result.not-found': { status: 404, title: 'No such result' },
  'route.not-found': { status: 404, title: 'No such endpoint' },
  'key.not-found': { status: 404, title: 'Key not found' },
  'limit.rate': { status: 429, title: 'Rate limit exceeded' },
  'limit.queue-full': { status: 429, title: 'Queue full' },
  'job.cancelled': { status: 400, title: 'Job cancelled' },
  'engine.unavailable': { status: 503, title: 'Engine unavailable' },
  'server.stopping': { status: 503, title: 'Server is stopping' },
  'model.missing': { status: 500, title: 'Model missing' },
  'model.invalid': { status: 500, title: 'Model invalid' },
  'storage.failed': { status: 500, title: 'Storage failed' },
  'config.invalid': { status: 500, title: 'Invalid configuration' },
  internal: { status: 500, title: 'Internal error' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface OcrErrorOptions {
  /** The pipeline stage that failed, when one did. */
  readonly stage?: string;
  /** Members added to the problem body, such as `needed` and `available`. Public. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  readonly cause?: unknown;
}

/** The form in which an error crosses a process border or is stored. */
export interface SerializedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly stage?: string;
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

export class OcrError extends Error {
  override readonly name = 'OcrError';
  readonly code: ErrorCode;
  readonly stage: string | undefined;
  readonly details: Readonly<Record<string, string | number | boolean>> | undefined;

  constructor(code: ErrorCode, message: string, options: OcrErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.stage = options.stage;
    this.details = options.details;
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }

  serialize(): SerializedError {
    return {
      code: this.code,
      message: this.message,
      ...(this.stage === undefined ? {} : { stage: this.stage }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }

  static deserialize(error: SerializedError): OcrError {
    return new OcrError(error.code, error.message, error);
  }
}
