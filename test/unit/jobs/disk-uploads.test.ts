import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDiskUploads } from '../../../src/jobs/disk-uploads.js';
import type { Uploads } from '../../../src/jobs/uploads.js';

let dataDir: string;
let uploads: Uploads;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'omega-uploads-'));
  uploads = await openDiskUploads(dataDir, 10);
});
afterEach(() => rm(dataDir, { recursive: true }));

const source = (...chunks: string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
const names = () => readdir(join(dataDir, 'uploads'));

test('an upload lies on the disk as it came, with its size and hash, readable by its owner alone', async () => {
  const upload = await uploads.receive(source('hello', 'world'));
  expect(upload).toEqual({
    name: upload.name,
    bytes: 10,
    sha256: createHash('sha256').update('helloworld').digest('hex'),
  });
  await uploads.lend(upload.name, async (path) => {
    expect(path).toBe(join(dataDir, 'uploads', upload.name));
    expect(await readFile(path, 'utf8')).toBe('helloworld');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
  expect(await names()).toEqual([upload.name]);
});

test('an upload past the limit is refused and leaves nothing', async () => {
  await expect(uploads.receive(source('hello', 'world', '!'))).rejects.toMatchObject({ code: 'file.too-large' });
  expect(await names()).toEqual([]);
});

test.each([0, 1, 3])(
  'a source that fails after %i chunks fails the upload with its own error, and leaves nothing',
  async (chunks) => {
    const failing = Readable.from(
      (function* () {
        for (let chunk = 0; chunk < chunks; chunk += 1) yield Buffer.from('abc');
        throw new Error('the caller hung up');
      })(),
    );
    await expect(uploads.receive(failing)).rejects.toThrow('the caller hung up');
    expect(await names()).toEqual([]);
  },
);

test('a source that is destroyed midway leaves nothing', async () => {
  const hanging = new Readable({ read() {} });
  hanging.push('abc');
  const receiving = uploads.receive(hanging);
  setImmediate(() => hanging.destroy());
  await expect(receiving).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
  expect(await names()).toEqual([]);
});

test('an upload that cannot be written is a storage failure without a path', async () => {
  await rm(join(dataDir, 'uploads'), { recursive: true });
  await expect(uploads.receive(source('abc'))).rejects.toMatchObject({
    code: 'storage.failed',
    message: 'The upload could not be stored or erased (ENOENT).',
  });
});

test('an erased upload is gone, and may be erased again', async () => {
  const { name } = await uploads.receive(source('abc'));
  await uploads.erase(name);
  await uploads.erase(name);
  expect(await names()).toEqual([]);
});

test('the sweep erases what nobody needs', async () => {
  const [first, second, third] = [
    await uploads.receive(source('1')),
    await uploads.receive(source('2')),
    await uploads.receive(source('3')),
  ];
  expect(await uploads.sweep(async (name) => name === second.name)).toBe(2);
  expect(await names()).toEqual([second.name]);
  expect([first.name, third.name]).not.toContain(second.name);
});
