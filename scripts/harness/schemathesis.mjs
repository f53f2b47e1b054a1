/**
 * The description of the API is true: schemathesis (a program in Python, put into `build/` by pip) makes requests of
 * every kind that `openapi.json` allows and many that it does not, and checks that no answer is a fault of the server,
 * undocumented, of another form than described, or a yes to what the description forbids.
 *
 *     node scripts/harness/schemathesis.mjs [--scale N] [--seed N]
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runHarness } from './options.mjs';
import { createKey, ROOT, startServer, temporaryFolder } from './server.mjs';

const VERSION = '4.32.5';
const ENVIRONMENT = join(ROOT, 'build', `schemathesis-${VERSION}`);
const PROGRAM = join(ENVIRONMENT, 'bin', 'schemathesis');
const SECONDS = 240;
/** Less than this and not every operation gets its turn. */
const LEAST_SECONDS = 40;
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'ignored_auth',
];

await runHarness('schemathesis', async ({ scale, seed }) => {
  try {
    install();
  } catch (error) {
    return { summary: `SKIPPED, since pip did not install it (${firstLine(error)}): NOTHING WAS SHOWN`, broken: [] };
  }
  const dataDir = temporaryFolder('schemathesis');
  const { key } = await createKey(dataDir);
  const { key: admin } = await createKey(dataDir, { admin: true, name: 'admin' });
  const server = await startServer({ dataDir });
  const seconds = Math.max(LEAST_SECONDS, SECONDS * scale);
  const runs = [
    await check(server.url, key, ['--exclude-path-regex', '^/admin'], Math.round(seconds * 0.6), seed),
    await check(server.url, admin, ['--include-path-regex', '^/admin'], Math.round(seconds * 0.4), seed),
  ];
  const broken = runs.filter(({ code }) => code !== 0).map(({ output }) => `\n${output}`);
  if (!server.isAlive()) broken.push(`the API process ended: ${server.log()}`);
  else if (/Error/.test(server.log())) broken.push(`the server failed: ${server.log()}`);
  await server.stop();
  const cases = runs.map(({ output }) => /[\d,]+ generated/.exec(output)?.[0] ?? 'none generated').join(' and ');
  return { summary: `requests for clients and administrators: ${cases}, in ${seconds} s`, broken };
});

function install() {
  if (existsSync(PROGRAM)) return;
  execFileSync('python3', ['-m', 'venv', '--clear', ENVIRONMENT], { stdio: 'pipe' });
  const pip = join(ENVIRONMENT, 'bin', 'pip');
  execFileSync(pip, ['install', '--quiet', `schemathesis==${VERSION}`], { stdio: 'pipe' });
}

function firstLine(error) {
  return String(error.stderr ?? error.message)
    .trim()
    .split('\n')
    .at(-1);
}

async function check(url, key, operations, seconds, seed) {
  const options = ['--url', url, '--header', `X-API-Key: ${key}`, '--checks', CHECKS.join(','), ...operations];
  options.push('--max-time', String(seconds), '--seed', String(seed), '--no-shrink', '--request-timeout', '70');
  const child = spawn(PROGRAM, ['run', join(ROOT, 'openapi.json'), ...options], {
    cwd: temporaryFolder('schemathesis-run'),
    env: { PATH: process.env.PATH, NO_COLOR: '1', SCHEMATHESIS_HOOKS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, output };
}
