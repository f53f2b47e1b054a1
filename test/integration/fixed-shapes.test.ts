/** What CUDA is given, run on the CPU: models on the shapes of their grids alone. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../src/engine/engine.js';
import { installedModels, loadManifest, type ModelEntry } from '../../src/engine/models.js';
import { loadNative } from '../../src/engine/native.js';
import { loadModel, type Models, openModels } from '../../src/engine/session.js';
import { gridOf } from '../../src/engine/shape-grid.js';
import { detectLines } from '../../src/engine/stages/detect.js';
import { recognizeLines } from '../../src/engine/stages/recognize.js';
import type { Page, Quad } from '../../src/schema/document.js';
import { OcrOptions } from '../../src/schema/options.js';

const DOCUMENTS = fileURLToPath(new URL('../fixtures/documents/', import.meta.url));
const MODELS = fileURLToPath(new URL('../../models', import.meta.url));

function furthest(some: readonly Quad[], others: readonly Quad[]): number {
  expect(some.length).toBe(others.length);
  const distances = some.flatMap((quad, i) =>
    quad.flatMap(({ x, y }, corner) => {
      const other = others[i]?.[corner];
      return other === undefined ? [Infinity] : [Math.abs(x - other.x), Math.abs(y - other.y)];
    }),
  );
  return Math.max(...distances);
}

describe('an engine on fixed shapes', () => {
  const config = {
    modelsDir: MODELS,
    threads: 2,
    pageTimeoutMs: 120_000,
    memoryLimitBytes: 2 ** 40,
    maxPagePixels: 80_000_000,
  };
  const reports: (readonly [string, number, number])[] = [];
  let free: Engine;
  let fixed: Engine;
  beforeAll(async () => {
    free = await openEngine({ ...config, threads: 1 });
    fixed = await openEngine({
      ...config,
      fixedShapes: true,
      onPreparing: (...report) => reports.push(report),
    });
  });
  afterAll(async () => {
    await free?.close();
    await fixed?.close();
  });

  const read = (engine: Engine, file: string): Promise<Page> => {
    const { pages: _, ...options } = Value.Create(OcrOptions);
    return engine.read({
      path: `${DOCUMENTS}${file}`,
      pageIndex: 0,
      options: { ...options, text_layer: 'ignore' as const },
    });
  };
  const linesOf = (page: Page) => page.blocks.flatMap(({ lines }) => lines);
  const textsOf = (page: Page) => linesOf(page).map(({ text }) => text);

  it('has every model run on every shape of its grid, once in each thread, before it is ready', async () => {
    const installed = await installedModels(MODELS, await loadManifest(MODELS));
    const total = 2 * installed.reduce((sum, entry) => sum + gridOf(entry).length, 0);
    // The last thread's report may come behind the news that all are ready.
    await expect.poll(() => reports).toEqual(Array.from({ length: total }, (_, i) => ['cpu', i + 1, total]));
  });

  // A shape that was not prepared for is an error, and the page would fail of it.
  it.each([
    ['table.png', 3],
    // Its headline is 840 pixels long, in letters 200 high; its end is 33 pixels further on.
    ['poster.png', 34],
    ['chinese.png', 5],
    ['scan.pdf', 3],
    ['two-columns.pdf', 3],
    ['rotated-90.pdf', 3],
  ])('reads the lines of %s as it does on any shape, within %i pixels', async (file, pixels) => {
    const [wanted, found] = await Promise.all([read(free, file), read(fixed, file)]);
    expect(textsOf(found)).toEqual(textsOf(wanted));
    const quadsOf = (page: Page) => linesOf(page).map(({ quad }) => quad);
    expect(furthest(quadsOf(wanted), quadsOf(found))).toBeLessThanOrEqual(pixels);
  });

  it.each(['receipt.png', 'letter.pdf'])('reads %s to the same characters, with other spaces', async (file) => {
    const [wanted, found] = await Promise.all([read(free, file), read(fixed, file)]);
    const characters = (page: Page) => textsOf(page).join('').replaceAll(' ', '');
    expect(characters(found)).toBe(characters(wanted));
  });
});

describe('models on fixed shapes', () => {
  const native = loadNative();
  let installed: readonly ModelEntry[];
  let free: Models;
  let fixed: Models;
  beforeAll(async () => {
    installed = await installedModels(MODELS, await loadManifest(MODELS));
    free = openModels(MODELS, installed, { threads: 1, device: 'cpu' });
    fixed = openModels(MODELS, installed, { threads: 1, device: 'cpu', gridOf });
  });
  afterAll(async () => {
    await free?.close();
    await fixed?.close();
  });

  it.each(['table.png', 'chinese.png', 'poster.png'])(
    'read the lines of %s to the same text, each word within a column of where it was',
    async (file) => {
      const { data, info } = await sharp(readFileSync(`${DOCUMENTS}${file}`))
        .flatten({ background: 'white' })
        .toColourspace('srgb')
        .raw()
        .toBuffer({ resolveWithObject: true });
      const image = { data, width: info.width, height: info.height };
      const boxes = await detectLines(image, await free.detector('tiny'), native, 1);
      const wanted = await recognizeLines(image, boxes, await free.recognizer('tiny'), native);
      const found = await recognizeLines(image, boxes, await fixed.recognizer('tiny'), native);
      expect(found.map((reading) => reading?.line.text)).toEqual(wanted.map((reading) => reading?.line.text));
      const wordsOf = (readings: typeof wanted) => readings.flatMap((reading) => reading?.line.words ?? []);
      const lineHeight = Math.max(...wordsOf(wanted).map(({ quad }) => (quad[3]?.y ?? 0) - (quad[0]?.y ?? 0)));
      const column = (8 / 48) * lineHeight;
      expect(
        furthest(
          wordsOf(wanted).map(({ quad }) => quad),
          wordsOf(found).map(({ quad }) => quad),
        ),
      ).toBeLessThanOrEqual(column);
    },
  );

  it('take no other shape', async () => {
    const detector = await fixed.detector('tiny');
    await expect(detector.run(new Float32Array(3 * 64 * 96), [1, 3, 64, 96])).rejects.toThrow(
      'pp-ocrv6-tiny-det was not prepared for 1 × 3 × 64 × 96.',
    );
  });

  it('are refused, and their sessions let go, where one cannot be prepared', async () => {
    const entry = installed.find(({ task }) => task === 'layout') as ModelEntry;
    const options = { threads: 1, device: 'cpu', gridOf: () => [[1, 3, 64, 64]] as const } as const;
    await expect(loadModel(MODELS, entry, options)).rejects.toThrow();
  });
});
