/** How the web console's files are served. What they do is tried in test/browser. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Harness, startHarness } from './server-harness.js';

const PAGE = '<!doctype html><title>Console</title>';
const SCRIPT = `export const long = '${'x'.repeat(1_000)}';`;

let folder: string;
let server: Harness;

async function startWith(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'omega-console-'));
  mkdirSync(join(folder, 'assets'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  server = await startHarness({ consoleDir: folder });
}

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}) => fetch(server.url + path, { headers });

describe('a console that was built', () => {
  beforeEach(() =>
    startWith({
      'index.html': PAGE,
      'assets/index-a1.js': SCRIPT,
      'assets/index-a1.js.gz': gzipSync(SCRIPT),
      'assets/render-worker-b2.js': '',
    }),
  );

  test('is at the root, without a key, and looked for anew each time', async () => {
    const response = await get('/');
    expect(await response.text()).toBe(PAGE);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('has files that are kept for good, compressed for those who take that', async () => {
    const plain = await get('/assets/index-a1.js', { 'accept-encoding': 'identity' });
    expect(await plain.text()).toBe(SCRIPT);
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const compressed = await get('/assets/index-a1.js', { 'accept-encoding': 'gzip' });
    expect(compressed.headers.get('content-encoding')).toBe('gzip');
    expect(Number(compressed.headers.get('content-length'))).toBeLessThan(SCRIPT.length / 2);
    expect(await compressed.text()).toBe(SCRIPT);
  });

  test('runs nothing but its own files; only the renderer compiles WebAssembly', async () => {
    const policy = async (path: string) => (await get(path)).headers.get('content-security-policy') ?? '';
    expect(await policy('/')).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(await policy('/')).not.toContain('unsafe');
    expect(await policy('/assets/index-a1.js')).toBe(await policy('/'));
    expect(await policy('/assets/render-worker-b2.js')).toBe(
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
    );
  });

  test.each(['/assets/none.js', '/assets/index-a1.js.gz', '/assets/..%2f..%2fpackage.json', '/assets/', '/index.htm'])(
    'has nothing at %s',
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'route.not-found' });
    },
  );
});

test('a console that was not built is told in the log, and the API is served', async () => {
  await startWith({});
  expect((await get('/')).status).toBe(404);
  expect((await get('/health')).status).toBe(200);
  expect(server.logs()).toContain('the web console is not built');
});
