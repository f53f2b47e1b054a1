/**
 * Runs inside the trial's root, by the bundle's own Node: starts the installed server, talks to it over loopback, stops it.
 *
 *     node visit.mjs submit FILE      prints {key, id, markdown}
 *     node visit.mjs read KEY ID      prints {status, markdown}
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openAsBlob } from 'node:fs';

const [action, ...values] = process.argv.slice(2);
const server = spawn('/opt/ocr-omega/bin/omega', ['serve'], {
  env: { PATH: '/usr/bin:/bin', OMEGA_PORT: '0', OMEGA_THREADS: '1', OMEGA_LOG_LEVEL: 'error' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const { url, key } = await started(action === 'submit');
  console.log(JSON.stringify(action === 'submit' ? await submit(url, key, values[0]) : await read(url, ...values)));
} finally {
  server.kill('SIGTERM');
  await once(server, 'exit');
}

async function started(saysKey) {
  let output = '';
  for await (const chunk of server.stdout) {
    output += chunk;
    const url = /listens on (\S+)\n/.exec(output)?.[1];
    const key = /sk_live_\S+/.exec(output)?.[0];
    if (url !== undefined && (!saysKey || key !== undefined)) return { url, key };
  }
  throw new Error(`the server ended: ${output}`);
}

async function submit(url, key, file) {
  const body = new FormData();
  body.append('file', await openAsBlob(file), 'document');
  const job = await answer(`${url}/v1/ocr?wait=60`, { method: 'POST', headers: { 'x-api-key': key }, body });
  return { key, id: job.id, markdown: job.results[0].raw_markdown };
}

async function read(url, key, id) {
  const job = await answer(`${url}/v1/jobs/${id}`, { headers: { 'x-api-key': key } });
  return { status: job.status, markdown: job.results[0].raw_markdown };
}

async function answer(address, request) {
  const response = await fetch(address, request);
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return response.json();
}
