import { readFileSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installedModels, loadManifest } from '../../src/engine/models.js';
import { loadNative, type RgbImage } from '../../src/engine/native.js';
import { type Models, openModels } from '../../src/engine/session.js';
import { type DetectedLine, detectLines } from '../../src/engine/stages/detect.js';
import { readUpended } from '../../src/engine/stages/line-direction.js';
import { readLines } from '../../src/engine/stages/read-lines.js';
import type { Point } from '../../src/schema/document.js';
import { bent } from './bent-page.js';

const DOCUMENTS = new URL('../fixtures/documents/', import.meta.url);
const MODELS_DIR = new URL('../../models', import.meta.url).pathname;
const native = loadNative();

let models: Models;

beforeAll(async () => {
  const installed = await installedModels(MODELS_DIR, await loadManifest(MODELS_DIR));
  models = openModels(MODELS_DIR, installed, { threads: 1, device: 'cpu' });
});

afterAll(() => models.close());

const picture = (name: string) => sharp(readFileSync(new URL(name, DOCUMENTS))).toColourspace('srgb');

async function pixelsOf(picture: Sharp): Promise<RgbImage> {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

async function read(image: RgbImage) {
  const boxes = await detectLines(image, await models.detector('small'), native, 1);
  const reread: DetectedLine[] = [];
  const readBoxes = (wanted: readonly DetectedLine[]) =>
    readLines(image, wanted, { tier: 'small' }, undefined, models, native);
  const readings = await readUpended(
    image,
    boxes,
    await readBoxes(boxes),
    (wanted) => {
      reread.push(...wanted);
      return readBoxes(wanted);
    },
    () => models.load('line-orientation'),
    native,
  );
  return { lines: readings.filter((line) => line !== undefined), reread };
}

describe('readUpended', () => {
  test('a line on its head among others is read the right way round, from its own top-left corner', async () => {
    const note = picture('note.webp');
    const { width, height } = await note.metadata();
    const upended = await note.clone().rotate(180).png().toBuffer();
    const both = note
      .extend({ bottom: height, background: 'white' })
      .composite([{ input: upended, left: 0, top: height }]);
    const { lines } = await read(await pixelsOf(sharp(await both.png().toBuffer())));
    expect(lines.map(({ text }) => text)).toEqual([
      'Lost: one gray glove',
      'near the tram stop at Elm Street.',
      'near the tram stop at Elm Street.',
      'Lost: one gray glove',
    ]);
    const starts = lines.map(({ quad }) => (quad[0] as Point).x < width / 2);
    expect(starts).toEqual([true, true, false, false]);
  });

  test('a bent line on its head is read the right way round', async () => {
    const { data, width, height } = bent(await pixelsOf(picture('note.webp')), 180);
    const upended = sharp(data, { raw: { width, height, channels: 3 } }).rotate(180);
    const { lines, reread } = await read(await pixelsOf(upended));
    expect(reread.some(({ slices }) => slices !== undefined)).toBe(true);
    expect(lines.map(({ text }) => text)).toContain('near the tram stop at Elm Street.');
  });

  test('lines that were read for sure are not read again', async () => {
    const { reread } = await read(await pixelsOf(picture('note.webp')));
    expect(reread).toEqual([]);
  });
});
