import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installedModels, loadManifest } from '../../src/engine/models.js';
import { loadNative, type RgbImage } from '../../src/engine/native.js';
import { type Model, type Models, openModels } from '../../src/engine/session.js';
import { openDocument } from '../../src/engine/stages/open.js';
import { uprightPage } from '../../src/engine/stages/orient.js';

const DOCUMENTS = new URL('../fixtures/documents/', import.meta.url);
const MODELS_DIR = new URL('../../models', import.meta.url).pathname;
const native = loadNative();

let models: Models;
let model: Model;

beforeAll(async () => {
  const installed = await installedModels(MODELS_DIR, await loadManifest(MODELS_DIR));
  models = await openModels(MODELS_DIR, installed, { threads: 1, device: 'cpu' });
  model = await models.load('page-orientation');
});

afterAll(() => models.close());

async function turned(image: RgbImage, degrees: number): Promise<RgbImage> {
  const { data, info } = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .rotate(degrees)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

async function page(name: string): Promise<RgbImage> {
  const document = await openDocument(new URL(name, DOCUMENTS).pathname, { maxPagePixels: 40_000_000 });
  try {
    return await (await document.openPage(0)).pixels(100);
  } finally {
    document.close();
  }
}

describe('uprightPage', () => {
  test.each(['letter.pdf', 'two-columns.pdf', 'scan.pdf'])('an upright page stays as it is (%s)', async (name) => {
    const image = await page(name);
    expect(await uprightPage(image, model, native)).toEqual({ image, rotation: 0 });
  });

  test.each([90, 180, 270])('a page turned by %i degrees is turned back, to the pixel', async (degrees) => {
    const image = await page('letter.pdf');
    const { image: upright, rotation } = await uprightPage(await turned(image, degrees), model, native);
    expect(rotation).toBe(360 - degrees);
    expect([upright.width, upright.height]).toEqual([image.width, image.height]);
    expect(Buffer.compare(upright.data, image.data)).toBe(0);
  });

  test('a strip of a million pixels to one is judged by its middle', async () => {
    const image = { data: new Uint8Array(1_000_000 * 3).fill(255), width: 1_000_000, height: 1 };
    expect((await uprightPage(image, model, native)).rotation).toBe(0);
  });

  test('a blank page stays as it is', async () => {
    const image = { data: new Uint8Array(300 * 400 * 3).fill(255), width: 300, height: 400 };
    expect((await uprightPage(image, model, native)).rotation).toBe(0);
  });
});
