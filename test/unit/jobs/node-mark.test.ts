import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eraseNodeMark, readNodeMark, writeNodeMark } from '../../../src/jobs/node-mark.js';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'omega-mark-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

test('a mark is found until it is erased', () => {
  expect(readNodeMark(dataDir)).toBeUndefined();
  writeNodeMark(dataDir, { id: 'first', host: 'machine' });
  writeNodeMark(dataDir, { id: 'second', host: 'machine' });
  expect(readNodeMark(dataDir)).toEqual({ id: 'second', host: 'machine' });
  eraseNodeMark(dataDir);
  eraseNodeMark(dataDir);
  expect(readNodeMark(dataDir)).toBeUndefined();
});

test.each(['', '{"id":"cut o', 'null', '{"id":1,"host":"machine"}'])('%j is no mark', (text) => {
  writeFileSync(join(dataDir, 'node.json'), text);
  expect(readNodeMark(dataDir)).toBeUndefined();
});

test('a directory that is away is a failure of the storage', () => {
  expect(() => writeNodeMark(join(dataDir, 'away'), { id: 'first', host: 'machine' })).toThrow(
    expect.objectContaining({ code: 'storage.failed', message: 'The data directory could not be written (ENOENT).' }),
  );
});
