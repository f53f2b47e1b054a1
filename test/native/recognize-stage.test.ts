import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installedModels, loadManifest } from '../../src/engine/models.js';
import { loadNative, type RgbImage } from '../../src/engine/native.js';
import { type Models, openModels, type Recognizer } from '../../src/engine/session.js';
import { type DetectedLine, detectLines, detectorScale } from '../../src/engine/stages/detect.js';
import { isDoubtful, readLines } from '../../src/engine/stages/read-lines.js';
import { batchesOf, recognizeLines } from '../../src/engine/stages/recognize.js';
import type { Point, TextLine } from '../../src/schema/document.js';
import { bent } from './bent-page.js';

const DOCUMENTS = new URL('../fixtures/documents/', import.meta.url);
const MODELS_DIR = new URL('../../models', import.meta.url).pathname;
const native = loadNative();

let models: Models;
let recognizer: Recognizer;

beforeAll(async () => {
  const installed = await installedModels(MODELS_DIR, await loadManifest(MODELS_DIR));
  models = await openModels(MODELS_DIR, installed, { threads: 1, device: 'cpu' });
  recognizer = await models.recognizer('small');
});

afterAll(() => models.close());

async function load(name: string, quarterTurns = 0): Promise<RgbImage> {
  const { data, info } = await sharp(readFileSync(new URL(name, DOCUMENTS)))
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .rotate(90 * quarterTurns)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

async function detect(image: RgbImage): Promise<readonly DetectedLine[]> {
  return detectLines(image, await models.detector('small'), native, 1);
}

async function read(image: RgbImage): Promise<readonly TextLine[]> {
  const readings = await readLines(image, await detect(image), { tier: 'small' }, undefined, models, native);
  return readings.filter((line) => line !== undefined);
}

describe('detectLines', () => {
  test('each printed line of a receipt gets a box, from top to bottom, inside the image', async () => {
    const image = await load('receipt.png');
    const boxes = await detect(image);
    const tops = boxes.map(({ quad }) => quad[0]?.y as number);
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
    expect(boxes.length).toBeGreaterThanOrEqual(expectedLines('receipt.png').length);
    for (const { quad, score } of boxes) {
      expect(score).toBeGreaterThan(0.4);
      for (const { x, y } of quad) {
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x).toBeLessThanOrEqual(image.width);
        expect(y).toBeGreaterThanOrEqual(0);
        expect(y).toBeLessThanOrEqual(image.height);
      }
    }
  });

  test('a blank page has no boxes', async () => {
    const blank = { data: new Uint8Array(300 * 400 * 3).fill(255), width: 300, height: 400 };
    expect(await detect(blank)).toEqual([]);
  });
});

describe('detectorScale', () => {
  const image = { data: new Uint8Array(0), width: 1000, height: 2000 };

  test('letters of 8 to 14 pixels stay as they are, taller ones are scaled down to 14', () => {
    expect(detectorScale({ ...image, height: 1500 }, 8)).toBe(1);
    expect(detectorScale({ ...image, height: 1500 }, 14)).toBe(1);
    expect(detectorScale(image, 20)).toBe(0.7);
  });

  test('smaller letters are enlarged to 8 pixels, by half at most', () => {
    expect(detectorScale(image, 6.4)).toBe(1.25);
    expect(detectorScale(image, 4)).toBe(1.5);
  });

  test('a page is shown at a million and a half pixels, and at more only for letters of 8', () => {
    expect(detectorScale({ ...image, width: 1500, height: 4000 }, 20)).toBe(0.5);
    expect(detectorScale({ ...image, width: 1500, height: 4000 }, 10)).toBe(0.8);
    expect(detectorScale({ ...image, width: 1500, height: 4000 }, 8)).toBe(1);
  });

  test('large letters are halved, and further only where 1600 pixels are left of the long side', () => {
    expect(detectorScale(image, 140)).toBe(0.5);
    expect(detectorScale({ ...image, height: 4000 }, 140)).toBe(0.4);
    expect(detectorScale({ ...image, height: 16_000 }, 140)).toBe(0.1);
  });

  test('a page whose letters were not measured keeps its size up to 1600 pixels', () => {
    expect(detectorScale({ ...image, height: 1500 }, undefined)).toBe(1);
    expect(detectorScale(image, undefined)).toBe(0.8);
  });

  test('a map of more than 24 million pixels is made for no page, nor for a strip that fills 32 rows', () => {
    expect(detectorScale({ ...image, width: 6000, height: 8000 }, 8)).toBeCloseTo(Math.sqrt(0.5));
    expect(detectorScale({ ...image, width: 1_000_000, height: 1 }, 8)).toBe(0.75);
  });
});

describe('recognizeLines', () => {
  test('a receipt is read to the letter', async () => {
    const lines = await read(await load('receipt.png'));
    const text = lines.map((line) => line.text).join(' ');
    for (const expected of expectedLines('receipt.png')) {
      for (const word of expected.split(/\s+/)) expect(text).toContain(word);
    }
  });

  test('words follow each other along their line, and make up its text', async () => {
    for (const line of await read(await load('receipt.png'))) {
      const words = line.words ?? [];
      expect(words.map((word) => word.text).join(' ')).toBe(line.text);
      const lefts = words.map((word) => word.quad[0]?.x as number);
      expect(lefts).toEqual(lefts.toSorted((a, b) => a - b));
      for (const word of words) {
        expect(word.quad[0]?.x).toBeGreaterThanOrEqual((line.quad[0]?.x as number) - 1);
        expect(word.quad[1]?.x).toBeLessThanOrEqual((line.quad[1]?.x as number) + 1);
      }
    }
  });

  test.each([1, 3])('a line that stands upright is read in its own direction (%i quarter turns)', async (turns) => {
    const upright = await read(await load('receipt.png'));
    const longest = upright.reduce((a, b) => (b.text.length > a.text.length ? b : a)).text;
    const turned = await read(await load('receipt.png', turns));
    const line = turned.find(({ text }) => text === longest);
    // Its own top-left corner comes first: reading runs down the page, or up.
    const [from, to] = (line as TextLine).quad as [Point, Point, Point, Point];
    expect(Math.sign(to.y - from.y)).toBe(turns === 1 ? 1 : -1);
  });

  test('lines that bend by more than their thickness are straightened, and their words follow the bend', async () => {
    const flat = await load('note.webp');
    const page = bent(flat, 180);
    const boxes = await detect(page);
    expect(boxes.map(({ slices }) => slices !== undefined)).toEqual([false, true]);
    const lines = await read(page);
    expect(lines.map(({ text }) => text)).toEqual(expectedLines('note.webp'));
    /** Middles of the words' left sides. */
    const starts = (line: TextLine | undefined) =>
      line?.words?.map(({ quad: [a, , , d] }) => {
        const [top, bottom] = [a as Point, d as Point];
        return { x: (top.x + bottom.x) / 2, y: (top.y + bottom.y) / 2 };
      }) ?? [];
    const straight = starts((await read(flat))[1]);
    expect(starts(lines[1])).toHaveLength(7);
    for (const [i, { x, y }] of starts(lines[1]).entries()) {
      const depth = 180 * Math.sin((Math.PI * x) / flat.width);
      // A third of the line's height: a word with ascenders alone has its middle above that of the line.
      expect(Math.abs(y - depth - (straight[i] as Point).y)).toBeLessThan(15);
    }
  });

  test('only allowed classes are read', async () => {
    const image = await load('receipt.png');
    const digits = Uint8Array.from(recognizer.charset, (text) => (/^[0-9]$/.test(text) ? 1 : 0));
    const readings = await recognizeLines(image, await detect(image), recognizer, native, digits);
    const lines = readings.flatMap((reading) => (reading === undefined ? [] : [reading.line]));
    expect(lines.length).toBeGreaterThan(0);
    for (const { text } of lines) expect(text).toMatch(/^[0-9]+$/);
  });

  test('a box over blank paper gives no line', async () => {
    const blank = { data: new Uint8Array(300 * 100 * 3).fill(255), width: 300, height: 100 };
    const quad = [
      { x: 10, y: 10 },
      { x: 200, y: 10 },
      { x: 200, y: 40 },
      { x: 10, y: 40 },
    ];
    expect(await recognizeLines(blank, [{ quad, score: 1 }], recognizer, native)).toEqual([undefined]);
  });
});

describe('readLines', () => {
  test('lines that the tiny recognizer doubts are read by the small one, and keep their place', async () => {
    const image = await load('receipt.png');
    const boxes = await detect(image);
    const readings = await recognizeLines(image, boxes, await models.recognizer('tiny'), native);
    const tiny = readings.map((reading) => reading?.line);
    const small = await readLines(image, boxes, { tier: 'small' }, undefined, models, native);
    const escalated = await readLines(
      image,
      boxes,
      { tier: 'tiny', escalationTier: 'small' },
      undefined,
      models,
      native,
    );
    const doubted = readings.map((reading) => isDoubtful(reading));
    expect(new Set(doubted)).toEqual(new Set([true, false]));
    expect(escalated).toEqual(tiny.map((line, i) => (doubted[i] ? small[i] : line)));
  });
});

describe('readLines on a page of Latin script', () => {
  test('rows of signs that were read as ideographs do not come out as such', async () => {
    const words = [
      'COMPANY LIMITED',
      'INVOICE NO 18',
      'TAX SUMMARY',
      'NET TOTAL',
      'ROUNDING',
      'CASH',
      'CHANGE',
      'THANK YOU',
    ];
    const rows = [...words, ...words, '+-+-+-+-+-+', '#######'];
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="800" font-family="DejaVu Sans Mono" font-size="22">
      <rect width="600" height="800" fill="white"/>
      ${rows.map((text, i) => `<text x="40" y="${40 + 40 * i}">${text}</text>`).join('')}</svg>`;
    const drawn = sharp(Buffer.from(svg)).removeAlpha().blur(1.2).raw();
    const { data, info } = await drawn.toBuffer({ resolveWithObject: true });
    const image = { data, width: info.width, height: info.height };
    const wide = /[\p{Script=Han}\uff01-\uff5e]/u;
    const first = await recognizeLines(image, await detect(image), recognizer, native);
    expect(first.filter((reading) => wide.test(reading?.line.text ?? '')).length).toBeGreaterThan(0);
    const texts = (await read(image)).map(({ text }) => text);
    expect(texts).toContain('NET TOTAL');
    expect(texts.filter((text) => wide.test(text))).toEqual([]);
  });
});

describe('batchesOf', () => {
  const crop = (widthPx: number) => ({ line: widthPx, box: [], quarterTurns: 0, quad: [], widthPx });
  const widthsOf = (widths: readonly number[]) =>
    batchesOf(widths.map(crop)).map((batch) => [batch.widthPx, ...batch.crops.map((c) => c.widthPx)]);

  test('lines of about the same width share a batch as wide as the widest, rounded up to 32', () => {
    expect(widthsOf([290, 100, 310, 95])).toEqual([
      [320, 310, 290],
      [128, 100],
      [96, 95],
    ]);
  });

  test('a batch holds eight lines at most', () => {
    expect(widthsOf(Array(10).fill(64))).toEqual([
      [64, ...Array(8).fill(64)],
      [64, 64, 64],
    ]);
  });

  test('long lines come one by one, as wide as the longest of those that would share a batch if they were short', () => {
    expect(widthsOf([2048, 2020, 1500, 700, 650, 640])).toEqual([
      [2048, 2048],
      [2048, 2020],
      [1504, 1500],
      [704, 700, 650],
      [704, 640],
    ]);
  });
});

function expectedLines(name: string): readonly string[] {
  const truth = JSON.parse(readFileSync(new URL('truth.json', DOCUMENTS), 'utf8'));
  return truth[name].pages[0].blocks.flatMap(({ text }: { text: string }) => text.split('\n'));
}
