import { describe, expect, test } from 'vitest';
import { OcrError } from '../../../src/errors.js';
import type { Provider, Routing } from '../../../src/schema/document.js';
import type { OcrOptions } from '../../../src/schema/options.js';
import type { Appraiser } from '../../../src/server/context.js';
import { pricePages } from '../../../src/server/pricing.js';

const OPTIONS: OcrOptions = { mode: 'auto', text_layer: 'auto', word_boxes: false, tables: true, pages: '1-3' };
const routing = (provider: Provider): Routing => ({ provider, complexityScore: 1, reason: 'Clean print.' });

function engineThat(analyze: Appraiser['analyze']): Appraiser {
  return {
    inspect: async () => ({ pageCount: 1 }),
    checkLanguages: async () => {},
    analyze,
    status: () => ({ ready: true, restarts: 0, inFlight: 0, threads: 1, rssBytes: 0, processes: [] }),
  };
}

describe('pricePages', () => {
  test('each page has the price of its provider, in the order of the pages', async () => {
    const providers: Provider[] = ['text-layer', 'paddle-plus', 'paddle-structure'];
    const engine = engineThat(async ({ pageIndex }) => routing(providers[pageIndex] ?? 'paddle'));
    expect(await pricePages(engine, '/file', [0, 1, 2, 5], OPTIONS)).toEqual([
      { pageIndex: 0, reserved: 1, routing: routing('text-layer') },
      { pageIndex: 1, reserved: 3, routing: routing('paddle-plus') },
      { pageIndex: 2, reserved: 5, routing: routing('paddle-structure') },
      { pageIndex: 5, reserved: 1, routing: routing('paddle') },
    ]);
  });

  test('pages not analysed in the budget cost the most, and their analyses are given up', async () => {
    const given: (AbortSignal | undefined)[] = [];
    const engine = engineThat(async ({ pageIndex }, signal) => {
      given.push(signal);
      if (pageIndex > 0) await new Promise(() => {});
      return routing('paddle');
    });
    const priced = await pricePages(engine, '/file', [0, 1, 2, 3], OPTIONS, 50);
    expect(priced.map(({ reserved }) => reserved)).toEqual([1, 5, 5, 5]);
    expect(given).toHaveLength(3);
    expect(given.every((signal) => signal?.aborted)).toBe(true);
  });

  test('a page that cannot be analysed costs the most, the others their own price', async () => {
    const engine = engineThat(async ({ pageIndex }) => {
      if (pageIndex === 0) throw new OcrError('page.unreadable', 'The page is damaged.');
      return routing('paddle');
    });
    expect((await pricePages(engine, '/file', [0, 1], OPTIONS)).map(({ reserved }) => reserved)).toEqual([5, 1]);
  });

  test('the engine is not told which pages were chosen', async () => {
    const engine = engineThat(async ({ options }) => {
      expect(options).not.toHaveProperty('pages');
      return routing('paddle');
    });
    await pricePages(engine, '/file', [0], OPTIONS);
  });
});
