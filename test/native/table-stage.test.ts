import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installedModels, loadManifest } from '../../src/engine/models.js';
import { loadNative, type RgbImage } from '../../src/engine/native.js';
import { readPage } from '../../src/engine/pipeline.js';
import { type Model, type Models, openModels } from '../../src/engine/session.js';
import type { Region } from '../../src/engine/stages/layout.js';
import { openDocument } from '../../src/engine/stages/open.js';
import { readTables } from '../../src/engine/stages/table.js';
import type { Page } from '../../src/schema/document.js';

const DOCUMENTS = new URL('../fixtures/documents/', import.meta.url);
const MODELS_DIR = new URL('../../models', import.meta.url).pathname;

const ROWS = [
  ['Station', 'Depth', 'Salinity', 'Samples'],
  ['North buoy', '12.4 m', '31.2', '148'],
  ['Ferry pier', '6.8 m', '27.9', '203'],
  ['Old weir', '2.1 m', '9.6', '96'],
  ['Lagoon', '3.5 m', '34.0', '57'],
];

const OPTIONS = { mode: 'auto', text_layer: 'auto', word_boxes: false, tables: true } as const;

let models: Models;

beforeAll(async () => {
  const installed = await installedModels(MODELS_DIR, await loadManifest(MODELS_DIR));
  models = openModels(MODELS_DIR, installed, { threads: 1, device: 'cpu' });
});

afterAll(() => models.close());

async function read(name: string, tables = true): Promise<Page> {
  const document = await openDocument(new URL(name, DOCUMENTS).pathname, { maxPagePixels: 5e7 });
  try {
    const source = await document.openPage(0);
    return await readPage(source, { ...OPTIONS, tables }, { native: loadNative(), models, maxPagePixels: 5e7 });
  } finally {
    document.close();
  }
}

function rowsOf(page: Page): string[][] {
  const tables = page.blocks.flatMap(({ table }) => (table === undefined ? [] : [table]));
  expect(tables).toHaveLength(1);
  const rows = Array.from({ length: tables[0]?.rows ?? 0 }, (): string[] => []);
  for (const cell of tables[0]?.cells ?? []) (rows[cell.row] as string[])[cell.column] = cell.text;
  return rows;
}

test('a table in a picture is read cell by cell, its first row being its head', async () => {
  const page = await read('table.png');
  expect(rowsOf(page)).toEqual(ROWS);
  const cells = page.blocks.flatMap(({ table }) => table?.cells ?? []);
  expect(cells.filter(({ header }) => header).map(({ text }) => text)).toEqual(ROWS[0]);
  expect(cells.every(({ confidence = 0 }) => confidence > 0.9)).toBe(true);
});

test('a table of a text layer has the text of the layer', async () => {
  const page = await read('table.pdf');
  expect(page.routing.provider).toBe('text-layer');
  expect(rowsOf(page)).toEqual(ROWS);
});

test('a table is left a block of lines where tables are not asked for', async () => {
  const page = await read('table.pdf', false);
  expect(page.blocks.some(({ table }) => table !== undefined)).toBe(false);
  expect(page.timings).not.toHaveProperty('table');
});

test('a page of the text layer without a table loads no model', async () => {
  const page = await read('letter.pdf');
  expect(Object.keys(page.timings)).toEqual(['analyze', 'table', 'arrange', 'assemble']);
});

test('a table that stands askew is read as an upright one', async () => {
  const document = await openDocument(new URL('table.png', DOCUMENTS).pathname, { maxPagePixels: 5e7 });
  try {
    const source = await document.openPage(0);
    const askew = { ...source, pixels: async () => turned(await source.pixels(undefined), 2) };
    expect(rowsOf(await readPage(askew, OPTIONS, { native: loadNative(), models, maxPagePixels: 5e7 }))).toEqual(ROWS);
  } finally {
    document.close();
  }
});

async function turned({ data, width, height }: RgbImage, degrees: number): Promise<RgbImage> {
  const picture = sharp(data, { raw: { width, height, channels: 3 } }).rotate(degrees, { background: 'white' });
  const { data: pixels, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { data: pixels, width: info.width, height: info.height };
}

const LABELS = ['sos', '<tr>', '</tr>', '<td></td>', 'eos'];

/** A table model that always answers the same tokens, and counts how often it was asked. */
function modelOf(tokens: readonly string[]): { readonly model: Model; readonly asked: () => number } {
  let asked = 0;
  const probabilities = new Float32Array(tokens.length * LABELS.length);
  tokens.forEach((token, step) => {
    probabilities[step * LABELS.length + LABELS.indexOf(token)] = 1;
  });
  const run = async () => {
    asked++;
    return [
      { data: new Float32Array(4 * tokens.length), dims: [1, tokens.length, 4] },
      { data: probabilities, dims: [1, tokens.length, LABELS.length] },
    ];
  };
  const input = { name: 'x', shape: [null, 3, 32, 32], mean: [0, 0, 0], std: [1, 1, 1], channelOrder: 'bgr' };
  const model = { entry: { id: 'table', input, labels: LABELS }, run, close: async () => {} } as unknown as Model;
  return { model, asked: () => asked };
}

const blank: RgbImage = { data: new Uint8Array(100 * 700 * 3).fill(255), width: 100, height: 700 };
const lines = Array.from({ length: 32 }, (_, row) => {
  const [top, bottom] = [20 * row + 2, 20 * row + 16];
  const corner = (x: number, y: number) => ({ x, y });
  const quad = [corner(10, top), corner(60, top), corner(60, bottom), corner(10, bottom)];
  return { text: `row ${row}`, quad, confidence: 1, source: 'test' };
});

async function tablesBy(model: Model, region?: Region): Promise<readonly Region[]> {
  const only = { ...models, load: async () => model };
  return readTables(
    blank,
    [{ lines, region, rect: { x: 10, y: 2, width: 50, height: 634 } }],
    region === undefined ? [] : [region],
    only,
    loadNative(),
  );
}

test('a table without an end is cut between rows, three times at most, and loses no line', async () => {
  const { model, asked } = modelOf(['<tr>', '<td></td>', '<td></td>', '</tr>']);
  const [region] = await tablesBy(model);
  expect(asked()).toBe(15);
  expect(region?.table).toMatchObject({ rows: 8, columns: 2 });
  const texts = region?.table?.cells.map(({ text }) => text).join(' ');
  expect(texts?.split(/\s+(?=row)/).map((text) => text.trim())).toEqual(lines.map(({ text }) => text));
});

test('what the model sees no rows and columns in stays text', async () => {
  expect(await tablesBy(modelOf(['sos', 'eos']).model)).toEqual([]);
  expect(await tablesBy(modelOf(['<tr>', '<td></td>', '</tr>', 'eos']).model)).toEqual([]);
});

test('a figure stays one where most of its rows have one text only, as the labels of a chart do', async () => {
  const rows = Array.from({ length: 2 }, () => ['<tr>', '<td></td>', '<td></td>', '</tr>']).flat();
  const figure: Region = { type: 'figure', rect: { x: 0, y: 0, width: 100, height: 700 }, score: 0.8 };
  const { model } = modelOf([...rows, 'eos']);
  expect(await tablesBy(model, figure)).toEqual([figure]);
  expect(await tablesBy(model)).toMatchObject([{ type: 'table', table: { rows: 2, columns: 2 } }]);
});
