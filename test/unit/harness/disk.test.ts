import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDisk } from '../../../scripts/harness/disk.mjs';

let folder: string;
let disk: ReturnType<typeof openDisk>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'omega-disk-'));
  disk = openDisk(folder);
});
beforeEach(() => disk.format());
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `script` in a process whose working directory is the disk; `fs` and `sync(path)` are at hand. */
function onDisk(script: string): void {
  const prelude = `const fs = require('node:fs');
    const sync = (path) => { const file = fs.openSync(path, 'r'); fs.fsyncSync(file); fs.closeSync(file); };`;
  execFileSync(process.execPath, ['-e', prelude + script], { cwd: disk.root(), env: disk.environment() });
}

/** What is on the disk: files with their content, directories with undefined. */
function contents(): Record<string, string | undefined> {
  const paths = readdirSync(disk.root(), { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    paths.map((path) => {
      const file = join(disk.root(), path);
      return [path, statSync(file).isFile() ? readFileSync(file, 'utf8') : undefined];
    }),
  );
}

const nothingSurvives = () => false;

test('a file is there after a cut only if both it and its directory were synced', () => {
  onDisk(`
    fs.writeFileSync('both', '1'); sync('both');
    fs.writeFileSync('entry only', '2');
    fs.mkdirSync('sub'); sync('.');
    fs.writeFileSync('content only', '3'); sync('content only');
    fs.writeFileSync('sub/x', '4'); sync('sub/x'); sync('sub');
    fs.mkdirSync('lost'); fs.writeFileSync('lost/y', '5'); sync('lost/y'); sync('lost');`);
  disk.cut(nothingSurvives);
  expect(contents()).toEqual({ both: '1', 'entry only': '', sub: undefined, 'sub/x': '4' });
});

test('a file is as it was when it was synced last', () => {
  onDisk(`
    fs.writeFileSync('a', 'first'); sync('a'); sync('.');
    fs.writeFileSync('a', 'then'); fs.fdatasyncSync(fs.openSync('a', 'r+'));
    fs.appendFileSync('a', ' and now');`);
  disk.cut(nothingSurvives);
  expect(contents()).toEqual({ a: 'then' });
});

test('a removal that was not synced is undone, and one that was is not', () => {
  onDisk(`
    for (const name of ['a', 'b']) { fs.writeFileSync(name, name); sync(name); }
    sync('.'); fs.rmSync('a'); sync('.'); fs.rmSync('b');`);
  disk.cut(nothingSurvives);
  expect(contents()).toEqual({ b: 'b' });
});

test('what survived one cut survives the next', () => {
  onDisk(`fs.mkdirSync('sub'); fs.writeFileSync('sub/a', '1'); for (const path of ['sub/a', 'sub', '.']) sync(path);`);
  disk.cut(nothingSurvives);
  disk.cut(nothingSurvives);
  expect(contents()).toEqual({ sub: undefined, 'sub/a': '1' });
});

test('where everything survives, a cut changes nothing', () => {
  onDisk(`
    fs.writeFileSync('a', 'old'); sync('a'); fs.writeFileSync('gone', ''); sync('.');
    fs.writeFileSync('a', 'newer'); fs.rmSync('gone'); fs.mkdirSync('sub'); fs.writeFileSync('sub/b', 'never synced');`);
  const before = contents();
  disk.cut(() => true);
  expect(contents()).toEqual(before);
  expect(before).toEqual({ a: 'newer', sub: undefined, 'sub/b': 'never synced' });
});

test('of a file that was not synced, any part may survive', () => {
  onDisk(`
    fs.writeFileSync('a', 'o'.repeat(3 * 4096)); sync('a'); sync('.');
    fs.writeFileSync('b', 'n'.repeat(3 * 4096)); fs.copyFileSync('b', 'a'); fs.rmSync('b');`);
  const answers = [false, true, false];
  disk.cut(() => answers.shift() ?? false);
  expect(contents()).toEqual({ a: 'o'.repeat(4096) + 'n'.repeat(4096) + 'o'.repeat(4096) });
});
