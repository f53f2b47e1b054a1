/** Uploads and searchable PDFs of nodes that share a database and no disk. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openLocalCopies } from '../../src/jobs/local-copies.js';
import type { PdfFiles } from '../../src/jobs/pdf-files.js';
import { openPostgresStore, type PostgresStore } from '../../src/jobs/postgres.js';
import { openPostgresPdfFiles } from '../../src/jobs/postgres-pdf-files.js';
import { openPostgresUploads } from '../../src/jobs/postgres-uploads.js';
import type { Uploads } from '../../src/jobs/uploads.js';
import { type PostgresServer, postgresPrograms, startPostgres } from '../fixtures/postgres-server.js';
import { LIMITS, newJob, newKey } from './store.js';

const programs = postgresPrograms();
const MIB = 1024 * 1024;
const MAX_BYTES = 4 * MIB;

interface Node {
  readonly folder: string;
  readonly store: PostgresStore;
  readonly uploads: Uploads;
  readonly pdfs: PdfFiles;
}

describe.runIf(programs !== undefined)('files of nodes that share a database', () => {
  let server: PostgresServer;
  let url: string;
  let folder: string;
  let here: Node;
  let there: Node;
  beforeAll(async () => {
    server = await startPostgres(programs as string);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await server.createDatabase();
    folder = await mkdtemp(join(tmpdir(), 'omega-files-'));
    here = await open('here');
    there = await open('there');
  });
  afterEach(async () => {
    await here.store.close();
    await there.store.close();
    await server.dropDatabase(url);
    await rm(folder, { recursive: true });
  });

  async function open(node: string): Promise<Node> {
    const store = await openPostgresStore({ url, connections: 3, node, leaseMs: 30_000 });
    const directory = join(folder, node);
    const copies = openLocalCopies({ directory, idleMs: 60_000, maxIdleBytes: 100 * MIB });
    return {
      folder: directory,
      store,
      uploads: openPostgresUploads(store.connection, copies, MAX_BYTES),
      pdfs: openPostgresPdfFiles(store.connection, directory),
    };
  }

  const rowsOf = (table: 'files' | 'file_chunks') => here.store.connection.rows(`SELECT name FROM ${table}`);
  /** In pieces of odd sizes, as a socket gives them. */
  const source = (bytes: Buffer) =>
    Readable.from(
      (function* () {
        for (let at = 0; at < bytes.length; at += 65_521) yield bytes.subarray(at, at + 65_521);
      })(),
    );

  test.each([0, 1, MIB, 3 * MIB + 5])('an upload of %i bytes comes out of another node as it went in', async (size) => {
    const bytes = randomBytes(size);
    const upload = await here.uploads.receive(source(bytes));
    expect(upload).toEqual({
      name: upload.name,
      bytes: size,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    for (const node of [here, there]) {
      expect(Buffer.compare(await node.uploads.lend(upload.name, (path) => readFile(path)), bytes)).toBe(0);
    }
    expect(await rowsOf('file_chunks')).toHaveLength(Math.ceil(size / MIB));
  });

  test('an erased upload is gone from the database and from the node that erased it', async () => {
    const { name } = await here.uploads.receive(source(randomBytes(2 * MIB)));
    await here.uploads.erase(name);
    await here.uploads.erase(name);
    expect([await rowsOf('files'), await rowsOf('file_chunks'), await readdir(here.folder)]).toEqual([[], [], []]);
    await expect(there.uploads.lend(name, readFile)).rejects.toMatchObject({ code: 'internal' });
    expect(await readdir(there.folder)).toEqual([]);
  });

  test('an upload past the limit, or whose caller hangs up, leaves nothing', async () => {
    const tooLarge = here.uploads.receive(source(randomBytes(MAX_BYTES + 1)));
    await expect(tooLarge).rejects.toMatchObject({ code: 'file.too-large' });
    const hanging = Readable.from(
      (function* () {
        yield randomBytes(2 * MIB);
        throw new Error('the caller hung up');
      })(),
    );
    await expect(here.uploads.receive(hanging)).rejects.toThrow('the caller hung up');
    const silent = new Readable({ read() {} });
    silent.push('abc');
    setTimeout(() => silent.destroy(), 50);
    await expect(here.uploads.receive(silent)).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    expect([await rowsOf('files'), await rowsOf('file_chunks'), await readdir(here.folder)]).toEqual([[], [], []]);
  });

  test('the sweep erases old uploads of no open job, and no other', async () => {
    const [needed, left, fresh] = [
      await here.uploads.receive(source(randomBytes(1))),
      await here.uploads.receive(source(randomBytes(1))),
      await here.uploads.receive(source(randomBytes(1))),
    ];
    await here.store.createKey(newKey('a'), 100, 'cli');
    await here.store.acceptJob(newJob('a', 1, { uploadName: needed.name }), LIMITS);
    await here.store.connection.rows("UPDATE files SET created_at = now() - interval '2 hours' WHERE name <> $1", [
      fresh.name,
    ]);
    expect(await there.uploads.sweep(async () => false)).toBe(1);
    const names = (await rowsOf('files')).map((row) => (row as { name: string }).name);
    expect(names.sort()).toEqual([needed.name, fresh.name].sort());
    expect(names).not.toContain(left.name);
  });

  test('a PDF made on one node is sent by another, until it is erased', async () => {
    const pdf = randomBytes(2 * MIB + 1);
    const { outPath, layersPath } = here.pdfs.workPaths('job');
    await writeFile(outPath, pdf);
    await writeFile(layersPath, 'words');
    await here.pdfs.keep('job');
    expect(await readdir(here.folder)).toEqual([]);
    const { bytes, stream } = await there.pdfs.open('job');
    expect(bytes).toBe(pdf.length);
    expect(Buffer.compare(Buffer.concat(await stream.toArray()), pdf)).toBe(0);
    await there.pdfs.erase('job');
    await expect(here.pdfs.open('job')).rejects.toMatchObject({ code: 'storage.failed' });
  });

  test('the sweep erases PDFs that no job needs', async () => {
    await here.store.createKey(newKey('a'), 100, 'cli');
    const options = { ...newJob('a', 1).options, searchable_pdf: true };
    const { job } = await here.store.acceptJob(newJob('a', 1, { uploadName: 'wanted', options }), LIMITS);
    for (const name of ['wanted', 'left']) {
      await writeFile(here.pdfs.workPaths(name).outPath, 'pdf');
      await here.pdfs.keep(name);
    }
    await there.pdfs.sweep(async () => false);
    expect(await rowsOf('files')).toEqual([{ name: 'wanted' }]);
    await here.store.cancelJob('a', job.id, 1);
    await there.pdfs.sweep(async () => false);
    expect(await rowsOf('files')).toEqual([]);
  });
});
