import { describe, expect, test } from 'vitest';
import { openDocument, type PageSource } from '../../../../src/engine/stages/open.js';
import { turnByLayer, turnByText } from '../../../../src/engine/stages/page-direction.js';
import type { Point, Quad, TextLine } from '../../../../src/schema/document.js';
import { makePdf, type PdfParts } from '../../../fixtures/make-pdf.js';
import { temporaryFolder } from '../../../fixtures/temporary-folder.js';

const write = temporaryFolder();

/** 3 × 2 pixels, numbered row by row. */
const IMAGE = { data: Uint8Array.from([1, 2, 3, 4, 5, 6].flatMap((gray) => [gray, gray, gray])), width: 3, height: 2 };

const corners = (...points: readonly (readonly [number, number])[]): Quad => points.map(([x, y]) => ({ x, y }));
const line = (text: string, quad: Quad): TextLine => ({
  text,
  quad,
  confidence: 0.9,
  source: 'test',
  words: [{ text, quad, confidence: 0.9 }],
});

const LEVEL = corners([0, 0], [2, 0], [2, 1], [0, 1]);
const DOWNWARD = corners([3, 0], [3, 2], [2, 2], [2, 0]);
const UPENDED = corners([3, 2], [1, 2], [1, 1], [3, 1]);
const UPWARD = corners([0, 2], [0, 0], [1, 0], [1, 2]);

describe('turnByText', () => {
  test.each([
    ['downward', DOWNWARD, 270, [3, 6, 2, 5, 1, 4]],
    ['upside down', UPENDED, 180, [6, 5, 4, 3, 2, 1]],
    ['upward', UPWARD, 90, [4, 1, 5, 2, 6, 3]],
  ] as const)('a page that reads %s is turned, its lines and words with it', async (_, quad, degrees, pixels) => {
    const { image, rotation, lines } = await turnByText({ image: IMAGE, rotation: 0 }, [line('twelve moons', quad)]);
    expect(rotation).toBe(degrees);
    expect([...image.data].filter((_, i) => i % 3 === 0)).toEqual(pixels);
    expect(lines).toEqual([line('twelve moons', LEVEL)]);
  });

  test('the turn adds to that of the page before', async () => {
    expect((await turnByText({ image: IMAGE, rotation: 270 }, [line('twelve moons', UPENDED)])).rotation).toBe(90);
  });

  test('a level page stays as it is', async () => {
    const page = { image: IMAGE, rotation: 0 };
    const lines = [line('twelve moons', LEVEL), line('stamp', UPWARD)];
    expect(await turnByText(page, lines)).toEqual({ ...page, lines });
  });

  test.each([
    ['whose text is divided between two directions', [line('twelve moons', LEVEL), line('eleven suns', DOWNWARD)]],
    ['with a few characters only', [line('stamp', DOWNWARD)]],
    ['of Japanese in columns', [line('地球温暖化の影響とリスク', DOWNWARD)]],
    ['without text', []],
  ])('a page %s stays as it is', async (_, lines) => {
    expect((await turnByText({ image: IMAGE, rotation: 0 }, lines)).rotation).toBe(0);
  });
});

describe('turnByLayer', () => {
  const CHINESE = { toUnicode: { 61: '4E2D', 62: '6587' } };
  const read = async (content: string, parts: PdfParts, use: (source: PageSource) => void) => {
    const document = await openDocument(write('page.pdf', makePdf([{ content }], parts)), { maxPagePixels: 1e6 });
    const source = await document.openPage(0);
    try {
      use(turnByLayer(source));
    } finally {
      source.close();
      document.close();
    }
  };

  test.each([
    ['upward', '0 1 -1 0 100 10', 90],
    ['upside down', '-1 0 0 -1 180 50', 180],
    ['downward', '0 -1 1 0 100 90', 270],
    ['level', '1 0 0 1 20 50', 0],
  ])('a page with a text layer that reads %s is turned', async (_, matrix, degrees) => {
    await read(`BT /F 10 Tf ${matrix} Tm (abababababab) Tj ET`, CHINESE, (source) => {
      expect(source.rotation).toBe(degrees);
      const line = source.textLayer()?.lines[0];
      expect(line?.text).toBe('中文'.repeat(6));
      const [from, to] = (line?.quad ?? []) as unknown as readonly [Point, Point];
      expect(to.y - from.y).toBeCloseTo(0, 3);
      expect(to.x).toBeGreaterThan(from.x);
    });
  });

  test('a page with a stamp in its margin is not', async () => {
    const stamp = 'BT /F 10 Tf 0 1 -1 0 190 10 Tm (a stamp) Tj ET';
    await read(`BT /F 10 Tf 20 50 Td (a line of level text) Tj ET ${stamp}`, {}, (source) => {
      expect(source.rotation).toBe(0);
    });
  });
});
