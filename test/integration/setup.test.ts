import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolders } from '../fixtures/models-folder.js';

const ROOT = join(import.meta.dirname, '../..');
const folder = temporaryFolders();

function runSetup(root: string, env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(process.execPath, [join(root, 'scripts/setup.mjs')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    child.on('close', (code) => done({ code, ...output }));
  });
}

/** What set-up reads of a fresh clone. */
function clone(): string {
  const root = folder();
  for (const path of ['package.json', 'package-lock.json', '.npmrc', 'CMakeLists.txt', 'scripts', 'tsconfig.json']) {
    cpSync(join(ROOT, path), join(root, path), { recursive: true });
  }
  mkdirSync(join(root, 'models'));
  cpSync(join(ROOT, 'models/manifest.json'), join(root, 'models/manifest.json'));
  return root;
}

test('a set-up with nothing to do says nothing, also when two run at once', async () => {
  await runSetup(ROOT);
  expect(await Promise.all([runSetup(ROOT), runSetup(ROOT)])).toEqual([
    { code: 0, stdout: '', stderr: '' },
    { code: 0, stdout: '', stderr: '' },
  ]);
});

test('on a machine without tools, one sentence names them all, and nothing is begun', async () => {
  const root = clone();
  const { npm_execpath: _, CXX: __, ...env } = process.env;
  expect(await runSetup(root, { ...env, PATH: join(root, 'nothing here') })).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'setup: missing npm, python3, C++ compiler, make, cmake, pip: install (Debian, Ubuntu: apt-get install npm python3 g++ make cmake python3-pip) and run this again.\n',
  });
  expect(readdirSync(root)).not.toContain('node_modules');
  expect(readdirSync(join(root, 'build/setup'))).toEqual([]);
});
