import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installedModels, loadManifest } from '../../src/engine/models.js';
import { type GrayImage, loadNative } from '../../src/engine/native.js';
import { type Model, type Models, openModels } from '../../src/engine/session.js';
import { openDocument } from '../../src/engine/stages/open.js';
import { rotationOf, turnImage } from '../../src/engine/stages/orient.js';

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

async function thumbnailOf(name: string): Promise<GrayImage> {
  const document = await openDocument(new URL(name, DOCUMENTS).pathname, { maxPagePixels: 40_000_000 });
  try {
    return await (await document.openPage(0)).thumbnail(1000);
  } finally {
    document.close();
  }
}

const white = (width: number, height: number) => ({ data: new Uint8Array(width * height).fill(255), width, height });

describe('the rotation of a page', () => {
  test.each(['letter.pdf', 'two-columns.pdf', 'scan.pdf'])('is none where it is upright (%s)', async (name) => {
    expect(await rotationOf(await thumbnailOf(name), model, native)).toBe(0);
  });

  test.each([90, 180, 270])('is what is left to a whole turn of a page turned by %i degrees', async (degrees) => {
    const lying = await turnImage(await thumbnailOf('letter.pdf'), degrees);
    expect(await rotationOf(lying, model, native)).toBe(360 - degrees);
  });

  test('is told by the middle of a strip of a million pixels to one', async () => {
    expect(await rotationOf(white(1_000_000, 1), model, native)).toBe(0);
  });

  test('is none of a blank page', async () => {
    expect(await rotationOf(white(300, 400), model, native)).toBe(0);
  });
});

describe('turnImage', () => {
  const gray = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), width: 3, height: 2 };
  const rgb = {
    data: Uint8Array.from([...gray.data].flatMap((value) => [value, 10 + value, 20 + value])),
    width: 3,
    height: 2,
  };

  test.each([
    [0, 3, [1, 2, 3, 4, 5, 6]],
    [90, 2, [4, 1, 5, 2, 6, 3]],
    [180, 3, [6, 5, 4, 3, 2, 1]],
    [270, 2, [3, 6, 2, 5, 1, 4]],
  ])('turns by %i degrees clockwise, gray or in colour', async (degrees, width, values) => {
    const turned = await turnImage(gray, degrees);
    expect({ ...turned, data: [...turned.data] }).toEqual({ data: values, width, height: 6 / width });
    const coloured = await turnImage(rgb, degrees);
    expect([...coloured.data]).toEqual(values.flatMap((value) => [value, 10 + value, 20 + value]));
  });
});
