import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type LocalCopies, openLocalCopies } from '../../../src/jobs/local-copies.js';

let directory: string;
let copies: LocalCopies;
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'omega-copies-')), 'copies');
  copies = openLocalCopies({ directory, idleMs: 100, maxIdleBytes: 10 });
});
afterEach(() => rm(join(directory, '..'), { recursive: true }));

const fetching = (text: string) =>
  vi.fn(async (path: string) => {
    await writeFile(path, text);
    return text.length;
  });
const read = (path: string) => readFile(path, 'utf8');
const files = () => readdir(directory);

test('a copy is fetched once for all who need it, also when it was given back a moment ago', async () => {
  const fetch = fetching('abc');
  expect(await Promise.all([1, 2, 3].map(() => copies.lend('a', fetch, read)))).toEqual(['abc', 'abc', 'abc']);
  expect(await copies.lend('a', fetch, read)).toBe('abc');
  expect(fetch).toHaveBeenCalledOnce();
});

test('a copy that nobody uses is erased after a while, one that is used is not', async () => {
  await copies.lend('a', fetching('abc'), async (path) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await read(path)).toBe('abc');
  });
  expect(await files()).toHaveLength(1);
  await vi.waitFor(async () => expect(await files()).toEqual([]));
});

test('idle copies that take too much room are erased, the longest idle first', async () => {
  const fetch = { a: fetching('aaaa'), b: fetching('bbbb'), c: fetching('cccc') };
  for (const name of ['a', 'b', 'a', 'c'] as const) await copies.lend(name, fetch[name], read);
  expect(await files()).toHaveLength(2);
  await copies.lend('a', fetch.a, read);
  expect(fetch.a).toHaveBeenCalledOnce();
  await copies.lend('b', fetch.b, read);
  expect(fetch.b).toHaveBeenCalledTimes(2);
});

test('a copy that could not be fetched fails all who waited for it, and is fetched again for the next', async () => {
  const failing = vi.fn(async (path: string) => {
    await writeFile(path, 'half of it');
    throw new Error('the line broke');
  });
  const outcomes = await Promise.allSettled([1, 2].map(() => copies.lend('a', failing, read)));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(failing).toHaveBeenCalledOnce();
  expect(await files()).toEqual([]);
  expect(await copies.lend('a', fetching('abc'), read)).toBe('abc');
});

test('a copy that is dropped while it is used is erased when that is over', async () => {
  await copies.lend('a', fetching('abc'), async (path) => {
    await copies.drop('a');
    expect(await read(path)).toBe('abc');
  });
  expect(await files()).toEqual([]);
});

test('copies that an earlier process left are erased at the start', async () => {
  await copies.lend('a', fetching('abc'), read);
  openLocalCopies({ directory, idleMs: 100, maxIdleBytes: 10 });
  expect(await files()).toEqual([]);
});
