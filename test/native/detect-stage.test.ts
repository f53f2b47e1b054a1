import { readFileSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installedModels, loadManifest } from '../../src/engine/models.js';
import { loadNative, type RgbImage } from '../../src/engine/native.js';
import { type Model, type Models, openModels } from '../../src/engine/session.js';
import { detectLines } from '../../src/engine/stages/detect.js';
import { addLargePrint } from '../../src/engine/stages/large-print.js';
import { cutLongLines } from '../../src/engine/stages/long-lines.js';
import { recognizeLines } from '../../src/engine/stages/recognize.js';
import type { Point } from '../../src/schema/document.js';

const DOCUMENTS = new URL('../fixtures/documents/', import.meta.url);
const MODELS_DIR = new URL('../../models', import.meta.url).pathname;
const native = loadNative();

let models: Models;
let detector: Model;

beforeAll(async () => {
  const installed = await installedModels(MODELS_DIR, await loadManifest(MODELS_DIR));
  models = openModels(MODELS_DIR, installed, { threads: 1, device: 'cpu' });
  detector = await models.detector('tiny');
});

afterAll(() => models.close());

const picture = (name: string) => sharp(readFileSync(new URL(name, DOCUMENTS))).toColourspace('srgb');

async function pixelsOf(picture: Sharp): Promise<RgbImage> {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

describe('detectLines', () => {
  test('on a strip longer than one inference takes, lines on a seam are found like the others', async () => {
    const row = { left: 0, top: 126, width: 750, height: 64 };
    const sentence = await picture('note.webp').extract(row).png().toBuffer();
    const alone = await detectLines(await pixelsOf(sharp(sentence)), detector, native, 1);
    expect(alone.length).toBe(1);
    const input = { create: { width: 8 * row.width, height: row.height, channels: 3 as const, background: 'white' } };
    const copies = Array.from({ length: 8 }, (_, i) => ({ input: sentence, left: i * row.width, top: 0 }));
    const strip = await pixelsOf(sharp(await sharp(input).composite(copies).png().toBuffer()));
    const lines = await detectLines(strip, detector, native, 1);
    const ends = lines.map(({ quad }) => [(quad[0] as Point).x, (quad[1] as Point).x] as const);
    ends.sort(([a], [b]) => a - b);
    const [left, right] = alone.map(({ quad }) => [(quad[0] as Point).x, (quad[1] as Point).x])[0] as [number, number];
    expect(ends.length).toBe(8);
    for (const [i, [from, to]] of ends.entries()) {
      expect(Math.abs(from - left - i * row.width)).toBeLessThan(6);
      expect(Math.abs(to - right - i * row.width)).toBeLessThan(6);
    }
  });
});

describe('cutLongLines', () => {
  test('a line of 1000 letters is cut between its words, and read as one', async () => {
    const row = { left: 48, top: 126, width: 480, height: 50 };
    const sentence = await picture('note.webp').extract(row).png().toBuffer();
    const size = { width: 30 * row.width, height: row.height };
    const input = { create: { ...size, channels: 3 as const, background: 'white' } };
    const copies = Array.from({ length: 30 }, (_, i) => ({ input: sentence, left: i * row.width, top: 0 }));
    const image = await pixelsOf(sharp(await sharp(input).composite(copies).png().toBuffer()));
    const quad = [
      { x: 0, y: 0 },
      { x: size.width, y: 0 },
      { x: size.width, y: size.height },
      { x: 0, y: size.height },
    ];
    const { pieces, join } = cutLongLines(image, [{ quad, score: 0.9 }], native);
    expect(pieces.length).toBe(6);
    expect([pieces[0]?.quad[0], pieces[5]?.quad[2]]).toEqual([quad[0], quad[2]]);
    expect(pieces.slice(1).map((piece) => piece.quad[0])).toEqual(pieces.slice(0, -1).map((piece) => piece.quad[1]));
    const readings = await recognizeLines(image, pieces, await models.recognizer('tiny'), native);
    const [line, ...others] = join(readings.map((reading) => reading?.line));
    expect(others).toEqual([]);
    expect(line?.quad).toEqual(quad);
    expect(line?.text).toBe(Array.from({ length: 30 }, () => 'near the tram stop at Elm Street.').join(' '));
    expect(line?.words?.map(({ text }) => text).join(' ')).toBe(line?.text);
  });

  test('a line that a recognizer takes in stays whole, in whatever direction', () => {
    const image = { data: new Uint8Array(700 * 700 * 3), width: 700, height: 700 };
    const wide = {
      quad: [
        [0, 0],
        [660, 0],
        [660, 10],
        [0, 10],
      ].map(([x, y]) => ({ x, y }) as Point),
      score: 1,
    };
    const tall = {
      quad: [
        [10, 0],
        [10, 660],
        [0, 660],
        [0, 0],
      ].map(([x, y]) => ({ x, y }) as Point),
      score: 1,
    };
    expect(cutLongLines(image, [wide, tall], native).pieces).toEqual([wide, tall]);
  });

  test('pieces that were read upside down are joined from their own beginning, Chinese without a space', () => {
    const image = { data: new Uint8Array(100 * 10 * 3), width: 100, height: 10 };
    const box = (left: number, right: number) =>
      [
        [left, 0],
        [right, 0],
        [right, 1],
        [left, 1],
      ].map(([x, y]) => ({ x, y }) as Point);
    const { pieces, join } = cutLongLines(image, [{ quad: box(0, 100), score: 1 }], native);
    const upended = (text: string, index: number, confidence: number) => {
      const [a, b, c, d] = (pieces[index] as { quad: readonly Point[] }).quad as [Point, Point, Point, Point];
      return { text, quad: [c, d, a, b], confidence, source: 'test' };
    };
    expect(join([upended('图书馆通知', 0, 1), upended('阅览', 1, 0.3)])).toEqual([
      {
        text: '阅览图书馆通知',
        quad: [2, 3, 0, 1].map((i) => box(0, 100)[i]),
        confidence: (5 + 0.6) / 7,
        source: 'test',
      },
    ]);
  });
});

describe('addLargePrint', () => {
  test('a word of letters a third of the page high is one line beside the small print', async () => {
    const image = await pixelsOf(picture('poster.png'));
    const scale = 1.5;
    const found = await detectLines(image, detector, native, scale);
    const lines = await addLargePrint(found, image, detector, native, scale);
    const readings = await recognizeLines(image, lines, await models.recognizer('tiny'), native);
    const texts = readings.map((reading) => reading?.line.text);
    expect(texts.toSorted()).toEqual([
      'Children under twelve pay half, dogs nothing.',
      'OPEN',
      'Tickets are sold at the door until seven.',
    ]);
  });

  test('a page whose lines are all found stays as it is', async () => {
    const image = await pixelsOf(picture('receipt.png'));
    const found = await detectLines(image, detector, native, 1);
    expect(await addLargePrint(found, image, detector, native, 1)).toEqual(found);
  });
});
