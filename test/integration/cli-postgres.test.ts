/** The command line on a PostgreSQL database instead of the data directory. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openAsBlob, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../src/cli/version.js';
import { PLANS } from '../../src/schema/plans.js';
import { type PostgresServer, postgresPrograms, startPostgres } from '../fixtures/postgres-server.js';

const programs = postgresPrograms();
const PASSWORD = 'swordfish';

describe.runIf(programs !== undefined)('omega with OMEGA_DATABASE_URL', () => {
  let postgres: PostgresServer;
  let folder: string;
  let environment: NodeJS.ProcessEnv;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    postgres = await startPostgres(programs as string);
    folder = mkdtempSync(join(tmpdir(), 'omega-postgres-cli-'));
    const url = new URL(await postgres.createDatabase());
    // Any password is right where the server trusts everybody.
    url.password = PASSWORD;
    environment = {
      PATH: process.env.PATH,
      OMEGA_DATABASE_URL: url.href,
      OMEGA_PORT: '0',
      OMEGA_THREADS: '1',
      OMEGA_LOG_LEVEL: 'trace',
    };
  });
  afterAll(() => {
    for (const child of started) child.kill('SIGKILL');
    postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (...args: string[]) =>
    spawnSync('node', ['dist/main.js', ...args], { env: environment, encoding: 'utf8', timeout: 60_000 });

  /** What it writes until `said` matches, and from then on. */
  async function start(command: string, name: string, said: RegExp, ...flags: string[]) {
    const env = { ...environment, OMEGA_DATA_DIR: join(folder, name) };
    const child = spawn('node', ['dist/main.js', command, ...flags], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    started.push(child);
    let output = '';
    const found = new Promise<RegExpExecArray>((resolve, reject) => {
      const listen = (chunk: Buffer) => {
        output += chunk;
        const match = said.exec(output);
        if (match !== null) resolve(match);
      };
      child.stdout.on('data', listen);
      child.stderr.on('data', listen);
      child.once('exit', () => reject(new Error(`It ended: ${output}`)));
    });
    const match = await found;
    return { child, match, output: () => output };
  }

  it('keeps keys there, serves from it, and tells its address to nobody', async () => {
    const [key = ''] = /sk_live_\S+/.exec(run('keys', 'create', '--name', 'app').stdout) ?? [];
    const { child, match, output } = await start('serve', 'first', /listens on (\S+)\n/);
    const form = new FormData();
    form.append('file', await openAsBlob('test/fixtures/documents/letter.pdf'), 'letter.pdf');
    const answer = await fetch(`${match[1]}/v1/ocr?wait=60`, {
      method: 'POST',
      headers: { 'x-api-key': key },
      body: form,
    });
    expect(answer.status).toBe(200);
    const job = (await answer.json()) as { results: { raw_markdown: string }[] };
    expect(job.results[0]?.raw_markdown).toMatch(/^# Harbour Library Newsletter\n/);
    expect(run('doctor').stdout).toContain('ok    Database: PostgreSQL writes, with fsync on\n');
    expect(run('keys', 'list').stdout).toMatch(/^\S+ +app +client/m);

    const engines = childrenOf(child.pid as number);
    expect(engines).not.toEqual([]);
    for (const pid of engines) expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('OMEGA_');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(output()).not.toContain(PASSWORD);
    expect(readdirSync(join(folder, 'first'))).not.toContain('omega.db');
  });

  it('a server that reads nothing itself answers what a worker reads; both are listed, and drain', async () => {
    const [key = ''] = /sk_live_\S+/.exec(run('keys', 'create', '--name', 'two').stdout) ?? [];
    const api = await start('serve', 'api', /listens on (\S+)\n/, '--api-only');
    const worker = await start('worker', 'worker', /reads pages, 1 at the same time\n/);
    const rows = run('nodes')
      .stdout.trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/).slice(2, 7));
    expect(rows).toEqual([
      ['ROLE', 'VERSION', 'THREADS', 'DEVICES', 'READING'],
      ['serve', VERSION, '0', '-', '0'],
      ['worker', VERSION, '1', 'cpu', '0'],
    ]);

    const form = new FormData();
    form.append('searchable_pdf', 'true');
    form.append('file', await openAsBlob('test/fixtures/documents/letter.pdf'), 'letter.pdf');
    const headers = { 'x-api-key': key };
    const answer = await fetch(`${api.match[1]}/v1/ocr?wait=60`, { method: 'POST', headers, body: form });
    expect(answer.status).toBe(200);
    const job = (await answer.json()) as { id: string; results: { raw_markdown: string }[] };
    expect(job.results[0]?.raw_markdown).toMatch(/^# Harbour Library Newsletter\n/);
    const pdf = await fetch(`${api.match[1]}/v1/jobs/${job.id}/result?format=pdf`, { headers });
    expect(Buffer.from(await pdf.arrayBuffer()).toString('latin1')).toMatch(/^%PDF-/);

    for (const { child } of [worker, api]) {
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([0, null]);
    }
    expect(run('nodes').stdout).toBe('There are no nodes: "omega serve" and "omega worker" start some.\n');
  });

  it('a worker that was killed is found dead by the next one on its data directory', async () => {
    const workers = () =>
      run('nodes')
        .stdout.split('\n')
        .filter((line) => line.includes('  worker  '));
    const reads = /reads pages, 1 at the same time\n/;
    const killed = await start('worker', 'again', reads);
    const [before] = workers();
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');
    expect(readdirSync(join(folder, 'again'))).toContain('node.json');
    const next = await start('worker', 'again', reads);
    expect(workers()).toHaveLength(1);
    expect(workers()[0]?.split(' ')[0]).not.toBe(before?.split(' ')[0]);
    next.child.kill('SIGTERM');
    expect(await once(next.child, 'exit')).toEqual([0, null]);
    expect(readdirSync(join(folder, 'again'))).not.toContain('node.json');
  });

  it('counts requests and credits of a key exactly, whichever server they go to', async () => {
    const credits = 3;
    const created = run('keys', 'create', '--name', 'race', '--plan', 'free', '--credits', String(credits));
    const [key = ''] = /sk_live_\S+/.exec(created.stdout) ?? [];
    const [{ limit }] = PLANS.free;
    const servers = [
      await start('serve', 'one', /listens on (\S+)\n/, '--api-only'),
      await start('serve', 'other', /listens on (\S+)\n/, '--api-only'),
    ];
    const ask = async (index: number, path: string, init: RequestInit = {}) => {
      const url = servers[index % servers.length]?.match[1];
      return (await fetch(`${url}${path}`, { ...init, headers: { 'x-api-key': key } })).status;
    };
    const documents = 2 * credits;
    const submitted = await Promise.all(
      Array.from({ length: documents }, async (_, index) => {
        const form = new FormData();
        form.append('file', await openAsBlob('test/fixtures/documents/letter.pdf'), 'letter.pdf');
        return ask(index, '/v1/ocr', { method: 'POST', body: form });
      }),
    );
    expect(submitted.filter((status) => status === 202)).toHaveLength(credits);
    expect(submitted.filter((status) => status === 402)).toHaveLength(credits);
    const asked = await Promise.all(Array.from({ length: limit }, (_, index) => ask(index, '/v1/usage')));
    expect(asked.filter((status) => status === 200)).toHaveLength(limit - documents);
    expect(asked.filter((status) => status === 429)).toHaveLength(documents);
    for (const { child } of servers) child.kill('SIGKILL');
  });

  it.each([
    [['worker'], 'A worker shares its jobs with servers: set OMEGA_DATABASE_URL to theirs.'],
    [['serve', '--api-only'], 'With --api-only other nodes read the pages: set OMEGA_DATABASE_URL to theirs.'],
    [['nodes'], 'Without OMEGA_DATABASE_URL there is one server, and no other nodes.'],
  ])('without a database "omega %j" is refused', (args, sentence) => {
    const { status, stderr } = spawnSync('node', ['dist/main.js', ...args], {
      env: { PATH: process.env.PATH },
      encoding: 'utf8',
    });
    expect(stderr).toBe(`error: ${sentence}\n`);
    expect(status).toBe(2);
  });

  it('refuses another kind of address without repeating it', () => {
    const { status, stderr } = spawnSync('node', ['dist/main.js', 'keys', 'list'], {
      env: { ...environment, OMEGA_DATABASE_URL: `mysql://omega:${PASSWORD}@127.0.0.1/omega` },
      encoding: 'utf8',
    });
    expect(stderr).toBe(
      'error: Variable "OMEGA_DATABASE_URL" must be a URL like postgres://user:password@host:port/database.\n',
    );
    expect(status).toBe(2);
  });
});

function childrenOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
}
