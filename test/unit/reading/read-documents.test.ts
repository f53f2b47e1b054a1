import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { PageTask } from '../../../src/engine/engine.js';
import { OcrError } from '../../../src/errors.js';
import { type DocumentOutcome, readDocuments, type Source } from '../../../src/reading/read-documents.js';
import { page } from '../export/page.js';

const input = (name: string): Source => ({ path: `/${name}`, name });
const options = { mode: 'auto', text_layer: 'auto', word_boxes: false, tables: true } as const;
const silent = { opened: () => {}, pageDone: () => {} };

/** An engine for documents of so many pages each; `read` decides what becomes of a page. */
function engine(pageCounts: Record<string, number>, read: (task: PageTask) => Promise<void> = async () => {}) {
  return {
    async inspect(path: string) {
      const pageCount = pageCounts[path];
      if (pageCount === undefined) throw new OcrError('file.unreadable', 'The file is no PDF.');
      return { kind: 'pdf' as const, pageCount };
    },
    async read(task: PageTask) {
      await read(task);
      return page([], { pageIndex: task.pageIndex });
    },
  };
}

async function readAll(
  parts: ReturnType<typeof engine>,
  inputs: readonly Source[],
  more: { pages?: string; concurrency?: number } = {},
): Promise<DocumentOutcome[]> {
  const request = { inputs, pages: more.pages, options, concurrency: more.concurrency ?? 4 };
  const outcomes: DocumentOutcome[] = [];
  for await (const outcome of readDocuments(parts, request, silent)) outcomes.push(outcome);
  return outcomes;
}

describe('readDocuments', () => {
  it('gives documents in the order of the inputs and pages in page order, however long each takes', async () => {
    const slowFirst = engine({ '/a': 3, '/b': 1 }, ({ path, pageIndex }) =>
      delay(path === '/a' ? 20 - pageIndex * 8 : 0),
    );
    const outcomes = await readAll(slowFirst, [input('a'), input('b')]);
    expect(outcomes.map((outcome) => [outcome.input.name, outcome.pages.map(({ pageIndex }) => pageIndex)])).toEqual([
      ['a', [0, 1, 2]],
      ['b', [0]],
    ]);
  });

  it('reads pages of several documents at once, and never more than it may', async () => {
    let now = 0;
    let most = 0;
    const counting = engine({ '/a': 1, '/b': 1, '/c': 1, '/d': 2 }, async () => {
      most = Math.max(most, ++now);
      await delay(5);
      now -= 1;
    });
    await readAll(counting, ['a', 'b', 'c', 'd'].map(input), { concurrency: 3 });
    expect(most).toBe(3);
  });

  it('goes on behind a document that cannot be opened', async () => {
    const [bad, good] = await readAll(engine({ '/good': 1 }), [input('bad'), input('good')]);
    expect(bad).toMatchObject({ pages: [], error: { code: 'file.unreadable', message: 'The file is no PDF.' } });
    expect(good?.pages).toHaveLength(1);
  });

  it('goes on behind a page that cannot be read', async () => {
    const failing = engine({ '/a': 3 }, async ({ pageIndex }) => {
      if (pageIndex === 1) throw new OcrError('page.timeout', 'It took too long.');
    });
    const [outcome] = await readAll(failing, [input('a')]);
    expect(outcome?.pages.map(({ error }) => error?.code)).toEqual([undefined, 'page.timeout', undefined]);
  });

  it('reads the pages asked for', async () => {
    const [outcome] = await readAll(engine({ '/a': 5 }), [input('a')], { pages: '4-,2' });
    expect(outcome?.pages.map(({ pageIndex }) => pageIndex)).toEqual([1, 3, 4]);
  });

  it('throws what is no error of a document', async () => {
    const broken = engine({ '/a': 1 }, async () => {
      throw new TypeError('a fault of ours');
    });
    await expect(readAll(broken, [input('a')])).rejects.toThrow('a fault of ours');
  });
});
