import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addModel, installedModels, largestTier, loadManifest, verifyModel } from '../../../src/engine/models.js';
import type { Tier } from '../../../src/schema/document.js';
import {
  BROUGHT,
  DETECTOR,
  INSTALLED,
  MANIFEST,
  RECOGNIZER,
  sha256,
  temporaryFolders,
} from '../../fixtures/models-folder.js';

const folder = temporaryFolders();
const manifestText = JSON.stringify(MANIFEST);

describe('the manifest', () => {
  test('the project’s own is valid and declares every task and tier', async () => {
    const { models } = await loadManifest(join(import.meta.dirname, '../../../models'));
    expect(new Set(models.map(({ task }) => task))).toEqual(
      new Set(['detect', 'recognize', 'layout', 'table', 'page-orientation', 'line-orientation', 'seal']),
    );
    expect(new Set(models.flatMap(({ tier }) => tier ?? []))).toEqual(new Set(['tiny', 'small', 'medium']));
  });

  test('without the file, it is missing', async () => {
    await expect(loadManifest(folder())).rejects.toMatchObject({
      code: 'model.missing',
      message: 'manifest.json is not in the models folder.',
    });
  });

  test.each([
    ['is no JSON', '{', 'manifest.json is not JSON.'],
    [
      'has a member of a wrong type',
      JSON.stringify({ ...MANIFEST, models: [{ ...DETECTOR, bytes: 'many' }] }),
      'manifest.json: /models/0/bytes must be integer.',
    ],
    [
      'names a file outside the folder',
      JSON.stringify({ ...MANIFEST, models: [{ ...DETECTOR, file: '../det.onnx' }] }),
      'manifest.json: /models/0/file must match pattern "^[a-z0-9][a-z0-9._-]*$".',
    ],
    [
      'declares a model twice',
      JSON.stringify({ ...MANIFEST, models: [DETECTOR, DETECTOR] }),
      'manifest.json: det is declared twice.',
    ],
    [
      'takes a file from a package it does not pin',
      JSON.stringify({ ...MANIFEST, packages: {} }),
      'manifest.json: det comes from the package tiny-models, which "packages" does not pin.',
    ],
    [
      'has a recognizer without a charset',
      JSON.stringify({ ...MANIFEST, models: [{ ...RECOGNIZER, charset: undefined }] }),
      'manifest.json: rec is a recognizer without a charset.',
    ],
  ])('one that %s is refused', async (_, text, message) => {
    await expect(loadManifest(folder({ 'manifest.json': text }))).rejects.toMatchObject({
      code: 'model.invalid',
      message,
    });
  });
});

describe('installed models', () => {
  test('are those whose weights and charset are there', async () => {
    const { 'charset.txt': _, ...withoutCharset } = INSTALLED;
    expect((await installedModels(folder(INSTALLED), MANIFEST)).map(({ id }) => id)).toEqual(['det', 'rec']);
    expect((await installedModels(folder(withoutCharset), MANIFEST)).map(({ id }) => id)).toEqual(['det']);
    expect(await installedModels(folder(), MANIFEST)).toEqual([]);
  });

  test('the largest tier needs both a detector and a recognizer', () => {
    const of = (...tiers: readonly [Tier, Tier][]) =>
      largestTier(
        tiers.flatMap(([det, rec]) => [
          { ...DETECTOR, tier: det },
          { ...RECOGNIZER, tier: rec },
        ]),
      );
    expect(of(['tiny', 'tiny'], ['small', 'small'])).toBe('small');
    expect(of(['small', 'tiny'], ['medium', 'small'])).toBe('small');
    expect(of(['medium', 'tiny'])).toBeUndefined();
  });
});

describe('verifying a model', () => {
  test('accepts the declared bytes', async () => {
    await expect(verifyModel(folder(INSTALLED), RECOGNIZER)).resolves.toBeUndefined();
  });

  test('a missing file names what to do', async () => {
    await expect(verifyModel(folder(), DETECTOR)).rejects.toMatchObject({
      code: 'model.missing',
      message: 'det.onnx is not in the models folder: run "npm run setup".',
    });
    await expect(verifyModel(folder(), BROUGHT)).rejects.toMatchObject({
      code: 'model.missing',
      message:
        'medium-det.onnx is not in the models folder: bring the medium detector and run "omega models add FILE".',
    });
  });

  test('a file of another size is told by its size', async () => {
    await expect(verifyModel(folder({ 'det.onnx': 'cut short' }), DETECTOR)).rejects.toMatchObject({
      code: 'model.invalid',
      message: 'det.onnx has 9 bytes where the manifest says 21: run "npm run setup".',
    });
  });

  test('a changed byte is told by the sha256, in the charset too', async () => {
    const changed = 'Weights of a detector';
    await expect(verifyModel(folder({ 'det.onnx': changed }), DETECTOR)).rejects.toThrow(
      `det.onnx has the sha256 ${sha256(changed)} where the manifest says ${DETECTOR.sha256}`,
    );
    const files = { ...INSTALLED, 'charset.txt': 'b\r\n\u3000\r\n' };
    await expect(verifyModel(folder(files), RECOGNIZER)).rejects.toThrow('charset.txt has the sha256');
  });
});

describe('adding a model', () => {
  test('a file is known by its sha256, whatever its name', async () => {
    const models = folder({ 'manifest.json': manifestText });
    const brought = join(folder({ 'download (1).bin': 'brought' }), 'download (1).bin');
    expect((await addModel(models, brought)).id).toBe('medium-det');
    expect(readFileSync(join(models, 'medium-det.onnx'), 'utf8')).toBe('brought');
    expect(readdirSync(models).sort()).toEqual(['manifest.json', 'medium-det.onnx']);
  });

  test('an unknown file is refused and leaves nothing behind', async () => {
    const models = folder({ 'manifest.json': manifestText });
    const other = join(models, 'other.bin');
    writeFileSync(other, 'something else');
    await expect(addModel(models, other)).rejects.toMatchObject({
      code: 'model.invalid',
      message: `No declared model has the sha256 ${sha256('something else')}: see models/manifest.json.`,
    });
    expect(readdirSync(models).sort()).toEqual(['manifest.json', 'other.bin']);
  });
});
