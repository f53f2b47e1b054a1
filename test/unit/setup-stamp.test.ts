import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { isFresh, recordInputs, writeStamp } from '../../scripts/stamp.mjs';
import { temporaryFolders } from '../fixtures/models-folder.js';

const folder = temporaryFolders();
const INPUTS = ['source', 'config.json'];
let root: string;
let stamp: string;
const fresh = (key = 'linux-x64') => isFresh(root, stamp, key, INPUTS);

beforeEach(() => {
  root = folder({ 'config.json': '{}' });
  stamp = join(root, 'stamps/step.json');
  mkdirSync(join(root, 'source/deep'), { recursive: true });
  writeFileSync(join(root, 'source/deep/a.ts'), 'a');
  mkdirSync(join(root, 'built'));
  writeFileSync(join(root, 'built/a.js'), 'a');
  writeStamp(root, stamp, 'linux-x64', recordInputs(root, INPUTS), ['built']);
});

test('a step is fresh when nothing changed', () => {
  expect(fresh()).toBe(true);
});

test('a step without a stamp, or with half a stamp, is stale', () => {
  writeFileSync(stamp, '{"key": "linux-x64", "inp');
  expect(fresh()).toBe(false);
  rmSync(stamp);
  expect(fresh()).toBe(false);
});

test('another platform makes it stale', () => {
  expect(fresh('linux-arm64')).toBe(false);
});

test('an edit of the same length makes it stale', () => {
  writeFileSync(join(root, 'source/deep/a.ts'), 'b');
  expect(fresh()).toBe(false);
});

test('an input that was only touched does not', () => {
  utimesSync(join(root, 'source/deep/a.ts'), 1, 1);
  expect(fresh()).toBe(true);
});

test('a new input file makes it stale, and so does a removed one', () => {
  writeFileSync(join(root, 'source/b.ts'), 'b');
  expect(fresh()).toBe(false);
  rmSync(join(root, 'source/b.ts'));
  expect(fresh()).toBe(true);
  rmSync(join(root, 'config.json'));
  expect(fresh()).toBe(false);
});

test('an output that is gone or was changed makes it stale', () => {
  const output = join(root, 'built/a.js');
  const { atime, mtime } = statSync(output);
  writeFileSync(output, 'longer');
  utimesSync(output, atime, mtime);
  expect(fresh()).toBe(false);
  rmSync(output);
  expect(fresh()).toBe(false);
});

test('an edit made while the step ran leaves it stale', () => {
  const before = recordInputs(root, INPUTS);
  writeFileSync(join(root, 'source/deep/a.ts'), 'edited meanwhile');
  writeStamp(root, stamp, 'linux-x64', before, ['built']);
  expect(fresh()).toBe(false);
});
