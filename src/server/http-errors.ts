/** Every refusal as RFC 9457 problem details; nothing but what `errors.ts` allows ever reaches a caller. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ERROR_CODES, type ErrorCode, OcrError, type SerializedError } from '../errors.js';
import type { Problem } from '../schema/problem.js';

export function problemOf(error: SerializedError): Problem {
  const { status, title } = ERROR_CODES[error.code];
  return {
    ...error.details,
    type: `urn:ocr-omega:error:${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
  };
}

export function registerErrorHandling(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => sendProblem(request, reply, asOcrError(error)));
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, routeNotFound(request)));
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, error: OcrError): FastifyReply {
  if (error.status >= 500 && error.code !== 'server.stopping') request.log.error({ err: error }, 'request failed');
  const retryAfter = error.details?.retryAfterSeconds;
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  return reply
    .code(error.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(problemOf(error.serialize()));
}

function routeNotFound(request: FastifyRequest): OcrError {
  const path = request.url.split('?', 1)[0];
  return new OcrError('route.not-found', `There is no endpoint ${request.method} ${path?.slice(0, 100)}.`);
}

const PREMATURE_CLOSE = ['request.invalid', 'The request ended before the whole form had come.'] as const;

/** What the framework's own refusals are in our terms. Sources: fastify/lib/errors.js, @fastify/multipart/index.js. */
const FRAMEWORK_ERRORS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'request.invalid',
    'The Content-Type of the request is not one this endpoint reads.',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['request.invalid', 'A JSON body was expected, none came.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['request.invalid', 'The body is not valid JSON.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['request.invalid', 'The body is larger than this endpoint reads.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['request.invalid', 'The body is not as long as its Content-Length says.'],
  FST_INVALID_MULTIPART_CONTENT_TYPE: ['request.invalid', 'The request must be multipart/form-data.'],
  FST_PARTS_LIMIT: ['request.invalid', 'The form has more parts than this endpoint reads.'],
  FST_FILES_LIMIT: ['request.invalid', 'The form has more than one file; one field "file" was expected.'],
  FST_FIELDS_LIMIT: ['request.invalid', 'The form has more fields than this endpoint reads.'],
  FST_PROTO_VIOLATION: ['request.invalid', 'The form has a field with a forbidden name.'],
  FST_INVALID_JSON_FIELD_ERROR: ['request.invalid', 'A form field declared as JSON is not valid JSON.'],
  FST_MP_PREMATURE_CLOSE: PREMATURE_CLOSE,
};

/** The parser of multipart bodies throws plain errors with these words (@fastify/busboy). */
const MALFORMED_MULTIPART = /multipart|boundary|part terminated|malformed|unexpected end|header/i;

function asOcrError(error: FastifyError): OcrError {
  if (error instanceof OcrError) return error;
  if (error.validation) return new OcrError('request.invalid', validationSentence(error));
  const known = FRAMEWORK_ERRORS[error.code];
  if (known) return new OcrError(...known, { cause: error });
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return new OcrError('request.invalid', 'The request could not be understood.', { cause: error });
  }
  return new OcrError('internal', 'The server failed on this request; its log says why.', { cause: error });
}

/** A multipart body that does not parse, or does not come whole, is the caller's fault. */
export function asMultipartError(error: unknown): unknown {
  if (error instanceof OcrError || !(error instanceof Error)) return error;
  // How Node ends a request whose client hung up (`abortIncoming` in its _http_server.js).
  if ('code' in error && error.code === 'ECONNRESET') {
    return new OcrError(...PREMATURE_CLOSE, { cause: error });
  }
  if ('code' in error && typeof error.code === 'string' && error.code in FRAMEWORK_ERRORS) return error;
  if (!MALFORMED_MULTIPART.test(error.message)) return error;
  return new OcrError('request.invalid', 'The body is not well-formed multipart/form-data.', { cause: error });
}

function validationSentence(error: FastifyError): string {
  const first = error.validation?.[0];
  const part = { body: 'body', querystring: 'query', params: 'path', headers: 'headers' }[
    error.validationContext ?? 'body'
  ];
  const member = first?.instancePath.slice(1).replaceAll('/', '.');
  return `The ${part ?? 'request'} is not what was expected: ${member ? `"${member}" ` : ''}${first?.message ?? 'invalid'}.`;
}
