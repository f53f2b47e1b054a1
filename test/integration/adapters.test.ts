/** The examples for other programs, run by them against a real server. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const DOCUMENTS = 'test/fixtures/documents';
const run = promisify(execFile);

let folder: string;
let server: ChildProcess;
let url: string;
let key: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'omega-adapters-'));
  const env = { PATH: process.env.PATH, OMEGA_DATA_DIR: join(folder, 'data'), OMEGA_PORT: '0', OMEGA_THREADS: '2' };
  server = spawn(process.execPath, ['dist/main.js', 'serve'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  for await (const chunk of server.stdout ?? []) {
    output += chunk;
    const found = [/listens on (\S+)\n/.exec(output)?.[1], /sk_live_\S+/.exec(output)?.[0]];
    if (found[0] === undefined || found[1] === undefined) continue;
    [url, key] = found as [string, string];
    return;
  }
  throw new Error(`The server ended: ${output}`);
});
afterAll(() => {
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const settings = (address: string) => ({ PATH: process.env.PATH, OCR_OMEGA_URL: address, OCR_OMEGA_KEY: key });

describe('the shell commands of docs/adapters.md', () => {
  it('read a document in one answer, and another one by waiting and fetching', async () => {
    const [, block = ''] = /```sh\nexport KEY=.*\n([^`]+)```/.exec(readFileSync('docs/adapters.md', 'utf8')) ?? [];
    const cwd = join(folder, 'shell');
    mkdirSync(cwd);
    copyFileSync(join(DOCUMENTS, 'letter.pdf'), join(cwd, 'scan.pdf'));
    copyFileSync(join(DOCUMENTS, 'two-pages.tiff'), join(cwd, 'book.tiff'));
    const env = { PATH: process.env.PATH, KEY: key, URL: url };
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', block], { cwd, env, encoding: 'utf8' });
    expect(stdout).toMatch(/^# Harbour Library Newsletter\n/);
    expect(stdout.match(/^event: .*$/gm)).toEqual(['event: job', 'event: page', 'event: page', 'event: end']);
    expect(readFileSync(join(cwd, 'book.md'), 'utf8')).toMatch(
      /The key is under the blue pot\..*Water the ferns on Tuesday\./s,
    );
  });
});

describe('the Python client', () => {
  const python = (address: string, ...files: string[]) =>
    run('python3', ['examples/python/ocr_omega.py', ...files], { env: settings(address), encoding: 'utf8' });

  let proxy: Server | undefined;
  afterEach(() => proxy?.close());

  /** Refuses the first requests that it gets with these statuses, and lets all later ones through to the server. */
  async function refusing(refusals: readonly number[], seen: IncomingMessage[]): Promise<string> {
    const rest = [...refusals];
    const handle = (incoming: IncomingMessage, answer: ServerResponse) => {
      seen.push(incoming);
      const status = rest.shift();
      if (status !== undefined) {
        incoming.resume().once('end', () => {
          answer.writeHead(status, { 'retry-after': '1', 'content-type': 'application/problem+json' });
          answer.end(JSON.stringify({ code: 'limit.rate', detail: 'Later.' }));
        });
        return;
      }
      const { method, headers, url: path } = incoming;
      const onward = request(new URL(path as string, url), { method, headers }, (response) => {
        answer.writeHead(response.statusCode as number, response.headers);
        response.pipe(answer);
      });
      incoming.pipe(onward);
    };
    proxy = createServer(handle).listen(0, '127.0.0.1');
    await new Promise((listening) => proxy?.once('listening', listening));
    return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  }

  it('prints the Markdown of documents of several types', async () => {
    const { stdout } = await python(url, `${DOCUMENTS}/letter.pdf`, `${DOCUMENTS}/alpha.png`);
    expect(stdout).toMatch(/^# Harbour Library Newsletter\n/);
    expect(stdout).toMatch(/Drawn on clear film/);
  });

  it('tries again when a refusal says, with one idempotency key, so that one job comes of it', async () => {
    const seen: IncomingMessage[] = [];
    const startedAt = performance.now();
    const { stdout } = await python(await refusing([429, 503], seen), `${DOCUMENTS}/letter.pdf`);
    expect(performance.now() - startedAt).toBeGreaterThan(2_000);
    expect(stdout).toMatch(/^# Harbour Library Newsletter\n/);
    const submissions = seen.filter(({ method }) => method === 'POST');
    expect(submissions.length).toBe(3);
    expect(new Set(submissions.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('goes on after a file that cannot be read, and says so', async () => {
    const failure = python(url, 'package.json', `${DOCUMENTS}/letter.pdf`);
    await expect(failure).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^package\.json: .+ \(file\.unsupported-type\)\n$/),
      stdout: expect.stringMatching(/^# Harbour Library Newsletter\n/),
    });
  });
});

const OCRMYPDF = [...(process.env.PATH ?? '').split(delimiter), 'build/hocr-tools/bin']
  .map((place) => resolve(place, 'ocrmypdf'))
  .find((path) => existsSync(path));
if (OCRMYPDF === undefined) {
  console.warn('NOT TESTED: the plugin for OCRmyPDF. ocrmypdf is neither on the PATH nor in build/hocr-tools/bin.');
}

describe.skipIf(OCRMYPDF === undefined)('the plugin for OCRmyPDF', () => {
  /** What is read from the PDF's own text alone. */
  async function textOf(pdf: string): Promise<string> {
    const { stdout } = await run(process.execPath, ['dist/main.js', 'ocr', pdf, '--text-layer', 'only'], {
      encoding: 'utf8',
    });
    return stdout;
  }

  async function ocrmypdf(from: string, name: string, ...options: readonly string[]): Promise<string> {
    const to = join(folder, name);
    const env = { ...settings(url), PYTHONPATH: 'examples/python' };
    const plugin = ['--plugin', 'examples/ocrmypdf/ocr_omega_plugin.py'];
    const { stderr } = await run(OCRMYPDF as string, [...plugin, ...options, from, to], { env, encoding: 'utf8' });
    expect(stderr).not.toContain('Use --rotate-pages');
    return textOf(to);
  }

  it('gives a scan a layer of the text that the server read', async () => {
    const text = await ocrmypdf(join(DOCUMENTS, 'scan.pdf'), 'scan.pdf');
    expect(text.replace(/\s+/g, ' ')).toContain(
      'The balance on 30 June was 1,284.50. The new greenhouse cost 946.00, of which 300.00 were',
    );
  });

  it('turns pages by what the server says of them', async () => {
    const sideways = join(folder, 'sideways.png');
    await sharp(join(DOCUMENTS, 'receipt.png')).rotate(90).toFile(sideways);
    const text = await ocrmypdf(sideways, 'sideways.pdf', '--rotate-pages', '--image-dpi', '200');
    expect(text.replace(/\s+/g, ' ')).toContain('2 Rye bread 7.80 1 Plum cake 4.25 3 Rolls 2.10 TOTAL 14.15');
  });
});
