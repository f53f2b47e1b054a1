import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openDocument } from '../../../../src/engine/stages/open.js';
import { cutPictures } from '../../../../src/engine/stages/pictures.js';

const MAX_PIXELS = 50_000_000;
const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/documents/${name}`, import.meta.url));

/** Width and height that a PNG's header says. */
function sizeOf(png: Uint8Array | undefined): [number, number] {
  const bytes = Buffer.from(png ?? []);
  expect(bytes.subarray(1, 4).toString('latin1')).toBe('PNG');
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

async function cut(
  name: string,
  more: { widthPx: number; heightPx: number; rotation?: number },
  ...rects: { x: number; y: number; width: number; height: number }[]
) {
  const path = fixture(name);
  const document = await openDocument(path, { maxPagePixels: MAX_PIXELS });
  const source = await document.openPage(0);
  const task = { path, pageIndex: 0, password: undefined, rotation: 0, ...more, rects };
  const pictures = await cutPictures(source, task);
  source.close();
  document.close();
  return pictures.map(sizeOf);
}

test('figures of an image are cut at its own pixels, each by itself', async () => {
  const document = await openDocument(fixture('receipt.png'), { maxPagePixels: MAX_PIXELS });
  const { width, height } = (await document.openPage(0)).sizePx ?? { width: 0, height: 0 };
  document.close();
  const rects = [
    { x: 10, y: 20, width: 100, height: 50 },
    { x: width - 30, y: -5, width: 100, height: 25 },
  ];
  expect(await cut('receipt.png', { widthPx: width, heightPx: height }, ...rects)).toEqual([
    [100, 50],
    [30, 20],
  ]);
  // Turned, and read at half its size.
  const turned = { widthPx: height / 2, heightPx: width / 2, rotation: 90 };
  expect(await cut('receipt.png', turned, { x: 10, y: 20, width: 100, height: 50 })).toEqual([[200, 100]]);
});

test('figures of a PDF page are drawn at 200 dots an inch, whatever it was read at', async () => {
  const inch = { x: 72, y: 72, width: 72, height: 36 };
  expect(await cut('letter.pdf', { widthPx: 595, heightPx: 842 }, inch)).toEqual([
    [
      expect.toSatisfy((value: number) => Math.abs(value - 200) <= 2),
      expect.toSatisfy((value: number) => Math.abs(value - 100) <= 2),
    ],
  ]);
});
