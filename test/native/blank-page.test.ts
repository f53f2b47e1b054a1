import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { installedModels, loadManifest } from '../../src/engine/models.js';
import { loadNative } from '../../src/engine/native.js';
import { readPage, routeOf } from '../../src/engine/pipeline.js';
import { type Models, openModels } from '../../src/engine/session.js';
import { openDocument } from '../../src/engine/stages/open.js';
import { makePdf } from '../fixtures/make-pdf.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const write = temporaryFolder();
const MODELS = fileURLToPath(new URL('../../models', import.meta.url));
const manifest = await loadManifest(MODELS);
const models = openModels(MODELS, await installedModels(MODELS, manifest), { threads: 1, device: 'cpu' });
const OPTIONS = { mode: 'quality', text_layer: 'auto', word_boxes: false, tables: true } as const;

/** Models that may be counted and not be used. */
const unused = new Proxy(models, {
  get(target, name) {
    if (name === 'installedTiers') return target.installedTiers;
    throw new Error(`a blank page needs no ${String(name)}`);
  },
}) as Models;

async function readWith(of: Models, path: string) {
  const document = await openDocument(path, { maxPagePixels: 4e7 });
  const source = await document.openPage(0);
  const parts = { native: loadNative(), models: of, maxPagePixels: 4e7 };
  try {
    return { routing: await routeOf(source, OPTIONS, parts), page: await readPage(source, OPTIONS, parts) };
  } finally {
    source.close();
    document.close();
  }
}

/** A sheet of A4 at 150 dpi, in grains of a few levels, with a text at its foot; `gray`: 0 black, 1 white. */
async function scan(name: string, text: string, gray: number): Promise<string> {
  const content = `${gray} g BT /F 11 Tf 290 30 Td (${text}) Tj ET`;
  const sheet = write(`${name}.pdf`, makePdf([{ entries: '/MediaBox [0 0 595 842]', content }]));
  const document = await openDocument(sheet, { maxPagePixels: 4e7 });
  const source = await document.openPage(0);
  const { data, width, height } = await source.pixels(150);
  source.close();
  document.close();
  let state = 1;
  const grained = data.map((level) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.max(0, level - 8) + (state >>> 30);
  });
  const png = await sharp(grained, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return write(name, png);
}

const textOf = ({ page }: Awaited<ReturnType<typeof readWith>>) =>
  page.blocks.flatMap(({ lines }) => lines.map(({ text }) => text));

it('a scan without anything on it is read without any model, at its size', async () => {
  const { routing, page } = await readWith(unused, await scan('blank.png', '', 0));
  expect(routing).toEqual({
    provider: 'paddle',
    complexityScore: 0,
    reason: 'Blank page: nothing stands out from the paper, so that no model was run',
  });
  const { timings: _, ...rest } = page;
  expect(rest).toEqual({ pageIndex: 0, widthPx: 1240, heightPx: 1754, routing, blocks: [], confidence: 1 });
});

it('so is an empty page of a PDF', async () => {
  const path = write('empty.pdf', makePdf([{ entries: '/MediaBox [0 0 300 400]', content: '' }]));
  const { page } = await readWith(unused, path);
  expect([page.widthPx, page.heightPx, page.dpi, page.blocks]).toEqual([833, 1111, 200, []]);
});

it('a lone page number is read', async () => {
  expect(textOf(await readWith(models, await scan('number.png', '17', 0)))).toEqual(['17']);
});

it('a faint line of pencil is read', async () => {
  const path = await scan('pencil.png', 'paid in May', 0.92);
  expect(textOf(await readWith(models, path))).toEqual(['paid in May']);
});
