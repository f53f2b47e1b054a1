import { describe, expect, it } from 'vitest';
import { loadNative } from '../../src/engine/native.js';
import { analyzePage } from '../../src/engine/stages/analyze.js';
import type { PageSource, TextLayerLine } from '../../src/engine/stages/open.js';
import { turnImage } from '../../src/engine/stages/orient.js';

const OPTIONS = { mode: 'auto', text_layer: 'auto', word_boxes: false, tables: true } as const;
const WHITE = { data: new Uint8Array(100 * 125).fill(255), width: 100, height: 125 };

const native = loadNative();

const NO_READER = {
  rotationOf: async () => 0,
  detect: async () => {
    throw new Error('nothing but an unseen layer is compared with print');
  },
  read: async () => {
    throw new Error('nothing but an unseen layer is compared with print');
  },
};

function textLine(y: number): TextLayerLine {
  const quad = [
    { x: 50, y },
    { x: 350, y },
    { x: 350, y: y + 10 },
    { x: 50, y: y + 10 },
  ];
  const text = 'Plain words that make up a line of text.';
  return { text, quad, fontSizePt: 10, bold: false, italic: false, words: () => [], widestGapPt: 0, visible: true };
}

/** A PDF page of 400 × 500 points; `drawn` counts how often it was asked for pixels. */
function pdfPage(lines: number, images: readonly (readonly [number, number, number, number])[] = []) {
  const layer = Array.from({ length: lines }, (_, i) => textLine(20 + 14 * i));
  const drawn = { count: 0 };
  const source: PageSource = {
    kind: 'pdf',
    pageIndex: 0,
    sizePt: { width: 400, height: 500 },
    sizePx: undefined,
    rotation: 0,
    turned: undefined,
    nativeDpi: () => undefined,
    textLayer: () => ({ lines: layer, characters: layer.length * 40, unmappedCharacters: 0 }),
    imageRects: () =>
      images.map(([x0, y0, x1, y1]) => ({ from: { x: x0, y: y0 }, to: { x: x1, y: y1 }, dpi: 150, coverage: 0 })),
    shapes: () => [],
    strokes: () => [],
    thumbnail: async () => {
      drawn.count++;
      return WHITE;
    },
    pixels: async () => {
      throw new Error('analyze never needs the page in full');
    },
    close: () => {},
  };
  return { source, drawn };
}

describe('evidence', () => {
  it('a page with a trusted text layer is never rasterized', async () => {
    const { source, drawn } = pdfPage(20);
    const evidence = await analyzePage(source, native, OPTIONS, NO_READER);
    expect(drawn.count).toBe(0);
    expect(evidence.textLayerTrust.trusted).toBe(true);
    expect(evidence.features).toBeUndefined();
    expect(evidence.thumbnailScale).toBeUndefined();
  });

  it('a page without one is measured on a thumbnail', async () => {
    const { source, drawn } = pdfPage(0);
    const evidence = await analyzePage(source, native, OPTIONS, NO_READER);
    expect(drawn.count).toBe(1);
    expect(evidence.thumbnailScale).toBe(0.25);
    expect(evidence.features?.lineCount).toBe(0);
  });

  it('a page on its side is measured as it stands upright', async () => {
    const upright = { data: new Uint8Array(300 * 400).fill(255), width: 300, height: 400 };
    for (let top = 40; top < 360; top += 20) {
      for (let y = top; y < top + 8; y++) {
        for (let x = 30; x < 270; x++) if (x % 6 < 3) upright.data[y * 300 + x] = 0;
      }
    }
    const lying = await turnImage(upright, 270);
    const source = { ...pdfPage(0).source, thumbnail: async () => lying };
    const evidence = await analyzePage(source, native, OPTIONS, { ...NO_READER, rotationOf: async () => 90 });
    expect(evidence.rotation).toBe(90);
    expect(evidence.features).toEqual(native.pageFeatures(upright));
    expect(evidence.features).not.toEqual(native.pageFeatures(lying));
  });

  it('a text layer that is to be ignored is not even read', async () => {
    const { source } = pdfPage(20);
    const unread = {
      ...source,
      textLayer: () => {
        throw new Error('read');
      },
    };
    const evidence = await analyzePage(unread, native, { ...OPTIONS, text_layer: 'ignore' }, NO_READER);
    expect(evidence.textLayer).toBeUndefined();
    expect(evidence.features).toBeDefined();
  });

  it('an empty page is the honest answer where only the text layer was asked for', async () => {
    const { source, drawn } = pdfPage(0);
    const evidence = await analyzePage(source, native, { ...OPTIONS, text_layer: 'only' }, NO_READER);
    expect(evidence.textLayerTrust.trusted).toBe(true);
    expect(drawn.count).toBe(0);
  });

  it('images that overlap or leave the page count once, and only on it', async () => {
    const { source } = pdfPage(20, [
      [0, 0, 200, 250],
      [100, 0, 200, 250],
      [-100, 250, 200, 500],
    ]);
    expect((await analyzePage(source, native, OPTIONS, NO_READER)).imageCoverage).toBeCloseTo(0.5, 10);
  });

  it('an image is covered by itself', async () => {
    const { source } = pdfPage(0);
    const image: PageSource = {
      ...source,
      kind: 'png',
      sizePt: undefined,
      sizePx: { width: 400, height: 500 },
      textLayer: () => undefined,
      imageRects: () => undefined,
      strokes: () => undefined,
    };
    const evidence = await analyzePage(image, native, OPTIONS, NO_READER);
    expect(evidence.imageCoverage).toBe(1);
    expect(evidence.thumbnailScale).toBe(0.25);
  });
});
