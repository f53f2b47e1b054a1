/** The web console: the files that `vite.config.ts` builds, each under a route of its own; no other path is looked at. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Everything the page needs comes from this server, and nothing in it is code but the files themselves. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A worker is bound by the policy of its own file: this one compiles the PDF renderer, which the page may not. */
const RENDERER_POLICY = ["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self'"].join('; ');

const RENDERER = /^render-worker-[\w-]+\.js$/;

export async function registerConsole(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) {
    app.log.warn('the web console is not built; "npm run build" builds it');
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    // A route for each file that is there now.
    wildcard: false,
    decorateReply: false,
    // Beside their originals; not addresses of their own.
    globIgnore: ['**/*.gz'],
    preCompressed: true,
    cacheControl: false,
    setHeaders(response, path) {
      const name = basename(path).replace(/\.gz$/, '');
      response.header('content-security-policy', RENDERER.test(name) ? RENDERER_POLICY : PAGE_POLICY);
      response.header('x-content-type-options', 'nosniff');
      response.header('referrer-policy', 'no-referrer');
      response.header('cross-origin-opener-policy', 'same-origin');
      // The other files have a hash of what is in them in their names.
      const isNamedByContent = name !== 'index.html';
      response.header('cache-control', isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}
