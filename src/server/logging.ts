/** Structured logs. Neither keys nor file names nor document text are ever written: routes do not log bodies. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';

const REDACTED = ['x-api-key', 'authorization', 'cookie'].flatMap((name) => [
  `headers["${name}"]`,
  `*.headers["${name}"]`,
]);

export function createLogger(level: string, destination: DestinationStream = pino.destination(1)): Logger {
  return pino(
    {
      level,
      redact: REDACTED,
      serializers: {
        req: (request: FastifyRequest) => ({
          method: request.method,
          path: pathOf(request.url),
          remoteAddress: request.ip,
        }),
        res: (reply: FastifyReply) => ({ status: reply.statusCode }),
        err: stdSerializers.err,
      },
    },
    destination,
  );
}

/** Without the query, in which a caller may have put what belongs in a header. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
