import { describe, expect, it } from 'vitest';
import { type GrayImage, loadNative } from '../../src/engine/native.js';
import { areBackgrounds, findImageRegions, readImageRegions } from '../../src/engine/stages/image-regions.js';
import { openDocument, type PageSource } from '../../src/engine/stages/open.js';
import { makePdf, type PdfPage, type PdfParts } from '../fixtures/make-pdf.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const native = loadNative();
const write = temporaryFolder();
let files = 0;

async function onPage<T>(page: PdfPage, use: (source: PageSource) => Promise<T>, parts?: PdfParts): Promise<T> {
  files += 1;
  const document = await openDocument(write(`${files}.pdf`, makePdf([page], parts)), { maxPagePixels: 4e6 });
  const source = await document.openPage(0);
  try {
    return await use(source);
  } finally {
    source.close();
    document.close();
  }
}

const LETTER = '/MediaBox [0 0 612 792]';
const TEXT = Array.from(
  { length: 8 },
  (_, i) => `1 0 0 1 20 ${180 - 20 * i} Tm (Row ${i} of the scanned table: value)`,
);
/** Eight lines of 12 points on 300 × 200. */
const PROSE = `BT /F 12 Tf ${TEXT.map((line) => `${line} Tj`).join(' ')} ET`;

/** What `content` looks like, as the image of a page of 300 × 200 points at 144 dpi. */
async function pictureOf(content: string): Promise<PdfParts> {
  const entries = '/MediaBox [0 0 300 200]';
  const gray: GrayImage = await onPage({ content, entries }, (source) => source.thumbnail(600));
  return { image: { width: gray.width, height: gray.height, samples: gray.data } };
}

/** The image on 300 × 200 points of a page, with its top-left corner 100 points from the left and 200 from the top. */
const PLACED = 'q 300 0 0 200 100 392 cm /I Do Q';

const find = (content: string, parts: PdfParts) =>
  onPage(
    { content, entries: LETTER },
    (source) => findImageRegions(source, source.textLayer()?.lines ?? [], native),
    parts,
  );

describe('an image on a page with a text layer', () => {
  it('is a region to be read where it holds lines of text', async () => {
    const [region, ...rest] = await find(PLACED, await pictureOf(PROSE));
    expect(rest).toEqual([]);
    expect(region).toMatchObject({ from: { x: 100, y: 200 }, to: { x: 400, y: 400 } });
    expect(region?.dpi).toBeCloseTo(144, 0);
    expect(region?.letterHeightPt).toBeGreaterThan(5);
    expect(region?.letterHeightPt).toBeLessThan(10);
  });

  it('is one region where it is cut into strips', async () => {
    const strips = 'q 300 0 0 100 100 492 cm /I Do Q q 300 0 0 100 100 392 cm /I Do Q';
    const regions = await find(strips, await pictureOf(PROSE));
    expect(regions).toHaveLength(1);
    expect(regions[0]).toMatchObject({ from: { x: 100, y: 200 }, to: { x: 400, y: 400 } });
  });

  it.each([
    ['is blank', PLACED, '0.9 g 0 0 300 200 re f'],
    ['shows shapes alone', PLACED, '20 20 100 150 re f 0.5 g 150 40 120 90 re f'],
    ['is no larger than a logo', 'q 60 0 0 40 100 592 cm /I Do Q', PROSE],
  ])('is left alone where it %s', async (_, content, picture) => {
    expect(await find(content, await pictureOf(picture))).toEqual([]);
  });

  it('is left alone where the text layer says all that it shows', async () => {
    const layer = ` q 1 0 0 1 100 392 cm ${PROSE} Q`;
    expect(await find(PLACED + layer, await pictureOf(PROSE))).toEqual([]);
  });
});

describe('an image behind a text layer', () => {
  const isBackground = async (picture: string) =>
    onPage(
      { content: `q 612 0 0 792 0 0 cm /I Do Q 0 g q 1 0 0 1 100 392 cm ${PROSE} Q`, entries: LETTER },
      (source) => areBackgrounds(source, source.textLayer()?.lines ?? [], native),
      await pictureOf(picture),
    );

  it('is a background where it shows nothing else', async () => {
    expect(await isBackground('0.9 g 0 0 300 200 re f')).toBe(true);
  });

  it('is none where it shows other text', async () => {
    expect(await isBackground(PROSE)).toBe(false);
  });
});

describe('reading', () => {
  const REGION = { from: { x: 100, y: 200 }, to: { x: 400, y: 400 }, dpi: 144, letterHeightPt: 6 };
  const quad = (x: number, y: number, width: number, height: number) => [
    { x, y },
    { x: x + width, y },
    { x: x + width, y: y + height },
    { x, y: y + height },
  ];
  const line = (text: string, at: ReturnType<typeof quad>) => ({ text, quad: at, confidence: 0.9, source: 'test' });
  const source = {
    pixels: async () => ({ data: new Uint8Array(0), width: 900, height: 600 }),
  } as unknown as PageSource;

  it('places the lines of a region on the page', async () => {
    const heights: number[] = [];
    const lines = await readImageRegions(source, [REGION], [], 2, async (_, letterHeightPx) => {
      heights.push(letterHeightPx);
      return [
        {
          ...line('word', quad(90, 30, 300, 60)),
          words: [{ text: 'word', quad: quad(90, 30, 300, 60), confidence: 1 }],
        },
      ];
    });
    // 900 pixels for 300 points: 3 pixels a point in the region, 2 on the page.
    expect(lines[0]?.quad).toEqual(quad(260, 420, 200, 40));
    expect(lines[0]?.words?.[0]?.quad).toEqual(quad(260, 420, 200, 40));
    // Read at 200 dpi, the least that is asked for.
    expect(heights[0]).toBeCloseTo((6 * 200) / 72);
  });

  it('leaves out lines that the text layer has', async () => {
    const known = [line('from the layer', quad(250, 415, 220, 50))];
    const lines = await readImageRegions(source, [REGION], known, 2, async () => [
      line('seen twice', quad(90, 30, 300, 60)),
      line('seen once', quad(90, 130, 300, 60)),
    ]);
    expect(lines.map(({ text }) => text)).toEqual(['seen once']);
  });
});
