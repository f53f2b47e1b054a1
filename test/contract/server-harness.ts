/**
 * A whole server on a free port: real HTTP, store, uploads and runner. Only the engine is scripted, so that a test
 * decides when a page is done: the first line of a document says what it is, as in `%PDF- {"pages":3}`.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import pg from 'pg';
import { openStorage } from '../../src/cli/open-storage.js';
import { loadConfig } from '../../src/config.js';
import type { Engine, PageTask } from '../../src/engine/engine.js';
import { type ErrorCode, OcrError } from '../../src/errors.js';
import { pageLayer } from '../../src/export/page-layer.js';
import { generateKey } from '../../src/jobs/keys.js';
import { type Runner, startRunner } from '../../src/jobs/runner.js';
import type { KeyRecord, Store } from '../../src/jobs/store.js';
import type { Block, Page, Provider, Routing } from '../../src/schema/document.js';
import type { ServerSettings } from '../../src/server/context.js';
import { createFigures } from '../../src/server/figures.js';
import { createLogger } from '../../src/server/logging.js';
import { startServer } from '../../src/server/start.js';
import type { PostgresServer } from '../fixtures/postgres-server.js';

export interface Script {
  readonly pages: number;
  /** Provider of each page; paddle where it is short. */
  readonly providers?: readonly Provider[];
  /** What is on every page; one line of text where it is missing. */
  readonly blocks?: readonly Block[];
  /** Pages (from 1) that fail. */
  readonly failing?: readonly number[];
  /** What opening the document throws. */
  readonly refused?: ErrorCode;
  /** No searchable PDF can be made of it. */
  readonly pdfFails?: boolean;
  /** Analyses never answer. */
  readonly slowToAnalyze?: boolean;
}

export const SECRET_TEXT = 'the quick brown secret';

/** A document for the scripted engine. */
export function scripted(script: Script): Buffer {
  return Buffer.from(`%PDF- ${JSON.stringify(script)}\n${SECRET_TEXT}\n`);
}

export interface ScriptedEngine extends Engine {
  /** Pages wait while it is shut. */
  shut(): void;
  /** Lets `pages` more pages be read; all of them and all later ones where undefined. */
  open(pages?: number): void;
  ready: boolean;
}

function scriptedEngine(): ScriptedEngine {
  const waiting: (() => void)[] = [];
  let isShut = false;
  const scriptOf = (path: string) =>
    JSON.parse(readFileSync(path, 'latin1').split('\n', 1)[0]?.slice('%PDF- '.length) ?? '') as Script;
  const routingOf = ({ path, pageIndex }: PageTask): Routing => ({
    provider: scriptOf(path).providers?.[pageIndex] ?? 'paddle',
    tier: 'tiny',
    complexityScore: 8.5,
    reason: 'Few lines of clean print.',
  });
  const engine: ScriptedEngine = {
    ready: true,
    async inspect(path) {
      const { pages, refused } = scriptOf(path);
      if (refused !== undefined) throw new OcrError(refused, 'The document is refused.');
      return { kind: 'pdf', pageCount: pages };
    },
    async checkLanguages(languages) {
      if (languages.includes('ru')) throw new OcrError('request.option-invalid', 'Russian is not read here.');
    },
    async analyze(task) {
      if (scriptOf(task.path).slowToAnalyze) await new Promise(() => {});
      return routingOf(task);
    },
    async read(task, signal) {
      const routing = routingOf(task);
      const { failing = [], blocks } = scriptOf(task.path);
      if (isShut) await new Promise<void>((resolve) => waiting.push(resolve));
      if (signal?.aborted) throw new OcrError('job.cancelled', 'The page was cancelled.');
      if (failing.includes(task.pageIndex + 1)) throw new OcrError('page.unreadable', 'The page is damaged.');
      return pageOf(task.pageIndex, routing, blocks);
    },
    async cutPictures({ rects }) {
      return rects.map(() => Buffer.from('a picture'));
    },
    async makePdf({ path, layersPath, outPath }) {
      const { pdfFails } = scriptOf(path);
      if (pdfFails) throw new OcrError('file.unreadable', 'The PDF cannot be extended.');
      writeFileSync(outPath, `%PDF of\n${readFileSync(layersPath, 'utf8')}`);
    },
    measureModels: async () => [],
    status() {
      const inSum = { ready: engine.ready, restarts: 0, inFlight: waiting.length, threads: 2, rssBytes: 1 };
      const one = {
        ...inSum,
        pid: 1,
        threads: 1,
        modelFloors: new Map([['tiny', { detect: 8, recognize: 2.5 }]] as const),
      };
      return {
        ...inSum,
        processes: [
          { ...one, device: 'cuda:0' },
          {
            ...one,
            device: 'cuda:1',
            ready: false,
            modelFloors: new Map([['tiny', { detect: 9, recognize: 3 }]] as const),
          },
        ],
      };
    },
    async close() {},
    shut() {
      isShut = true;
    },
    open(pages) {
      if (pages === undefined) isShut = false;
      for (const go of waiting.splice(0, pages ?? waiting.length)) go();
    },
  };
  return engine;
}

function pageOf(pageIndex: number, routing: Routing, blocks?: readonly Block[]): Page {
  const quad = [
    { x: 10, y: 20 },
    { x: 90, y: 20 },
    { x: 90, y: 40 },
    { x: 10, y: 40 },
  ];
  const text = `${SECRET_TEXT} ${pageIndex + 1}`;
  return {
    pageIndex,
    widthPx: 100,
    heightPx: 200,
    routing,
    blocks: [
      ...(blocks ?? [
        {
          type: 'text' as const,
          rect: { x: 10, y: 20, width: 80, height: 20 },
          lines: [{ text, quad, confidence: 0.98, source: 'test' }],
          confidence: 0.98,
        },
      ]),
    ],
    confidence: 0.98,
    timings: { recognize: 100 },
  };
}

export interface Harness {
  readonly url: string;
  readonly store: Store;
  readonly runner: Runner;
  readonly engine: ScriptedEngine;
  /** Whether others can work on its store. */
  readonly shared: boolean;
  /** Everything logged so far. */
  logs(): string;
  /** Names of the uploads that are stored. */
  uploads(): Promise<readonly string[]>;
  /** A new key, ready to be sent. */
  createKey(changes?: Partial<KeyRecord>, credits?: number): Promise<{ id: string; key: string }>;
  /** Sets the server's clock forward. */
  advance(ms: number): void;
  closeServer(): Promise<void>;
  close(): Promise<void>;
}

/** A database of one server's own; it goes with the PostgreSQL server. */
interface TestDatabase {
  readonly config: { readonly databaseUrl: string };
  uploads(): Promise<readonly string[]>;
}

/** Where the servers of this test file keep their jobs: in their data directories, unless told otherwise. */
let place: { create(): Promise<TestDatabase | undefined> } = { create: async () => undefined };

/** Servers that are started from now on keep their jobs in databases of `server`. */
export function keepJobsIn(server: () => PostgresServer): void {
  place = {
    async create() {
      const databaseUrl = await server().createDatabase();
      return {
        config: { databaseUrl },
        async uploads() {
          const client = new pg.Client(databaseUrl);
          await client.connect();
          const { rows } = await client.query<{ name: string }>("SELECT name FROM omega.files WHERE kind = 'upload'");
          await client.end();
          return rows.map(({ name }) => name);
        },
      };
    },
  };
}

export async function startHarness(changes: Partial<ServerSettings> = {}): Promise<Harness> {
  const dataDir = await mkdtemp(join(tmpdir(), 'omega-server-'));
  const settings: ServerSettings = {
    maxUploadBytes: 100_000,
    maxPages: 50,
    maxQueuedPages: 1_000,
    metrics: 'open',
    ...changes,
  };
  let skew = 0;
  const now = () => Date.now() + skew;
  const lines = new PassThrough();
  const logged: Buffer[] = [];
  lines.on('data', (chunk: Buffer) => logged.push(chunk));
  const logger = createLogger('trace', lines);
  const database = await place.create();
  const { maxUploadBytes } = settings;
  const config = { ...loadConfig({}), dataDir, maxUploadBytes, ...database?.config };
  const storage = await openStorage(config, 'serve');
  const { store, uploads, pdfs, signals } = storage;
  const engine = scriptedEngine();
  const figures = createFigures({ store, engine, now });
  const membership = await storage.join(
    { threads: 2, devices: ['cuda:0', 'cuda:1'], secondsPerPage: () => figures.pace.secondsPerPage() },
    {
      onRecovered() {},
      onError: (error) => {
        throw error;
      },
    },
  );
  const runner = await startRunner({
    store,
    uploads,
    pdfs,
    engine,
    signals,
    layerOf: pageLayer,
    log: logger,
    now,
    onPage: figures.pageRead,
  });
  const server = await startServer(
    { settings, store, uploads, pdfs, runner, engine, nodes: storage.nodes, figures, logger, now },
    { host: '127.0.0.1', port: 0 },
  );
  let serverClosed = false;
  const harness: Harness = {
    url: server.url,
    store,
    runner,
    engine,
    shared: database !== undefined,
    logs: () => Buffer.concat(logged).toString(),
    uploads: () => database?.uploads() ?? readdir(join(dataDir, 'uploads')),
    async createKey(keyChanges = {}, credits = 0) {
      const { id, key, secretHash } = generateKey();
      const record: KeyRecord = {
        id,
        name: 'test',
        secretHash,
        role: 'client',
        plan: 'unlimited',
        metered: credits > 0,
        createdAt: now(),
        revokedAt: undefined,
        ...keyChanges,
      };
      await store.createKey(record, credits, 'test');
      return { id, key };
    },
    advance(ms) {
      skew += ms;
    },
    async closeServer() {
      if (!serverClosed) await server.close(1_000);
      serverClosed = true;
    },
    async close() {
      engine.open();
      await harness.closeServer();
      await runner.drain(1_000);
      await membership.leave();
      await storage.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return harness;
}

export function formOf(file: Buffer | undefined, fields: Readonly<Record<string, string>> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (file !== undefined) form.append('file', new Blob([new Uint8Array(file)]), 'private-name.pdf');
  return form;
}
