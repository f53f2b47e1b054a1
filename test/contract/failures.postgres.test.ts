/**
 * What becomes of jobs where nodes that share a database die, are cut off, or lose the answer of the database, at each
 * moment at which it could matter.
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PageTask, PdfTask } from '../../src/engine/engine.js';
import { pageLayer } from '../../src/export/page-layer.js';
import { openLocalCopies } from '../../src/jobs/local-copies.js';
import type { PdfFiles } from '../../src/jobs/pdf-files.js';
import { openPostgresStore, type PostgresStore } from '../../src/jobs/postgres.js';
import { clientOptions } from '../../src/jobs/postgres-connection.js';
import { buryNode } from '../../src/jobs/postgres-losses.js';
import { joinNodes, type Membership } from '../../src/jobs/postgres-nodes.js';
import { openPostgresPdfFiles } from '../../src/jobs/postgres-pdf-files.js';
import { openPostgresUploads } from '../../src/jobs/postgres-uploads.js';
import { type Runner, startRunner } from '../../src/jobs/runner.js';
import { NO_SIGNALS } from '../../src/jobs/signals.js';
import type { NewJob, PageClaim } from '../../src/jobs/store.js';
import type { Uploads } from '../../src/jobs/uploads.js';
import type { Page } from '../../src/schema/document.js';
import { type LossyConnection, openLossyConnection } from '../fixtures/lossy-connection.js';
import { type PostgresServer, postgresPrograms, startPostgres } from '../fixtures/postgres-server.js';
import { LIMITS, newJob, newKey, newPage } from './store.js';

const programs = postgresPrograms();
const AT = 1_000_000;
const LEASE_MS = 1_000;
const HEARTBEAT_MS = 50;
const PATIENTLY = { interval: 10, timeout: 8_000 };

interface Node {
  readonly id: string;
  readonly folder: string;
  readonly store: PostgresStore;
  readonly uploads: Uploads;
  readonly pdfs: PdfFiles;
}

describe.runIf(programs !== undefined)('nodes that fail', () => {
  let server: PostgresServer;
  let url: string;
  let lossy: LossyConnection;
  let folder: string;
  let cleanUp: (() => Promise<unknown>)[];
  beforeAll(async () => {
    server = await startPostgres(programs as string);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await server.createDatabase();
    lossy = await openLossyConnection(url);
    folder = await mkdtemp(join(tmpdir(), 'omega-failures-'));
    cleanUp = [];
  });
  afterEach(async () => {
    for (const close of cleanUp.toReversed()) await close();
    await lossy.close();
    await server.dropDatabase(url);
    await rm(folder, { recursive: true });
  });

  async function open(id: string, at = url): Promise<Node> {
    const store = await openPostgresStore({ url: at, connections: 3, node: id, leaseMs: LEASE_MS });
    cleanUp.push(() => store.close());
    const directory = join(folder, id);
    const copies = openLocalCopies({ directory, idleMs: 60_000, maxIdleBytes: 1_000_000 });
    return {
      id,
      folder: directory,
      store,
      uploads: openPostgresUploads(store.connection, copies, 1_000_000),
      pdfs: openPostgresPdfFiles(store.connection, directory),
    };
  }

  async function takePart({ id, store }: Node): Promise<Membership> {
    const description = {
      id,
      host: 'machine',
      role: 'worker',
      version: '1.2.3',
      threads: 1,
      devices: ['cpu'],
    } as const;
    const membership = await joinNodes(store, description, () => 2, { onRecovered() {}, onError() {} }, HEARTBEAT_MS);
    cleanUp.push(() => membership.leave());
    return membership;
  }

  /** It says once that it is there, so that it holds what it claims until its lease is over; it is never seen again. */
  const beSeenOnce = ({ id, store }: Node) =>
    store.connection.rows(
      `INSERT INTO nodes (id, host, role, version, threads) VALUES ($1, 'machine', 'worker', '1.2.3', 1)`,
      [id],
    );

  /** Reads every page at once, in an engine that knows no documents. */
  async function startReading(node: Node): Promise<Runner> {
    const { store, uploads, pdfs } = node;
    const engine = {
      read: async ({ pageIndex }: PageTask): Promise<Page> => newPage(pageIndex),
      makePdf: ({ outPath }: PdfTask) => writeFile(outPath, `the PDF of ${node.id}`),
      status: () => ({ ready: true, restarts: 0, inFlight: 0, threads: 1, rssBytes: 0, processes: [] }),
    };
    const log = { error() {} };
    const parts = { store, uploads, pdfs, engine, signals: NO_SIGNALS, layerOf: pageLayer, log, now: () => AT };
    const runner = await startRunner(parts);
    cleanUp.push(() => runner.drain(0));
    return runner;
  }

  async function submit({ store, uploads }: Node, pages: number, changes: Partial<NewJob> = {}): Promise<NewJob> {
    const { name: uploadName } = await uploads.receive(Readable.from([Buffer.from('document')]));
    const job = newJob('a', pages, { uploadName, ...changes });
    await store.acceptJob(job, LIMITS);
    return job;
  }

  /** It claims what it is given, and dies; whether its successor says so, or its lease ends. */
  async function claimAndDie(id: string, limit: number, end: 'found dead' | 'unseen'): Promise<readonly PageClaim[]> {
    const node = await open(id);
    await beSeenOnce(node);
    const claims = await node.store.claimPages(limit, AT);
    if (end === 'found dead') await buryNode(node.store.connection, { id, host: 'machine' });
    else {
      await node.store.connection.rows("UPDATE nodes SET seen_at = now() - interval '1 hour' WHERE id = $1", [id]);
      await node.store.recoverPages();
    }
    return claims;
  }

  const indicesOf = (claims: readonly PageClaim[]) => claims.map(({ pageIndex }) => pageIndex);
  const wantingPdf = { options: { ...newJob('a', 1).options, searchable_pdf: true } };
  const filesOf = async ({ store }: Node) => store.connection.rows('SELECT kind, name FROM files ORDER BY kind, name');

  test('a job is accepted, once, whose answer by the database was lost', async () => {
    const node = await open('node', lossy.url);
    await node.store.createKey(newKey('a'), 100, 'cli');
    const job = newJob('a', 2);
    lossy.loseNextCommit();
    const { job: accepted, replayed } = await node.store.acceptJob(job, LIMITS);
    expect([accepted.id, accepted.pageCount, replayed]).toEqual([job.id, 2, false]);
    expect(await node.store.credits('a')).toEqual({ granted: 100, available: 90, reserved: 10, used: 0 });
  });

  test('pages of a claim whose answer was lost are read all the same', async () => {
    const node = await open('node', lossy.url);
    await node.store.createKey(newKey('a'), 100, 'cli');
    const runner = await startReading(node);
    const job = await submit(node, 2);
    lossy.loseNextCommit();
    runner.wake();
    await vi.waitFor(
      async () => expect(await node.store.getJob('a', job.id)).toMatchObject({ status: 'completed', pagesRead: 2 }),
      PATIENTLY,
    );
    const attempts = await node.store.connection.rows('SELECT page_index, attempt FROM pages ORDER BY page_index');
    expect(attempts).toContainEqual({ page_index: 0, attempt: 2 });
  });

  test('a node outlives a connection that breaks in the middle of a transaction, and goes on', async () => {
    const node = await open('node');
    await node.store.createKey(newKey('a'), 100, 'cli');
    const { connection } = node.store;
    const interrupted = connection.write(async ({ rows }) => {
      await rows('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = pg_backend_pid()');
    });
    await expect(interrupted).rejects.toMatchObject({ code: 'storage.failed' });
    const idle = connection.write(async () => {
      const [{ pid } = { pid: 0 }] = await connection.rows<{ pid: number }>(
        "SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()",
      );
      await connection.rows('SELECT pg_terminate_backend($1)', [pid]);
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    await expect(idle).rejects.toMatchObject({ code: 'storage.failed' });
    expect((await submit(node, 1)).pages).toHaveLength(1);
  });

  test('pages that a node knows of, and those of others, are not given back with those of lost claims', async () => {
    const [node, other] = [await open('node'), await open('other')];
    await node.store.createKey(newKey('a'), 100, 'cli');
    await submit(node, 3);
    const known = await node.store.claimPages(1, AT);
    await other.store.claimPages(1, AT);
    await node.store.claimPages(1, AT);
    expect(await node.store.releaseLost(known)).toBe(1);
    expect((await other.store.claimPages(5, AT)).map(({ pageIndex }) => pageIndex)).toEqual([2]);
  });

  test('a page whose end was stored and whose answer was lost is charged once, and its upload erased', async () => {
    const node = await open('node', lossy.url);
    await node.store.createKey(newKey('a'), 100, 'cli');
    const job = await submit(node, 1);
    const [claim] = (await node.store.claimPages(1, AT)) as [PageClaim];
    await node.store.releasePages([claim]);
    const { completePage } = node.store;
    let calls = 0;
    const store: PostgresStore = {
      ...node.store,
      completePage(...page) {
        calls += 1;
        if (calls === 1) lossy.loseNextCommit();
        return completePage(...page);
      },
    };
    await startReading({ ...node, store });
    await vi.waitFor(async () => expect(await filesOf(node)).toEqual([]), PATIENTLY);
    expect(calls).toBe(2);
    expect(await node.store.getJob('a', job.id)).toMatchObject({ status: 'completed', pagesRead: 1, creditsUsed: 1 });
    expect(await node.store.credits('a')).toEqual({ granted: 100, available: 99, reserved: 0, used: 1 });
  });

  test('a job ends once, on another node, whose last page a node took with it', async () => {
    const [gone, left] = [await open('gone'), await open('left')];
    await left.store.createKey(newKey('a'), 100, 'cli');
    const job = await submit(left, 2);
    await beSeenOnce(gone);
    const [first, last] = (await gone.store.claimPages(2, AT)) as [PageClaim, PageClaim];
    await gone.store.completePage(first, newPage(0), AT);
    await takePart(left);
    const runner = await startReading(left);
    await vi.waitFor(async () => {
      runner.wake();
      expect(await left.store.getJob('a', job.id)).toMatchObject({ status: 'completed', pagesRead: 2, creditsUsed: 2 });
    }, PATIENTLY);
    expect(await gone.store.completePage(last, newPage(1), AT)).toBe(false);
    expect(await left.store.credits('a')).toEqual({ granted: 100, available: 98, reserved: 0, used: 2 });
  });

  test('the upload of a node that died between the end of a job and erasing it is swept', async () => {
    const [gone, left] = [await open('gone'), await open('left')];
    await gone.store.createKey(newKey('a'), 100, 'cli');
    const ended = await submit(gone, 1);
    const [claim] = (await gone.store.claimPages(1, AT)) as [PageClaim];
    await gone.store.completePage(claim, newPage(0), AT);
    const stillOpen = await submit(gone, 1);
    expect(await left.uploads.sweep(async () => false)).toBe(1);
    expect(await filesOf(left)).toEqual([{ kind: 'upload', name: stillOpen.uploadName }]);
    expect(ended.uploadName).not.toBe(stillOpen.uploadName);
  });

  test('a searchable PDF whose maker died is made by another node', async () => {
    const [gone, left] = [await open('gone'), await open('left')];
    await left.store.createKey(newKey('a'), 100, 'cli');
    const job = await submit(left, 1, wantingPdf);
    await beSeenOnce(gone);
    const [claim] = (await gone.store.claimPages(1, AT)) as [PageClaim];
    await gone.store.completePage(claim, newPage(0), AT);
    expect(await gone.store.listWantedPdfs()).toHaveLength(1);
    expect(await left.store.listWantedPdfs()).toEqual([]);
    await takePart(left);
    await vi.waitFor(async () => expect(await left.store.listWantedPdfs()).toHaveLength(1), PATIENTLY);
    await startReading(left);
    await vi.waitFor(
      async () => expect(await left.store.getJob('a', job.id)).toMatchObject({ status: 'completed', pdf: 'made' }),
      PATIENTLY,
    );
  });

  test('a searchable PDF that two nodes make, as one was cut off, is whole and stays', async () => {
    const [cutOff, other] = [await open('cut off'), await open('other')];
    await other.store.createKey(newKey('a'), 100, 'cli');
    const bytes = Buffer.alloc(3 * 1024 * 1024, 'x');
    for (const { pdfs } of [cutOff, other]) await writeFile(pdfs.workPaths('job').outPath, bytes);
    await Promise.all([cutOff.pdfs.keep('job'), other.pdfs.keep('job')]);
    const { stream } = await other.pdfs.open('job');
    expect(Buffer.compare(Buffer.concat(await stream.toArray()), bytes)).toBe(0);
    await writeFile(cutOff.pdfs.workPaths('job').outPath, 'begun again');
    await cutOff.pdfs.discard('job');
    expect((await other.pdfs.open('job')).bytes).toBe(bytes.length);
    expect(await readdir(cutOff.folder)).toEqual([]);
  });

  test('a searchable PDF that was being kept while its job was erased on another node is erased', async () => {
    const [maker, other] = [await open('maker'), await open('other')];
    await maker.store.createKey(newKey('a'), 100, 'cli');
    const { keep } = maker.pdfs;
    const kept = vi.fn();
    const pdfs: PdfFiles = {
      ...maker.pdfs,
      async keep(name) {
        await other.store.cancelJob('a', job.id, AT);
        await other.pdfs.erase(name);
        await keep(name);
        kept();
      },
    };
    const job = await submit(maker, 1, wantingPdf);
    await startReading({ ...maker, pdfs });
    await vi.waitFor(() => expect(kept).toHaveBeenCalledOnce(), PATIENTLY);
    await vi.waitFor(async () => expect(await filesOf(other)).toEqual([]), PATIENTLY);
  });

  test('pages that come back and a page that is being stored never wait for each other', async () => {
    const [gone, left] = [await open('gone'), await open('left')];
    await gone.store.createKey(newKey('a'), 100, 'cli');
    await submit(gone, 2);
    await gone.store.claimPages(2, AT);
    // As a page is stored: its job is locked, then the page.
    const storing = new pg.Client(clientOptions(url));
    await storing.connect();
    await storing.query('BEGIN');
    await storing.query('SELECT FROM jobs FOR UPDATE');
    const recovering = left.store.recoverPages();
    await vi.waitFor(async () => {
      const { rows } = await storing.query('SELECT FROM pg_locks WHERE NOT granted');
      expect(rows).toHaveLength(1);
    }, PATIENTLY);
    await storing.query('SELECT FROM pages WHERE page_index = 0 FOR UPDATE NOWAIT');
    await storing.query("UPDATE pages SET status = 'finished' WHERE page_index = 0");
    await storing.query('COMMIT');
    await storing.end();
    expect(await recovering).toBe(1);
  });

  test('pages of a node that was found dead are claimable at once, and its late writes count for nothing', async () => {
    const [gone, left] = [await open('gone'), await open('left')];
    await left.store.createKey(newKey('a'), 100, 'cli');
    await submit(left, 2);
    await takePart(gone);
    const lost = await gone.store.claimPages(2, AT);
    await buryNode(left.store.connection, { id: 'gone', host: 'machine' });
    expect((await left.store.claimPages(5, AT)).map(({ attempt, deaths }) => [attempt, deaths])).toEqual([
      [2, 1],
      [2, 1],
    ]);
    expect(await gone.store.completePage(lost[0] as PageClaim, newPage(0), AT)).toBe(false);
  });

  test('a page that kills the node that reads it, again and again, fails alone and is not charged', async () => {
    const left = await open('left');
    await left.store.createKey(newKey('a'), 100, 'cli');
    const job = await submit(left, 2);
    expect(indicesOf(await claimAndDie('first', 2, 'found dead'))).toEqual([0, 1]);
    expect(indicesOf(await claimAndDie('second', 2, 'found dead'))).toEqual([0, 1]);
    // From then on each is read by itself.
    expect(indicesOf(await claimAndDie('third', 2, 'found dead'))).toEqual([0]);
    await startReading(left);
    await vi.waitFor(
      async () => expect(await left.store.getJob('a', job.id)).toMatchObject({ status: 'completed' }),
      PATIENTLY,
    );
    expect(await left.store.listPages(job.id, -1, 10)).toEqual([
      {
        pageIndex: 0,
        page: undefined,
        error: { code: 'page.crashed', message: 'The program that read the page died 3 times.' },
      },
      { pageIndex: 1, page: newPage(1), error: undefined },
    ]);
    expect(await left.store.credits('a')).toEqual({ granted: 100, available: 99, reserved: 0, used: 1 });
  });

  test('a page that died on one machine alone, however often, is not given up while another machine reads', async () => {
    const left = await open('left');
    await left.store.createKey(newKey('a'), 100, 'cli');
    await submit(left, 1);
    for (const id of ['1', '2', '3', '4']) expect(await claimAndDie(id, 1, 'found dead')).toHaveLength(1);
    const deathsNow = async () => {
      const claims = await left.store.claimPages(1, AT);
      await left.store.releasePages(claims);
      return claims.map(({ deaths }) => deaths);
    };
    expect(await deathsNow()).toEqual([4]);
    const insert = `INSERT INTO nodes (id, host, role, version, threads) VALUES ('elsewhere', 'other machine', 'worker', '1', $1)`;
    await left.store.connection.rows(insert, [0]);
    expect(await deathsNow()).toEqual([4]);
    await left.store.connection.rows("UPDATE nodes SET threads = 1 WHERE id = 'elsewhere'");
    expect(await deathsNow()).toEqual([1]);
    expect(await left.store.claimPages(1, AT)).toHaveLength(1);
    await left.store.connection.rows("UPDATE pages SET node = 'elsewhere'");
    await buryNode(left.store.connection, { id: 'elsewhere', host: 'other machine' });
    expect(await deathsNow()).toEqual([5]);
  });

  test('a page that was lost twice is read by a node that reads nothing else', async () => {
    const [busy, idle] = [await open('busy'), await open('idle')];
    await idle.store.createKey(newKey('a'), 100, 'cli');
    await takePart(busy);
    await takePart(idle);
    const other = await submit(idle, 1);
    const [begun] = (await busy.store.claimPages(1, AT)) as [PageClaim];
    expect(begun.jobId).toBe(other.id);
    const job = await submit(idle, 3);
    for (const end of ['found dead', 'unseen'] as const) await claimAndDie(end, 1, end);
    expect(await busy.store.claimPages(5, AT)).toEqual([]);
    const [suspect, ...beside] = (await idle.store.claimPages(5, AT)) as [PageClaim];
    expect([suspect.jobId, suspect.pageIndex, suspect.deaths, beside]).toEqual([job.id, 0, 1, []]);
    expect(await idle.store.claimPages(5, AT)).toEqual([]);
    expect(indicesOf(await busy.store.claimPages(1, AT))).toEqual([1]);
    expect(await idle.store.completePage(suspect, newPage(0), AT)).toBe(true);
    expect(indicesOf(await idle.store.claimPages(5, AT))).toEqual([2]);
  });

  test('a page is not blamed for nodes that are unseen, however many', async () => {
    const left = await open('left');
    await left.store.createKey(newKey('a'), 100, 'cli');
    const job = await submit(left, 1);
    for (const id of ['1', '2', '3', '4', '5']) expect(await claimAndDie(id, 1, 'unseen')).toHaveLength(1);
    await startReading(left);
    await vi.waitFor(
      async () => expect(await left.store.getJob('a', job.id)).toMatchObject({ pagesRead: 1, pagesFailed: 0 }),
      PATIENTLY,
    );
  });

  test('a page is not blamed for nodes that were told to stop, nor for those that leave', async () => {
    const left = await open('left');
    await left.store.createKey(newKey('a'), 100, 'cli');
    await submit(left, 1);
    for (const id of ['1', '2', '3']) {
      const stopped = await open(id);
      const membership = await takePart(stopped);
      expect(await stopped.store.claimPages(1, AT)).toHaveLength(1);
      await membership.retire();
      if (id === '3') await membership.leave();
      else await buryNode(left.store.connection, { id, host: 'machine' });
    }
    expect(await left.store.claimPages(1, AT)).toMatchObject([{ attempt: 4, deaths: 0 }]);
  });

  test('a death that is known late counts once; a node that is seen again has not died', async () => {
    const left = await open('left');
    await left.store.createKey(newKey('a'), 100, 'cli');
    await submit(left, 1);
    await claimAndDie('dead', 1, 'unseen');
    await claimAndDie('cut off', 1, 'unseen');
    const lostWith = async () => (await left.store.connection.rows('SELECT lost_with, deaths FROM pages'))[0];
    expect(await lostWith()).toEqual({ lost_with: ['dead', 'cut off'], deaths: 0 });
    await takePart(await open('cut off'));
    expect(await lostWith()).toEqual({ lost_with: ['dead'], deaths: 0 });
    for (const _ of [1, 2]) await buryNode(left.store.connection, { id: 'dead', host: 'machine' });
    expect(await lostWith()).toEqual({ lost_with: [], deaths: 1 });
  });
});
