import { describe, expect, it } from 'vitest';
import { linesFromTextLayer } from '../../../../src/engine/stages/lines-from-text-layer.js';
import { mupdf } from '../../../../src/engine/stages/mupdf.js';
import { openDocument, type PageSource, type TextLayer } from '../../../../src/engine/stages/open.js';
import { openPdfFile } from '../../../../src/engine/stages/pdf-source.js';
import type { Point, Quad } from '../../../../src/schema/document.js';
import { makePdf, type PdfPage, type PdfParts } from '../../../fixtures/make-pdf.js';
import { temporaryFolder } from '../../../fixtures/temporary-folder.js';

const write = temporaryFolder();
let files = 0;

const open = (bytes: Uint8Array, password?: string, maxPagePixels = 1e6) => {
  files += 1;
  return openDocument(write(`${files}.pdf`, bytes), { password, maxPagePixels });
};

async function onPage<T>(page: PdfPage, use: (source: PageSource) => T, parts?: PdfParts, cap?: number): Promise<T> {
  const document = await open(makePdf([page], parts), undefined, cap);
  const source = await document.openPage(0);
  try {
    return await use(source);
  } finally {
    source.close();
    document.close();
  }
}

/** Left, top, right, bottom in whole points. */
const bounds = (quad: Quad) => {
  const xs = quad.map(({ x }) => x);
  const ys = quad.map(({ y }) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)].map(Math.round);
};

describe('the document', () => {
  it('is missing where it was erased after its kind was told', () => {
    expect(() => openPdfFile(`${write('erased.pdf', '')}.gone`, undefined)).toThrow(
      expect.objectContaining({ code: 'file.missing' }),
    );
  });

  it('counts its pages', async () => {
    const document = await open(makePdf([{ content: '' }, { content: '' }, { content: '' }]));
    expect(document).toMatchObject({ kind: 'pdf', pageCount: 3 });
    document.close();
  });

  it('without pages is refused', async () => {
    await expect(open(makePdf([]))).rejects.toMatchObject({ code: 'file.no-pages' });
  });

  it('without a single object is refused', async () => {
    await expect(open(Buffer.from('%PDF-1.7\nnothing'))).rejects.toMatchObject({ code: 'file.unreadable' });
  });

  describe('that is encrypted', () => {
    const encrypted = () => {
      const document = mupdf.Document.openDocument(makePdf([{ content: '' }]), 'application/pdf').asPDF();
      if (document === null) throw new Error('expected a PDF');
      return document.saveToBuffer('encrypt=aes-256,user-password=secret,owner-password=owner').asUint8Array().slice();
    };

    it('opens with its password', async () => {
      const document = await open(encrypted(), 'secret');
      expect(document.pageCount).toBe(1);
      document.close();
    });

    it('says that a password was expected', async () => {
      await expect(open(encrypted())).rejects.toMatchObject({
        code: 'file.encrypted',
        message: 'The PDF is encrypted: a password was expected and none came.',
      });
    });

    it('says that the password does not open it, without repeating it', async () => {
      await expect(open(encrypted(), 'guess')).rejects.toMatchObject({
        code: 'file.encrypted',
        message: 'The PDF is encrypted: the password that came does not open it.',
      });
    });
  });
});

describe('the size of a page', () => {
  it('is its crop box, turned and in user units', async () => {
    const entries = '/MediaBox [0 0 300 300] /CropBox [50 50 150 130] /Rotate 90 /UserUnit 2';
    expect(await onPage({ content: '', entries }, ({ sizePt }) => sizePt)).toEqual({ width: 160, height: 200 });
  });

  it('is unknown in pixels', async () => {
    expect(await onPage({ content: '' }, ({ sizePx }) => sizePx)).toBeUndefined();
  });
});

describe('the text layer', () => {
  const text = (content: string, entries = '', parts?: PdfParts) =>
    onPage({ content, entries }, (source) => source.textLayer(), parts);

  it('gives lines with their words, size and place', async () => {
    const layer = await text('BT /F 10 Tf 20 50 Td (Hello brave world) Tj ET');
    expect(layer?.lines).toHaveLength(1);
    const line = layer?.lines[0];
    expect(line).toMatchObject({
      text: 'Hello brave world',
      fontSizePt: 10,
      bold: false,
      italic: false,
      visible: true,
    });
    expect(line?.words().map((word) => word.text)).toEqual(['Hello', 'brave', 'world']);
    const [left, top, , bottom] = bounds(line?.quad as Quad) as [number, number, number, number];
    expect(left).toBe(20);
    expect(top).toBeLessThan(50);
    expect(bottom).toBeGreaterThanOrEqual(50);
    expect(layer).toMatchObject({ characters: 15, unmappedCharacters: 0 });
  });

  it('tells bold from the font', async () => {
    const layer = await text('BT /B 10 Tf 20 50 Td (Heading) Tj ET');
    expect(layer?.lines[0]?.bold).toBe(true);
  });

  it('marks text in render mode 3 as invisible, and only that', async () => {
    const layer = await text('BT /F 10 Tf 20 70 Td (seen) Tj 3 Tr 0 -40 Td (scanned) Tj ET');
    expect(layer?.lines.map(({ text, visible }) => [text, visible])).toEqual([
      ['seen', true],
      ['scanned', false],
    ]);
  });

  const lines = async (content: string, entries = '', parts?: PdfParts) =>
    (await text(content, entries, parts))?.lines.map((line) => line.text);
  const SEEN = ' 0 g BT /F 12 Tf 20 20 Td (seen) Tj ET';

  it.each([
    ['white on the paper', '1 g BT /F 12 Tf 20 60 Td (secret) Tj ET'],
    ['under a filled rectangle', 'BT /F 12 Tf 20 60 Td (secret) Tj ET 10 52 100 24 re f'],
    ['outside the page', 'BT /F 12 Tf 320 60 Td (secret) Tj ET'],
    ['outside the clip path', 'q 0 0 9 9 re W n BT /F 12 Tf 20 60 Td (secret) Tj ET Q'],
  ])('leaves out text that is %s', async (_, content) => {
    expect(await lines(content + SEEN)).toEqual(['seen']);
  });

  it.each([
    ['white on a dark rectangle', '0 g 10 52 100 24 re f 1 g BT /F 12 Tf 20 60 Td (word) Tj ET'],
    ['white on a dark shape', '0 g 10 52 m 110 52 l 110 80 l 60 90 l 10 80 l f 1 g BT /F 12 Tf 20 60 Td (word) Tj ET'],
    ['on a rectangle', '0.9 g 10 52 100 24 re f 0 g BT /F 12 Tf 20 60 Td (word) Tj ET'],
    ['beside a rectangle that was filled later', 'BT /F 12 Tf 20 60 Td (word) Tj ET 80 52 100 24 re f'],
    [
      'under a rectangle that was clipped away',
      'BT /F 12 Tf 20 60 Td (word) Tj ET q 0 0 9 9 re W n 0 0 200 100 re f Q',
    ],
  ])('keeps text that is %s', async (_, content) => {
    expect(await lines(content + SEEN)).toEqual(['word', 'seen']);
  });

  it('takes text under an image for invisible', async () => {
    const layer = await text(`BT /F 12 Tf 20 60 Td (scanned) Tj ET q 100 0 0 30 10 52 cm /I Do Q${SEEN}`);
    expect(layer?.lines.map(({ text, visible }) => [text, visible])).toEqual([
      ['scanned', false],
      ['seen', true],
    ]);
  });

  it('puts words together that are set wide, and leaves letters that stand for themselves', async () => {
    expect(await lines('BT /F 12 Tf 6 Tc 20 50 Td (TABLE OF WORK) Tj ET')).toEqual(['TABLE OF WORK']);
    expect(await lines('BT /F 12 Tf 20 50 Td (A x P x E) Tj ET')).toEqual(['A x P x E']);
    expect(await lines('BT /F 12 Tf 20 50 Td (A B C) Tj ET')).toEqual(['A B C']);
  });

  it('sees the narrow spaces of a line that is set tight, but none before a comma or in uneven setting', async () => {
    const tight = (text: string, gap: number) => `BT /F 12 Tf 20 50 Td [${text.replaceAll('_', `) ${-gap} (`)}] TJ ET`;
    expect(await lines(tight('(Growing_up_she_did_it)', 120))).toEqual(['Growing up she did it']);
    expect(await lines(tight('(Growing_,_up_she_did_it)', 120))).toEqual(['Growing, up she did it']);
    expect(await lines(tight('(un_e_v_en)', 120))).toEqual(['uneven']);
    expect(await lines(tight('(kerned_letters)', 60))).toEqual(['kernedletters']);
  });

  it('takes spaces for none that are taken back', async () => {
    expect(await lines('BT /F 12 Tf 20 50 Td [(ne) 0 ( ) 278 (t gain)] TJ ET')).toEqual(['net gain']);
  });

  it('keeps letters once that are printed twice to look bold', async () => {
    const letters = [20, 26.7, 33.3].map((x, i) => [x, x + 0.3].map((at) => `1 0 0 1 ${at} 50 Tm (${'bol'[i]}) Tj`));
    expect(await lines(`BT /F 12 Tf ${letters.flat().join(' ')} ET`)).toEqual(['bol']);
  });

  it('goes on with a line that was underlined before it ended', async () => {
    const content = 'BT /F 12 Tf 20 50 Td (under) Tj ET 20 48 30 1 re f BT /F 12 Tf 53 50 Td (lined) Tj ET';
    expect(await lines(content)).toEqual(['under lined']);
  });

  it('gives letters for the forms that fonts have of them', async () => {
    const toUnicode = { 41: 'FB01', 42: '2F08', 43: 'FEE1' };
    expect(await lines('BT /F 10 Tf 20 50 Td (AnBC) Tj ET', '', { toUnicode })).toEqual(['fin人م']);
  });

  describe('of Hebrew and Arabic', () => {
    /** Letters as wide as Helvetica's "a" (0.556), and the space (0.278). */
    const WIDTHS: Readonly<Record<string, number>> = { ' ': 3.336, '1': 6.672, '2': 6.672 };
    const toUnicode = {
      61: '05E9',
      62: '05DC',
      64: '05D5',
      65: '05DD',
      67: '05D6',
      68: '05D4',
      '6e': 'FEFB',
      '6f': '05B8',
    };
    const read = async (content: string) => {
      const layer = await text(content, '', { toUnicode: { ...toUnicode, 20: '0020', 31: '0031', 32: '0032' } });
      return linesFromTextLayer(layer as TextLayer, 1).map((line) => [
        line.text,
        bounds(line.quad)[0],
        ...(line.makeWords?.() ?? []).map((word) => [word.text, bounds(word.quad)[0]]),
      ]);
    };
    const shown = 'hg 12 edba';
    const hello = [['שלום 12 זה', 20, ['שלום', 53], ['12', 37], ['זה', 20]]];

    it('is read from the right, drawn as it is shown', async () => {
      expect(await read(`BT /F 12 Tf 20 50 Td (${shown}) Tj ET`)).toEqual(hello);
    });

    it('is read from the right, drawn as it is read', async () => {
      const places = [...shown].map((letter, i) => {
        const x = 20 + [...shown.slice(0, i)].reduce((sum, each) => sum + (WIDTHS[each] ?? 6.672), 0);
        return { letter, x };
      });
      const letters = [9, 8, 7, 6, 5, 3, 4, 2, 1, 0].map((i) => places[i] as { letter: string; x: number });
      const drawn = letters.map(({ letter, x }) => `1 0 0 1 ${x} 50 Tm (${letter}) Tj`).join(' ');
      expect(await read(`BT /F 12 Tf ${drawn} ET`)).toEqual(hello);
    });

    it('is read from the right, drawn word by word', async () => {
      const words = [
        ['edba', 53.36],
        ['12', 36.68],
        ['hg', 20],
      ].map(([word, x]) => `1 0 0 1 ${x} 50 Tm (${word}) Tj`);
      expect(await read(`BT /F 12 Tf ${words.join(' ')} ET`)).toEqual(hello);
    });

    it('keeps two letters in order that are one glyph, and marks behind the letters they stand over', async () => {
      expect((await read('BT /F 12 Tf 20 50 Td (n) Tj ET'))[0]?.[0]).toBe('لا');
      const marked = 'BT /F 12 Tf 20 50 Td (edba) Tj 1 0 0 1 40 50 Tm (o) Tj ET';
      expect((await read(marked))[0]?.[0]).toBe('ש\u05b8לום');
    });
  });

  it('leaves out glyphs without a character, and counts them', async () => {
    const layer = await text('BT /F 10 Tf 20 50 Td (AnB) Tj ET', '', {
      toUnicode: { 41: 'E001', 42: 'FFFD', '6e': '006E' },
    });
    expect(layer).toMatchObject({ characters: 3, unmappedCharacters: 2 });
    expect(layer?.lines.map((line) => line.text)).toEqual(['n']);
  });

  it('turns with the page', async () => {
    const layer = await text('BT /F 10 Tf 20 50 Td (turned) Tj ET', '/Rotate 90');
    const [topLeft, topRight] = layer?.lines[0]?.quad ?? [];
    // Read from top to bottom: the top edge of the text runs down the upright page, 50 points from its left.
    expect(topRight?.x).toBeCloseTo(topLeft?.x as number);
    expect(topRight?.y).toBeGreaterThan(topLeft?.y as number);
    expect(topLeft?.x).toBeGreaterThan(50);
  });

  it('keeps characters beyond the basic plane whole', async () => {
    const layer = await text('BT /F 10 Tf 20 50 Td (AB) Tj ET', '', { toUnicode: { 41: 'D835DC00', 42: '0042' } });
    expect(layer?.lines[0]?.text).toBe('\u{1d400}B');
  });

  it('counts characters of private use as unmapped', async () => {
    const layer = await text('BT /F 10 Tf 20 50 Td (AB) Tj ET', '', { toUnicode: { 41: 'E001', 42: '0042' } });
    expect(layer).toMatchObject({ characters: 2, unmappedCharacters: 1 });
  });

  it('leaves out what is clipped away', async () => {
    const layer = await text('q 0 0 5 5 re W n BT /F 10 Tf 20 50 Td (hidden) Tj ET Q');
    expect(layer?.lines).toEqual([]);
  });
});

describe('images on a page', () => {
  const image = { width: 100, height: 50, samples: new Uint8Array(5000) };

  it('are listed where they are drawn, origin at the top left', async () => {
    const rects = await onPage({ content: 'q 40 0 0 20 10 70 cm /I Do Q' }, (source) => source.imageRects(), { image });
    expect(rects).toMatchObject([{ from: { x: 10, y: 10 }, to: { x: 50, y: 30 } }]);
  });

  it('give the resolution of the page where one covers it', async () => {
    const dpi = await onPage({ content: 'q 200 0 0 100 0 0 cm /I Do Q' }, ({ nativeDpi }) => nativeDpi(), { image });
    expect(dpi).toBeCloseTo(36);
  });

  it('give the resolution of the page where strips cover it', async () => {
    const content = 'q 200 0 0 50 0 0 cm /I Do Q q 200 0 0 50 0 50 cm /I Do Q';
    expect(await onPage({ content }, ({ nativeDpi }) => nativeDpi(), { image })).toBeCloseTo(72);
  });

  it('give no resolution where they are only illustrations', async () => {
    const content = 'q 40 0 0 20 10 70 cm /I Do Q';
    expect(await onPage({ content }, ({ nativeDpi }) => nativeDpi(), { image })).toBeUndefined();
  });
});

describe('shapes on a page', () => {
  it('are curves and figures of several sides, not strokes, rectangles or what is white', async () => {
    const content =
      '10 10 m 30 10 l 20 30 l h f 1 w 50 20 m 60 40 80 40 90 20 c S 100 10 40 20 re f 0 60 m 90 60 l S 1 g 110 60 m 130 60 l 120 80 l h f';
    const shapes = await onPage({ content }, (source) => source.shapes());
    expect(shapes?.map(({ stroked }) => stroked)).toEqual([false, true]);
    expect(shapes?.[0]).toMatchObject({ left: 10, top: 70, right: 30, bottom: 90 });
  });
});

describe('strokes on a page', () => {
  const strokes = (content: string) => onPage({ content }, (source) => source.strokes());

  it('are its thin straight paths with their ends, stroked or filled, origin at the top left', async () => {
    expect(await strokes('1 w 10 80 m 90 80 l S 20 10 0.5 60 re f')).toEqual([
      { from: { x: 9.5, y: 20 }, to: { x: 90.5, y: 20 } },
      { from: { x: 20.25, y: 30 }, to: { x: 20.25, y: 90 } },
    ]);
  });

  it('are the four sides of a frame', async () => {
    expect(await strokes('1 w 10 10 100 50 re S')).toHaveLength(4);
  });

  it('are not what is white, filled, or slanted', async () => {
    expect(await strokes('1 G 10 80 m 90 80 l S')).toEqual([]);
    expect(await strokes('0.5 g 10 10 100 50 re f')).toEqual([]);
    expect(await strokes('10 10 m 90 80 l S')).toEqual([]);
  });
});

describe('a page that is turned', () => {
  const content = 'BT /F 10 Tf 20 50 Td (level) Tj ET 0 0 40 20 re f';

  it.each([
    [90, [100, 200], [0, 0, 20, 40]],
    [180, [200, 100], [160, 0, 200, 20]],
    [270, [100, 200], [80, 160, 100, 200]],
  ])('by %i degrees has its size, its pixels and its text turned', async (degrees, size, black) => {
    await onPage({ content }, async (source) => {
      const turned = source.turned?.(degrees) as PageSource;
      expect(turned.rotation).toBe(degrees);
      expect([turned.sizePt?.width, turned.sizePt?.height]).toEqual(size);
      const { data, width, height } = await turned.thumbnail(200);
      expect([width, height]).toEqual(size);
      const [left = 0, top = 0, right = 0, bottom = 0] = black;
      const inked = [...data].flatMap((gray, at) => (gray < 10 ? [[at % width, Math.floor(at / width)]] : []));
      const inBox = inked.filter(([x = 0, y = 0]) => x >= left && x < right && y >= top && y < bottom);
      expect(inBox).toHaveLength((right - left) * (bottom - top));
      const level = source.textLayer()?.lines[0]?.quad ?? [];
      const turn = ({ x, y }: Point) =>
        degrees === 90 ? { x: 100 - y, y: x } : degrees === 180 ? { x: 200 - x, y: 100 - y } : { x: y, y: 200 - x };
      const line = turned.textLayer()?.lines[0];
      expect(line?.text).toBe('level');
      line?.quad.forEach((point, i) => {
        const expected = turn(level[i] as Point);
        expect(point.x).toBeCloseTo(expected.x, 3);
        expect(point.y).toBeCloseTo(expected.y, 3);
      });
      expect(turned.turned?.(360 - degrees).rotation).toBe(0);
    });
  });
});

describe('the pixels of a page', () => {
  const content = '0 g 0 50 100 50 re f';

  it('are drawn on white, upright, at the resolution asked for', async () => {
    const image = await onPage({ content }, (source) => source.pixels(144));
    expect([image.width, image.height, image.data.length]).toEqual([400, 200, 400 * 200 * 3]);
    const at = (x: number, y: number) => [...image.data.subarray((y * 400 + x) * 3, (y * 400 + x) * 3 + 3)];
    expect(at(50, 50)).toEqual([0, 0, 0]);
    expect(at(350, 50)).toEqual([255, 255, 255]);
    expect(at(50, 150)).toEqual([255, 255, 255]);
  });

  it('are as many as the cap allows where the resolution asks for more', async () => {
    const image = await onPage({ content }, (source) => source.pixels(7200), {}, 20_000);
    expect([image.width, image.height]).toEqual([200, 100]);
  });

  it('come as a gray thumbnail whose longest side is the one asked for', async () => {
    const image = await onPage({ content }, (source) => source.thumbnail(50));
    expect([image.width, image.height, image.data.length]).toEqual([50, 25, 1250]);
    expect([image.data[0], image.data[49]]).toEqual([0, 255]);
  });
});
