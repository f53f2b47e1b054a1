import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedModels, loadManifest } from '../../src/engine/models.js';
import { loadNative } from '../../src/engine/native.js';
import { type PipelineParts, readPage } from '../../src/engine/pipeline.js';
import { openModels } from '../../src/engine/session.js';
import { mupdf } from '../../src/engine/stages/mupdf.js';
import { openDocument } from '../../src/engine/stages/open.js';
import { pageMarkdown } from '../../src/export/markdown.js';
import type { Page } from '../../src/schema/document.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const MODELS = fileURLToPath(new URL('../../models', import.meta.url));
const DOCUMENTS = fileURLToPath(new URL('../fixtures/documents', import.meta.url));
const OPTIONS = { mode: 'auto', text_layer: 'auto', word_boxes: true, tables: true } as const;
const put = temporaryFolder();

let parts: PipelineParts;
beforeAll(async () => {
  const installed = await installedModels(MODELS, await loadManifest(MODELS));
  const models = openModels(MODELS, installed, { threads: 1, device: 'cpu' });
  parts = { native: loadNative(), models, maxPagePixels: 20_000_000 };
});
afterAll(() => parts.models.close());

async function read(path: string): Promise<Page> {
  const document = await openDocument(path, { maxPagePixels: parts.maxPagePixels });
  try {
    const page = await document.openPage(0);
    try {
      return await readPage(page, OPTIONS, parts);
    } finally {
      page.close();
    }
  } finally {
    document.close();
  }
}

/** The page as it is shown with its /Rotate this many degrees further clockwise. */
function turned(name: string, degrees: number): string {
  const pdf = mupdf.Document.openDocument(readFileSync(`${DOCUMENTS}/${name}`), 'application/pdf').asPDF();
  if (pdf === null) throw new Error(`${name} is no PDF`);
  const page = pdf.findPage(0);
  const before = page.getInheritable('Rotate');
  page.put('Rotate', ((before.isNumber() ? before.asNumber() : 0) + degrees) % 360);
  return put(`${degrees}-${name}`, pdf.saveToBuffer('').asUint8Array());
}

/** `at` makes of a coordinate what is to be seen of it. */
function linesOf(page: Page, at: (value: number) => unknown): unknown {
  return page.blocks.map(({ type, lines }) => ({
    type,
    lines: lines.map(({ text, quad }) => [text, quad.map(({ x, y }) => [at(x), at(y)])]),
  }));
}

describe('a page of which the text layer lies on its side or its head', () => {
  it.each([
    ['two-columns.pdf', 90],
    ['two-columns.pdf', 180],
    ['two-columns.pdf', 270],
    ['letter.pdf', 90],
    ['rotated-90.pdf', 180],
  ])('is read as it is read upright (%s, turned by %i degrees)', async (name, degrees) => {
    const upright = await read(`${DOCUMENTS}/${name}`);
    const page = await read(turned(name, degrees));
    expect(upright.rotation).toBeUndefined();
    expect(page.rotation).toBe(360 - degrees);
    expect([page.widthPx, page.heightPx, page.dpi]).toEqual([upright.widthPx, upright.heightPx, upright.dpi]);
    expect(page.routing.provider).toBe('text-layer');
    expect(linesOf(page, Number)).toEqual(linesOf(upright, (value) => expect.closeTo(value, 2)));
    expect(pageMarkdown(page)).toBe(pageMarkdown(upright));
  });
});
