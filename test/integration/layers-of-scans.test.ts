import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedModels, loadManifest } from '../../src/engine/models.js';
import { loadNative } from '../../src/engine/native.js';
import { writeSearchablePdf } from '../../src/engine/pdf/searchable-pdf.js';
import { type PipelineParts, readPage, routeOf } from '../../src/engine/pipeline.js';
import { openModels } from '../../src/engine/session.js';
import { openDocument, type PageSource } from '../../src/engine/stages/open.js';
import { pageLayer } from '../../src/export/page-layer.js';
import type { Page } from '../../src/schema/document.js';
import type { LayerWord, PageLayer } from '../../src/schema/page-layer.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const MODELS = fileURLToPath(new URL('../../models', import.meta.url));
const DOCUMENTS = fileURLToPath(new URL('../fixtures/documents', import.meta.url));
const MAX_PIXELS = 20_000_000;
const OPTIONS = { mode: 'auto', text_layer: 'auto', word_boxes: true, tables: true } as const;
const put = temporaryFolder();

let parts: PipelineParts;
beforeAll(async () => {
  const models = openModels(MODELS, await installedModels(MODELS, await loadManifest(MODELS)), {
    threads: 1,
    device: 'cpu',
  });
  parts = { native: loadNative(), models, maxPagePixels: MAX_PIXELS };
});
afterAll(() => parts.models.close());

async function withPage<T>(path: string, use: (page: PageSource) => Promise<T>): Promise<T> {
  const document = await openDocument(path, { maxPagePixels: MAX_PIXELS });
  try {
    const page = await document.openPage(0);
    try {
      return await use(page);
    } finally {
      page.close();
    }
  } finally {
    document.close();
  }
}

interface Scan {
  readonly path: string;
  readonly read: Page;
  readonly layer: PageLayer;
}

/** A page as a scanner makes it, and what is read of it. */
async function scanOf(name: string): Promise<Scan> {
  const path = name.endsWith('.pdf')
    ? put(`${name}.png`, await withPage(`${DOCUMENTS}/${name}`, pictureOf))
    : put(name, readFileSync(`${DOCUMENTS}/${name}`));
  const read = await withPage(path, (page) => readPage(page, OPTIONS, parts));
  return { path, read, layer: pageLayer(read) };
}

async function pictureOf(page: PageSource): Promise<Buffer> {
  const { data, width, height } = await page.pixels(200);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .withMetadata({ density: 200 })
    .toBuffer();
}

let made = 0;
/** A searchable PDF of the scan with this layer over it. */
async function searchable({ path }: Scan, layer: PageLayer): Promise<string> {
  made++;
  const layersPath = put(`${made}.layers`, `${JSON.stringify(layer)}\n`);
  const outPath = put(`${made}.pdf`, '');
  const task = { path, password: undefined, layersPath, outPath, pageCount: 1 };
  await writeSearchablePdf(task, { kind: 'png', pageCount: 1 }, MAX_PIXELS);
  return outPath;
}

const textOf = (page: Page) => page.blocks.map(({ type, lines }) => [type, ...lines.map(({ text }) => text)]);

const changed = (layer: PageLayer, change: (word: LayerWord) => LayerWord): PageLayer => ({
  ...layer,
  lines: layer.lines.map((line) => line.map(change)),
});

const moved = (layer: PageLayer, right: number, down: number) =>
  changed(layer, (word) => ({ ...word, quad: word.quad.map(({ x, y }) => ({ x: x + right, y: y + down })) }));

/** Height of a line of the page, in pixels. */
const lineHeightOf = ({ read }: Scan) => {
  const heights = read.blocks.flatMap(({ lines }) => lines.map(({ quad }) => (quad[3]?.y ?? 0) - (quad[0]?.y ?? 0)));
  return heights.sort((a, b) => a - b)[heights.length >> 1] as number;
};

describe('the text layer that earlier OCR laid over a scan', () => {
  let letter: Scan;
  let article: Scan;
  beforeAll(async () => {
    letter = await scanOf('letter.pdf');
    article = await scanOf('two-columns.pdf');
  });

  const routed = async (scan: Scan, layer: PageLayer) =>
    withPage(await searchable(scan, layer), async (page) => {
      const { provider, textLayerChecks = [] } = (await readPage(page, { ...OPTIONS, mode: 'fast' }, parts)).routing;
      const failed = textLayerChecks.filter(({ passed, name }) => !passed && /print/.test(name));
      return [provider === 'text-layer' ? 'trusted' : 'read from the page', ...failed.map(({ name }) => name)];
    });

  it.each(['letter.pdf', 'two-columns.pdf'])('is the text of %s where it says what the page shows', async (name) => {
    const scan = name === 'letter.pdf' ? letter : article;
    await withPage(await searchable(scan, scan.layer), async (page) => {
      const read = await readPage(page, OPTIONS, parts);
      expect(read.routing.provider).toBe('text-layer');
      expect(read.routing.reason).toMatch(
        /^Read from the PDF's text layer \(score [\d.]+\): it is that of earlier OCR, and says what lines read from the page say$/,
      );
      expect(textOf(read)).toEqual(textOf(scan.read));
      expect(pageLayer(read).lines).toEqual([]);
      expect((await routeOf(page, OPTIONS, parts)).provider).toBe('text-layer');
    });
  });

  it('is not looked at where it is to be ignored', async () => {
    await withPage(await searchable(letter, letter.layer), async (page) => {
      const { routing } = await readPage(page, { ...OPTIONS, mode: 'fast', text_layer: 'ignore' }, parts);
      expect(routing.provider).not.toBe('text-layer');
      expect(routing.textLayerChecks).toBeUndefined();
    });
  });

  const DIFFERENT = ['read from the page', 'agreement with the print'];
  const INCOMPLETE = ['read from the page', 'print without text'];
  const ELSEWHERE = ['read from the page', 'text without print'];

  it('is not trusted where it is shifted down by a line, or by half of one', async () => {
    const height = lineHeightOf(letter);
    expect(await routed(letter, moved(letter.layer, 0, height))).toEqual(ELSEWHERE);
    expect(await routed(letter, moved(letter.layer, 0, height / 2))).toEqual(ELSEWHERE);
  });

  it('is not trusted where it is shifted to the side', async () => {
    expect(await routed(letter, moved(letter.layer, 1.5 * lineHeightOf(letter), 0))).toEqual(ELSEWHERE);
  });

  it('is not trusted where its words are others', async () => {
    const garbled = changed(letter.layer, (word) => ({ ...word, text: [...word.text].reverse().join('') }));
    expect(await routed(letter, garbled)).toEqual(DIFFERENT);
  });

  it('is not trusted where one letter of ten is misread', async () => {
    let letters = 0;
    const misread = changed(letter.layer, (word) => ({
      ...word,
      text: word.text.replace(/\p{L}/gu, (read) => (++letters % 10 > 0 ? read : read === 'c' ? 'e' : 'c')),
    }));
    expect(await routed(letter, misread)).toEqual(DIFFERENT);
  });

  it('is not trusted where it is that of another page', async () => {
    expect(await routed(letter, article.layer)).toEqual(ELSEWHERE);
  });

  it('is not trusted where it lacks half of the lines, or one of them', async () => {
    const half = { ...letter.layer, lines: letter.layer.lines.filter((_, i) => i % 2 === 0) };
    expect(await routed(letter, half)).toEqual(INCOMPLETE);
    const without = { ...letter.layer, lines: letter.layer.lines.filter((_, i) => i !== 3) };
    expect(await routed(letter, without)).toEqual(INCOMPLETE);
  });

  it('is not trusted where it was read as another language', async () => {
    const chinese = await scanOf('chinese.png');
    const sentence = 'the rain in spain falls mainly on the plain';
    const latin = changed(chinese.layer, ({ text, ...word }) => ({
      ...word,
      text: sentence.slice(0, 2 * text.length),
    }));
    expect(await routed(chinese, latin)).toEqual(DIFFERENT);
  });
});
