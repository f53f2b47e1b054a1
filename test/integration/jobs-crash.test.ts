/** Nothing that was accepted is lost, and nothing is charged twice, by a process that is killed at any moment. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/jobs/sqlite.js';
import { type AcceptedJob, acceptedJob, createKeys, expectExactBooks, finishAll } from '../fixtures/jobs-books.js';

const KILLS = 20;
const PROGRAM = fileURLToPath(new URL('../fixtures/jobs-under-load.mjs', import.meta.url));

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'omega-crash-'));
});
afterAll(() => rm(dataDir, { recursive: true }));

/** Runs the program and kills it a random while after its first job. Returns the lines it wrote whole. */
async function runAndKill(): Promise<readonly string[]> {
  const child = spawn(process.execPath, [PROGRAM, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: string[] = [];
  let killing: Promise<unknown> | undefined;
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    chunks.push(chunk);
    killing ??= delay(Math.random() * 250).then(() => child.kill('SIGKILL'));
  }
  await killing;
  return chunks.join('').split('\n').slice(0, -1);
}

test(`after ${KILLS} kills every accepted job ends with each page once, and the books balance`, async () => {
  await createKeys(dataDir);
  const accepted: AcceptedJob[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    accepted.push(...(await runAndKill()).map(acceptedJob));
  }
  expect(accepted.length).toBeGreaterThan(KILLS);

  const store = openSqliteStore({ dataDir, role: 'server' });
  await finishAll(store, dataDir);
  await expectExactBooks(store, accepted);
  await store.close();
  expect(await readdir(join(dataDir, 'uploads'))).toEqual([]);
});
