import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'mupdf';
import { describe, expect, it } from 'vitest';
import { writeSearchablePdf } from '../../../../src/engine/pdf/searchable-pdf.js';
import { mupdf } from '../../../../src/engine/stages/mupdf.js';
import { openDocument } from '../../../../src/engine/stages/open.js';
import type { LayerWord, PageLayer } from '../../../../src/schema/page-layer.js';
import { temporaryFolder } from '../../../fixtures/temporary-folder.js';

const put = temporaryFolder();
const MAX_PIXELS = 50_000_000;

const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/documents/${name}`, import.meta.url));

function word(text: string, x: number, y: number, width: number, height: number, spaced = true): LayerWord {
  const [right, bottom] = [x + width, y + height];
  return {
    text,
    spaced,
    quad: [
      { x, y },
      { x: right, y },
      { x: right, y: bottom },
      { x, y: bottom },
    ],
  };
}

interface Made {
  readonly file: string;
  readonly bytes: Buffer;
}

let files = 0;
async function searchable(path: string, layers: readonly PageLayer[], password?: string): Promise<Made> {
  files += 1;
  const layersPath = put(`${files}.layers`, layers.map((layer) => `${JSON.stringify(layer)}\n`).join(''));
  const outPath = put(`${files}.pdf`, '');
  const document = await openDocument(path, { maxPagePixels: MAX_PIXELS, password });
  const { kind, pageCount } = document;
  document.close();
  await writeSearchablePdf({ path, password, layersPath, outPath, pageCount }, { kind, pageCount }, MAX_PIXELS);
  return { file: outPath, bytes: readFileSync(outPath) };
}

/** Size in pixels of a page of a fixture as it is read. */
async function sizeOf(path: string, pageIndex = 0, password?: string) {
  const document = await openDocument(path, { maxPagePixels: MAX_PIXELS, password });
  const page = await document.openPage(pageIndex);
  const size = page.sizePx ?? page.sizePt;
  page.close();
  document.close();
  if (size === undefined) throw new Error('expected a page to have a size');
  return { widthPx: size.width, heightPx: size.height };
}

/** Words of the PDF's first page as MuPDF sees them: text, and its upper left and lower right corner in points. */
function mupdfWords(file: string, password?: string): (readonly (string | number)[])[] {
  const words: { text: string; box: number[] }[] = [];
  withPage(file, password, (page) => {
    let isWithin = false;
    page.toStructuredText('').walk({
      beginLine() {
        isWithin = false;
      },
      onChar(character, _origin, _font, _size, [left, top, , , , , right, bottom]) {
        const last = words.at(-1);
        if (character === ' ') isWithin = false;
        else if (isWithin && last !== undefined) {
          last.text += character;
          last.box = [...last.box.slice(0, 2), right, bottom];
        } else {
          words.push({ text: character, box: [left, top, right, bottom] });
          isWithin = true;
        }
      },
    });
  });
  return words.map(({ text, box }) => [text, ...box.map(Math.round)]);
}

function mupdfText(file: string): string[] {
  let text = '';
  withPage(file, undefined, (page) => {
    text = page.toStructuredText('').asText();
  });
  return text.split('\n').filter(Boolean);
}

function withPage(file: string, password: string | undefined, use: (page: Page) => void): void {
  const document = mupdf.Document.openDocument(readFileSync(file), 'application/pdf');
  if (password !== undefined) document.authenticatePassword(password);
  use(document.loadPage(0));
  document.destroy();
}

/** As poppler sees it; undefined, and said, where there is no poppler. */
function poppler(file: string, ...options: readonly string[]): string | undefined {
  const run = spawnSync('pdftotext', [...options, file, '-'], { encoding: 'utf8' });
  if (run.error !== undefined) {
    console.warn('NOT CHECKED by a second program: there is no pdftotext (package poppler-utils).');
    return undefined;
  }
  expect(run.stderr).toBe('');
  return run.stdout;
}

function popplerWords(file: string, ...options: readonly string[]): (readonly (string | number)[])[] | undefined {
  const html = poppler(file, '-bbox', ...options);
  return html
    ?.match(/<word [^>]*>[^<]*/g)
    ?.map((found) => [
      found.slice(found.indexOf('>') + 1),
      ...[...found.matchAll(/="([\d.]+)"/g)].map(([, value]) => Math.round(Number(value))),
    ]);
}

describe('from images', () => {
  it('a word is found where it stands, by two readers of PDFs', async () => {
    const path = fixture('receipt.png');
    const size = await sizeOf(path);
    const { widthPx, heightPx } = size;
    const lines = [
      [
        word('Hello', widthPx * 0.1, heightPx * 0.2, widthPx * 0.2, heightPx * 0.05),
        word('world', widthPx * 0.35, heightPx * 0.2, widthPx * 0.3, heightPx * 0.05),
      ],
    ];
    const { file, bytes } = await searchable(path, [{ pageIndex: 0, ...size, rotation: 0, lines }]);
    const page = await sizeOf(file);
    const expected = [
      ['Hello', 0.1, 0.2, 0.3, 0.25],
      ['world', 0.35, 0.2, 0.65, 0.25],
    ].map(([text, ...box]) => [
      text,
      ...box.map((part, index) => Math.round(Number(part) * (index % 2 === 0 ? page.widthPx : page.heightPx))),
    ]);
    expect(mupdfWords(file)).toEqual(expected);
    const seen = popplerWords(file);
    if (seen !== undefined) {
      expect(seen).toEqual(expected);
      expect(poppler(file)?.trim()).toBe('Hello world');
    }
    // What a validator of PDF/A-2b looks for first.
    const text = bytes.toString('latin1');
    expect(text.slice(0, 9)).toBe('%PDF-1.7\n');
    expect(text).toContain('<pdfaid:part>2</pdfaid:part>\n<pdfaid:conformance>B</pdfaid:conformance>');
    expect(text).toContain('/GTS_PDFA1');
    expect(text).toMatch(/\/ID \[<[0-9a-f]{32}>/);
  });

  it('words whose boxes touch or overlap are parted by a space, unless they are written without one', async () => {
    const path = fixture('receipt.png');
    const size = await sizeOf(path);
    const latin = [
      word('touching', 50, 100, 160, 40),
      word('each', 211, 100, 80, 40),
      word('other', 289, 100, 100, 40),
    ];
    const short = [word('members', 50, 300, 160, 40), word('of', 180, 300, 60, 40), word('it', 220, 300, 50, 40)];
    const chinese = [
      word('中文', 50, 200, 80, 40, false),
      word('没有', 130, 200, 80, 40, false),
      word('空格', 210, 200, 80, 40),
    ];
    const { file } = await searchable(path, [{ pageIndex: 0, ...size, rotation: 0, lines: [latin, chinese, short] }]);
    expect(mupdfText(file)).toEqual(['touching each other', '中文没有空格', 'members of it']);
    const seen = poppler(file);
    if (seen !== undefined)
      expect(seen.split('\n').filter((text) => text.trim())).toEqual([
        'touching each other',
        '中文没有空格',
        'members of it',
      ]);
  });

  it('the words of a line that lies askew come back whole', async () => {
    const path = fixture('receipt.png');
    const size = await sizeOf(path);
    const slope = Math.tan((3 * Math.PI) / 180);
    const texts = ['CONFIDENTIAL', 'FACSIMILE', 'TRANSMISSION'];
    const line = (top: number) =>
      texts.map((text, index): LayerWord => {
        const { quad, ...rest } = word(text, 30 + 124 * index, top, 120, 8);
        return { ...rest, quad: quad.map(({ x, y }) => ({ x, y: y + slope * x })) as unknown as LayerWord['quad'] };
      });
    const lines = Array.from({ length: 8 }, (_, index) => line(30 + 30 * index));
    const { file } = await searchable(path, [{ pageIndex: 0, ...size, rotation: 0, lines }]);
    const expected = lines.flatMap(() => texts).sort();
    expect(
      mupdfWords(file)
        .map(([text]) => text)
        .sort(),
    ).toEqual(expected);
    expect(
      popplerWords(file)
        ?.map(([text]) => text)
        .sort() ?? expected,
    ).toEqual(expected);
  });

  it('Chinese, right-to-left and rare characters come back as they were read', async () => {
    const path = fixture('chinese.png');
    const size = await sizeOf(path);
    const texts = ['这是中文', 'שלום', 'السلام', 'naïve', '𠀋😀', 'x²'];
    const lines = texts.map((text, index) => [word(text, 50, 40 + 60 * index, 200, 40)]);
    const { file } = await searchable(path, [{ pageIndex: 0, ...size, rotation: 0, lines }]);
    expect(mupdfText(file)).toEqual(texts);
    const seen = poppler(file);
    // Poppler marks right-to-left text with embedding controls.
    if (seen !== undefined)
      expect(
        seen
          .replace(/[\u202a-\u202e\f]/g, '')
          .split('\n')
          .filter(Boolean),
      ).toEqual(texts);
  });

  it('a page that was turned to be read is shown as it was read, with its words upright', async () => {
    const path = fixture('receipt.png');
    const source = await sizeOf(path);
    for (const rotation of [90, 180, 270]) {
      const size = rotation === 180 ? source : { widthPx: source.heightPx, heightPx: source.widthPx };
      const lines = [
        [word('Turned', size.widthPx * 0.25, size.heightPx * 0.5, size.widthPx * 0.5, size.heightPx * 0.1)],
      ];
      const { file } = await searchable(path, [{ pageIndex: 0, ...size, rotation, lines }]);
      const page = await sizeOf(file);
      const box = [0.25 * page.widthPx, 0.5 * page.heightPx, 0.75 * page.widthPx, 0.6 * page.heightPx];
      expect(mupdfWords(file)).toEqual([['Turned', ...box.map((edge) => expect.closeTo(edge, -0.31))]]);
      const seen = poppler(file);
      if (seen !== undefined) expect(seen.trim()).toBe('Turned');
    }
  });

  it.each(['alpha.png', 'cmyk.jpg', 'exif-orientation-6.jpg', 'gray-16-bit.png', 'note.webp', 'two-pages.tiff'])(
    '%s looks like the image it was',
    async (name) => {
      const path = fixture(name);
      const { file } = await searchable(path, []);
      const [image, pdf] = [
        await openDocument(path, { maxPagePixels: MAX_PIXELS }),
        await openDocument(file, { maxPagePixels: MAX_PIXELS }),
      ];
      expect(pdf.pageCount).toBe(image.pageCount);
      for (let index = 0; index < image.pageCount; index++) {
        const [expected, shown] = [await image.openPage(index), await pdf.openPage(index)];
        const { width, height } = shown.sizePt ?? { width: 0, height: 0 };
        const size = expected.sizePx ?? { width: 0, height: 0 };
        expect(width / height).toBeCloseTo(size.width / size.height, 1);
        const [a, b] = [await expected.thumbnail(200), await shown.thumbnail(200)];
        expect([b.width, b.height]).toEqual([a.width, a.height]);
        const difference =
          a.data.reduce((sum, value, at) => sum + Math.abs(value - (b.data[at] ?? 0)), 0) / a.data.length;
        expect(difference).toBeLessThan(8);
        for (const page of [expected, shown]) page.close();
      }
      image.close();
      pdf.close();
    },
  );
});

describe('from PDFs', () => {
  it('the file is as it was, with an update behind it', async () => {
    const path = fixture('scan.pdf');
    const size = await sizeOf(path);
    const lines = [[word('Found', 100, 100, 80, 20)]];
    const { file, bytes } = await searchable(path, [{ pageIndex: 0, ...size, rotation: 0, lines }]);
    const original = readFileSync(path);
    expect(bytes.subarray(0, original.length).equals(original)).toBe(true);
    expect(mupdfWords(file)).toEqual([['Found', 100, 100, 180, 120]]);
    const seen = popplerWords(file);
    if (seen !== undefined) expect(seen).toEqual([['Found', 100, 100, 180, 120]]);
  });

  it('words stand right on a page with /Rotate, and on one that was turned besides', async () => {
    const path = fixture('rotated-90.pdf');
    const size = await sizeOf(path);
    const upright = [[word('Found', 100, 100, 80, 20)]];
    const { file } = await searchable(path, [{ pageIndex: 0, ...size, rotation: 0, lines: upright }]);
    expect(mupdfWords(file)).toContainEqual(['Found', 100, 100, 180, 120]);
    const turned = { widthPx: size.heightPx, heightPx: size.widthPx };
    const { file: other } = await searchable(path, [{ pageIndex: 0, ...turned, rotation: 90, lines: upright }]);
    // A quarter turn clockwise made it upright, so that on the page the text runs upwards, from (100, H − 100).
    const [left, bottom, right, top] = [100, size.heightPx - 100, 120, size.heightPx - 180];
    expect(mupdfWords(other)).toContainEqual(['Found', left, bottom, right, top]);
  });

  it('a document of which nothing was recognised is the same, byte by byte', async () => {
    const path = fixture('letter.pdf');
    const size = await sizeOf(path);
    const { bytes } = await searchable(path, [{ pageIndex: 0, ...size, rotation: 0, lines: [] }]);
    expect(bytes.equals(readFileSync(path))).toBe(true);
  });

  it('an encrypted document stays so, with the same password', async () => {
    const path = fixture('encrypted.pdf');
    const password = 'harbour-42';
    const size = await sizeOf(path, 0, password);
    const lines = [[word('Found', 100, 100, 80, 20)]];
    const { file } = await searchable(path, [{ pageIndex: 0, ...size, rotation: 0, lines }], password);
    await expect(openDocument(file, { maxPagePixels: MAX_PIXELS })).rejects.toMatchObject({ code: 'file.encrypted' });
    expect(mupdfWords(file, password)).toContainEqual(['Found', 100, 100, 180, 120]);
    const seen = poppler(file, '-upw', password);
    if (seen !== undefined) expect(seen).toContain('Found');
  });
});
