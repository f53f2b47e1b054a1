import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, type EngineConfig, openEngine, type PageTask } from '../../src/engine/engine.js';
import type { OcrError } from '../../src/errors.js';
import { makePdf } from '../fixtures/make-pdf.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const write = temporaryFolder();
const FAULTS = new URL('../fixtures/engine-faults.mjs', import.meta.url).href;
const MODELS = fileURLToPath(new URL('../../models', import.meta.url));

const config: EngineConfig = {
  modelsDir: MODELS,
  threads: 2,
  pageTimeoutMs: 4_000,
  memoryLimitBytes: 2 ** 40,
  maxPagePixels: 1e7,
  environment: { NODE_OPTIONS: `--import=${FAULTS}`, ORT_DISABLE_TELEMETRY: '0' },
};

const sentence = 'The quick brown fox jumps over the lazy dog near the river bank';
const document = makePdf(
  Array.from({ length: 3 }, (_, i) => ({
    entries: '/MediaBox [0 0 500 100]',
    content: `BT /F 12 Tf 20 50 Td (${sentence} ${i + 1}) Tj ET`,
  })),
);
const fileNamed = (name: string) => write(name, document);

const page = (path: string, pageIndex = 0): PageTask => ({
  path,
  pageIndex,
  options: { mode: 'auto', text_layer: 'only', word_boxes: false, tables: true },
});

const textOf = (result: Awaited<ReturnType<Engine['read']>>) =>
  result.blocks.flatMap((block) => block.lines.map((line) => line.text)).join('\n');

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: OcrError) => error.code,
  );

/** A zombie is gone too: its parent has not been told yet, nothing more. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(condition: () => boolean, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('an engine', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(config);
  });
  afterAll(() => engine.close());

  it('keeps the inference runtime from reporting to its makers, whatever the environment says', () => {
    const environment = readFileSync(`/proc/${engine.status().processes[0]?.pid}/environ`, 'utf8').split('\0');
    expect(environment).toContain('ORT_DISABLE_TELEMETRY=1');
  });

  it('counts the pages of a document', async () => {
    expect(await engine.inspect(fileNamed('plain.pdf'))).toEqual({ kind: 'pdf', pageCount: 3 });
  });

  it('says what a page will be read by without reading it', async () => {
    expect(await engine.analyze(page(fileNamed('plain.pdf')))).toMatchObject({ provider: 'text-layer' });
  });

  it('reads the page that was asked for', async () => {
    const result = await engine.read(page(fileNamed('plain.pdf'), 1));
    expect(result.pageIndex).toBe(1);
    expect(textOf(result)).toBe(`${sentence} 2`);
  });

  it('passes on what is wrong with a document or page', async () => {
    const plain = fileNamed('plain.pdf');
    expect(await codeOf(engine.inspect(write('noise.pdf', 'noise')))).toBe('file.unsupported-type');
    expect(await codeOf(engine.read(page(plain, 3)))).toBe('page.out-of-range');
  });

  it('reads the pages again that its process held when it was killed', async () => {
    const { restarts, processes } = engine.status();
    const pid = processes[0]?.pid;
    const slow = [engine.read(page(fileNamed('slow-1.pdf'), 0)), engine.read(page(fileNamed('slow-2.pdf'), 1))];
    process.kill(pid as number, 'SIGKILL');
    expect((await Promise.all(slow)).map(({ pageIndex }) => pageIndex)).toEqual([0, 1]);
    expect(engine.status()).toMatchObject({ ready: true, inFlight: 0, restarts: restarts + 1 });
  });

  it('forgives a page that crashed once', async () => {
    expect(textOf(await engine.read(page(fileNamed('crash-once-.pdf'))))).toBe(`${sentence} 1`);
  });

  it('fails the page that crashes twice, and no other', async () => {
    const plain = fileNamed('plain.pdf');
    const poison = codeOf(engine.read(page(fileNamed('crash-1.pdf'))));
    const others = [0, 1, 2].map((index) => engine.read(page(plain, index)));
    expect(await poison).toBe('page.crashed');
    expect((await Promise.all(others)).map(({ pageIndex }) => pageIndex)).toEqual([0, 1, 2]);
  });

  it('is replaced no later after many pages that crash it than after one', async () => {
    const replacedAfter = async (pages: number) => {
      const poison = Array.from({ length: pages }, (_, i) => codeOf(engine.read(page(fileNamed(`crash-${i}.pdf`)))));
      expect(await Promise.all(poison)).toEqual(Array(pages).fill('page.crashed'));
      const diedAt = performance.now();
      await until(() => engine.status().ready, 10_000);
      return performance.now() - diedAt;
    };
    const afterOne = await replacedAfter(1);
    // Starts that fail are put off by up to 2 s.
    expect(await replacedAfter(4)).toBeLessThan(afterOne + 1_000);
  });

  it('takes the end of a thread for a crash', async () => {
    expect(await codeOf(engine.read(page(fileNamed('thread-exit-.pdf'))))).toBe('page.crashed');
  });

  it('fails the page that never ends, and no other', async () => {
    const endless = codeOf(engine.read(page(fileNamed('endless-1.pdf'))));
    await new Promise((resolve) => setTimeout(resolve, config.pageTimeoutMs - 500));
    const slow = engine.read(page(fileNamed('slow-3.pdf')));
    expect(await endless).toBe('page.timeout');
    expect(textOf(await slow)).toBe(`${sentence} 1`);
  });

  it('replaces the process whose PDF library died in a call', async () => {
    const { restarts } = engine.status();
    expect(await codeOf(engine.read(page(fileNamed('trap-.pdf'))))).toBe('file.unreadable');
    expect(engine.status().restarts).toBe(restarts + 1);
    const plain = fileNamed('plain.pdf');
    const pages = await Promise.all([0, 1, 2].map((index) => engine.read(page(plain, index))));
    expect(pages.map(textOf)).toEqual([1, 2, 3].map((n) => `${sentence} ${n}`));
  });

  it('answers an inspection while every reader is busy', async () => {
    const whileBusy = async () => {
      const answered: string[] = [];
      const slow = [1, 2].map((n) => engine.read(page(fileNamed(`slow-${n}.pdf`))).then(() => answered.push('page')));
      const inspection = engine.inspect(fileNamed('plain.pdf')).then(() => answered.push('inspection'));
      await Promise.all([...slow, inspection]);
      return answered;
    };
    // The first one may have to wait for its thread to start.
    expect((await whileBusy()).sort()).toEqual(['inspection', 'page', 'page']);
    expect(await whileBusy()).toEqual(['inspection', 'page', 'page']);
  });

  it('answers an inspection while another document never opens', async () => {
    const answered: string[] = [];
    const endless = codeOf(engine.inspect(fileNamed('endless-3.pdf'))).then((code) => answered.push(code));
    const inspection = engine.inspect(fileNamed('plain.pdf')).then(({ kind }) => answered.push(kind));
    await Promise.all([endless, inspection]);
    expect(answered).toEqual(['pdf', 'file.unreadable']);
  });

  it('lets an abandoned analysis run on until a submission needs its thread', async () => {
    await engine.inspect(fileNamed('plain.pdf'));
    const { restarts } = engine.status();
    const abandoned = AbortSignal.timeout(500);
    const analyses = [1, 2].map((n) => codeOf(engine.analyze(page(fileNamed(`endless-${n}.pdf`)), abandoned)));
    expect(await Promise.all(analyses)).toEqual(['job.cancelled', 'job.cancelled']);
    await new Promise((resolve) => setTimeout(resolve, config.pageTimeoutMs));
    expect(engine.status().restarts).toBe(restarts);
    expect(await engine.inspect(fileNamed('plain.pdf'))).toEqual({ kind: 'pdf', pageCount: 3 });
    expect(engine.status().restarts).toBe(restarts + 1);
  });

  it('ends an abandoned analysis that runs alone once others wait for it', async () => {
    const { restarts, processes } = engine.status();
    const abandoned = new AbortController();
    const analysis = codeOf(engine.analyze(page(fileNamed('endless-4.pdf')), abandoned.signal));
    // What the process held may be why it died, and runs alone from now on.
    process.kill(processes[0]?.pid as number, 'SIGKILL');
    await until(() => engine.status().ready && engine.status().restarts > restarts, 10_000);
    abandoned.abort();
    expect(await analysis).toBe('job.cancelled');
    expect(await engine.inspect(fileNamed('plain.pdf'))).toEqual({ kind: 'pdf', pageCount: 3 });
    expect(engine.status().restarts).toBe(restarts + 2);
  });

  it('calls a document that crashes it unreadable', async () => {
    expect(await codeOf(engine.inspect(fileNamed('crash-2.pdf')))).toBe('file.unreadable');
  });

  it('cancels a waiting page at once and forgets a running one', async () => {
    const running = new AbortController();
    const codes = [codeOf(engine.read(page(fileNamed('slow-1.pdf')), running.signal))];
    const blocker = engine.read(page(fileNamed('slow-2.pdf')));
    codes.push(codeOf(engine.read(page(fileNamed('slow-3.pdf')), running.signal)));
    expect(engine.status().inFlight).toBe(3);
    running.abort();
    expect(await Promise.all(codes)).toEqual(['job.cancelled', 'job.cancelled']);
    expect(engine.status().inFlight).toBe(1);
    await blocker;
    expect(await codeOf(engine.read(page(fileNamed('plain.pdf')), AbortSignal.abort()))).toBe('job.cancelled');
  });
});

describe('an engine that outgrows its memory limit', () => {
  it('is replaced, and the page it reads is finished first', async () => {
    const first = await openEngine(config);
    await first.read(page(fileNamed('slow-1.pdf')));
    const { rssBytes: before } = first.status();
    await until(() => first.status().rssBytes !== before, 10_000);
    const { rssBytes } = first.status();
    await first.close();
    // Over the limit when it reads, yet not so far (half as much again) that it is killed.
    const engine = await openEngine({ ...config, memoryLimitBytes: Math.round(rssBytes / 1.1) });
    try {
      expect(textOf(await engine.read(page(fileNamed('slow-1.pdf'))))).toBe(`${sentence} 1`);
      await until(() => engine.status().restarts > 0, 10_000);
      expect(textOf(await engine.read(page(fileNamed('slow-2.pdf'), 1)))).toBe(`${sentence} 2`);
    } finally {
      await engine.close();
    }
  });

  it('fails the page that takes the memory, alone', async () => {
    const engine = await openEngine({ ...config, pageTimeoutMs: 30_000, memoryLimitBytes: 6e8 });
    try {
      const hoarder = codeOf(engine.read(page(fileNamed('memory-.pdf'))));
      const other = engine.read(page(fileNamed('slow-1.pdf')));
      expect(await hoarder).toBe('page.crashed');
      expect(textOf(await other)).toBe(`${sentence} 1`);
    } finally {
      await engine.close();
    }
  });
});

describe('an engine that cannot start', () => {
  it('says what is missing', async () => {
    const modelsDir = fileURLToPath(new URL('.', pathToFileURL(write('x', ''))));
    await expect(openEngine({ ...config, modelsDir })).rejects.toMatchObject({ code: 'model.missing' });
  });
});

describe('a page', () => {
  const receipt = fileURLToPath(new URL('../fixtures/documents/receipt.png', import.meta.url));

  /** Of the engine process, when it has read the receipt and, where asked to, opened a document meanwhile. */
  async function threadsAfterReading(opensAnother: boolean): Promise<number> {
    const engine = await openEngine({ ...config, pageTimeoutMs: 60_000 });
    try {
      const options = { ...page(receipt).options, mode: 'quality', text_layer: 'ignore' } as const;
      const read = engine.read({ path: receipt, pageIndex: 0, options });
      if (opensAnother) await engine.inspect(fileNamed('plain.pdf'));
      await read;
      // The threads that open documents from then on.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const tasks = `/proc/${engine.status().processes[0]?.pid}/task`;
      // Those that decode images come and go.
      return readdirSync(tasks).filter((task) => readFileSync(`${tasks}/${task}/comm`, 'utf8') === 'node\n').length;
    } finally {
      await engine.close();
    }
  }

  it('has all cores where it is alone, and one where a document is being opened, whose pages come next', async () => {
    const models = ['detector', 'recognizer', 'layout', 'orientation of the page'];
    expect(await threadsAfterReading(true)).toBe((await threadsAfterReading(false)) - models.length);
  });
});

describe('a closed engine', () => {
  it('refuses what it had not answered, and leaves no process', async () => {
    const engine = await openEngine(config);
    const pid = engine.status().processes[0]?.pid;
    const waiting = codeOf(engine.read(page(fileNamed('slow-1.pdf'))));
    await engine.close();
    expect(await waiting).toBe('engine.unavailable');
    expect(await codeOf(engine.inspect(fileNamed('plain.pdf')))).toBe('engine.unavailable');
    expect(isAlive(pid as number)).toBe(false);
  });
});

describe('the process that opened an engine', () => {
  it('takes the engine process with it when it is killed', async () => {
    const script = `
      import { openEngine } from ${JSON.stringify(new URL('../../dist/engine/engine.js', import.meta.url).href)};
      const engine = await openEngine(${JSON.stringify({ ...config, threads: 1 })});
      engine.read(${JSON.stringify(page(fileNamed('endless-2.pdf')))}).catch(() => {});
      console.log(engine.status().processes[0]?.pid);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = await Promise.race([once(parent.stdout, 'data'), once(parent, 'exit')]);
    const pid = Number(String(output));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid), 2_000);
  });
});
