import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDirectory } from '../../../src/jobs/directories.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'omega-directories-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a directory and those missing above it are created for their owner alone', () => {
  createDirectory(join(folder, 'a', 'b', 'c'));
  for (const path of ['a', 'a/b', 'a/b/c']) {
    const status = statSync(join(folder, path));
    expect(status.isDirectory()).toBe(true);
    expect(status.mode & 0o777).toBe(0o700);
  }
});

test('a directory that is there is left as it is', () => {
  createDirectory(join(folder, 'a'));
  const { ino, mode } = statSync(join(folder, 'a'));
  createDirectory(join(folder, 'a'));
  expect(statSync(join(folder, 'a'))).toMatchObject({ ino, mode });
});

test('a relative path is created below the working directory', () => {
  const before = process.cwd();
  process.chdir(folder);
  try {
    createDirectory('relative/data');
  } finally {
    process.chdir(before);
  }
  expect(statSync(join(folder, 'relative', 'data')).isDirectory()).toBe(true);
});
