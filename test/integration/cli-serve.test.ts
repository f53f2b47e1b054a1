import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openAsBlob, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

let folder: string;
let environment: NodeJS.ProcessEnv;
let server: ChildProcess | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'omega-serve-'));
  environment = { PATH: process.env.PATH, OMEGA_DATA_DIR: join(folder, 'data'), OMEGA_PORT: '0', OMEGA_THREADS: '1' };
});
afterEach(() => server?.kill('SIGKILL'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Standard output up to the point where the server has said all it says at its start. */
async function start(saysKey: boolean): Promise<{ url: string; key: string | undefined; output: string }> {
  server = spawn('node', ['dist/main.js', 'serve'], { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  for await (const chunk of server.stdout ?? []) {
    output += chunk;
    const url = /listens on (\S+)\n/.exec(output)?.[1];
    const key = /sk_live_\S+/.exec(output)?.[0];
    if (url !== undefined && (!saysKey || key !== undefined)) return { url, key, output };
  }
  throw new Error(`The server ended: ${output}`);
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}

const run = (...args: string[]) =>
  spawnSync('node', ['dist/main.js', ...args], { env: environment, encoding: 'utf8', timeout: 60_000 });

describe('omega serve', () => {
  it('prints a first key once, reads a document, refuses a second server and stops when told to', async () => {
    const { url, key = '', output } = await start(true);
    expect(output).toContain(`console ${url}/ · reference of the API ${url}/docs\n`);
    expect(output).toContain(`    curl -H "X-API-Key: ${key}" -F file=@page.png "${url}/v1/ocr?wait=60"\n`);
    const form = new FormData();
    form.append('file', await openAsBlob('test/fixtures/documents/letter.pdf'), 'letter.pdf');
    const answer = await fetch(`${url}/v1/ocr?wait=60`, { method: 'POST', headers: { 'x-api-key': key }, body: form });
    expect(answer.status).toBe(200);
    const job = (await answer.json()) as { results: { raw_markdown: string }[] };
    expect(job.results[0]?.raw_markdown).toMatch(/^# Harbour Library Newsletter\n/);

    const second = run('serve');
    expect(second.stderr).toBe('error: Another server is already running on this data directory; stop it first.\n');
    expect(second.status).toBe(1);

    server?.kill('SIGTERM');
    expect(await once(server as ChildProcess, 'exit')).toEqual([0, null]);

    const again = await start(false);
    expect(again.key).toBeUndefined();
  });

  it('serves on when nobody reads what it prints', async () => {
    const port = await freePort();
    server = spawn('node', ['dist/main.js', 'serve'], {
      env: { ...environment, OMEGA_DATA_DIR: join(folder, 'unread'), OMEGA_PORT: String(port) },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    server.stdout?.destroy();
    const ready = async () => (await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined))?.status;
    await expect.poll(ready, { timeout: 30_000 }).toBe(200);
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
  });

  it('knows new keys at once and revoked ones no more, those of administrators too, and finishes the jobs of both', async () => {
    const create = (...flags: string[]) => run('keys', 'create', ...flags).stdout.trim();
    const [old, admin] = [create('--name', 'old', '--credits', '100'), create('--name', 'admin', '--admin')];
    const { url } = await start(false);
    const idOf = (key: string) => key.split('_')[2] as string;
    const ask = (key: string, path: string, init: RequestInit = {}) =>
      fetch(`${url}${path}`, { ...init, headers: { 'x-api-key': key } });
    const submit = async (key: string) => {
      const form = new FormData();
      form.append('file', await openAsBlob('test/fixtures/documents/alpha.png'), 'alpha.png');
      return ask(key, '/v1/ocr', { method: 'POST', body: form });
    };
    expect((await submit(old)).status).toBe(202);
    const [next, nextAdmin] = [create('--name', 'next', '--credits', '100'), create('--name', 'next-admin', '--admin')];
    expect((await submit(next)).status).toBe(202);
    expect((await ask(old, '/v1/usage')).status).toBe(200);

    expect((await ask(admin, `/admin/keys/${idOf(old)}`, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(old, '/v1/usage')).status).toBe(401);
    expect((await submit(old)).status).toBe(401);
    expect((await ask(nextAdmin, `/admin/keys/${idOf(admin)}`, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(admin, '/admin/keys')).status).toBe(401);

    const credits = async (key: string) => {
      const { keys } = (await (await ask(nextAdmin, '/admin/keys')).json()) as {
        keys: { id: string; credits: { reserved: number; used: number } }[];
      };
      const found = keys.find(({ id }) => id === idOf(key));
      return { reserved: found?.credits.reserved, isUsed: (found?.credits.used ?? 0) > 0 };
    };
    await expect.poll(() => credits(old), { timeout: 60_000 }).toEqual({ reserved: 0, isUsed: true });
    await expect.poll(() => credits(next), { timeout: 60_000 }).toEqual({ reserved: 0, isUsed: true });
  });

  it('refuses a misspelled variable and says which was meant', () => {
    const { status, stderr } = spawnSync('node', ['dist/main.js', 'serve'], {
      env: { ...environment, OMEGA_PROT: '1' },
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^error: .*OMEGA_PROT.*OMEGA_PORT/);
    expect(status).toBe(2);
  });
});

describe('omega keys', () => {
  it('creates, changes, tops up, lists and revokes keys', () => {
    const created = run('keys', 'create', '--name', 'app', '--plan', 'free', '--credits', '5');
    const id = /^sk_live_([0-9a-f]{16})_\S+\n$/.exec(created.stdout)?.[1] ?? '';
    expect(run('keys', 'plan', id, 'starter').stdout).toBe(`Key ${id} has the plan starter.\n`);
    expect(run('keys', 'grant', id, '7').stdout).toBe(`Key ${id} has 12 credits available.\n`);
    expect(run('keys', 'revoke', id).stdout).toBe(`Key ${id} is revoked.\n`);
    const row = run('keys', 'list')
      .stdout.split('\n')
      .find((line) => line.startsWith(id));
    expect(row?.split(/ {2,}/).slice(1, 5)).toEqual(['app', 'client', 'starter', '12']);
    expect(row).toMatch(/revoked$/);
    const changes = run('keys', 'audit')
      .stdout.split('\n')
      .filter((line) => line.includes(id));
    expect(changes.map((line) => line.split(/ {2,}/).slice(1, 3).join(' '))).toEqual([
      'cli key.revoke',
      'cli key.grant',
      'cli key.plan',
      'cli key.create',
    ]);
    expect(run('keys', 'plan', id, 'busines')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('(did you mean "business"?), not "busines".'),
    });
    expect(run('keys', 'grant', id, '0')).toMatchObject({
      status: 2,
      stderr: 'error: Option "credits" must be a whole number from 1 to 1000000000, not "0".\n',
    });
    expect(run('keys', 'revoke', id)).toMatchObject({ status: 1, stderr: 'error: There is no key with this id.\n' });
  });
});
