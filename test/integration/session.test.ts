import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedModels, loadManifest, type ModelEntry } from '../../src/engine/models.js';
import { loadModel, type Models, openModels } from '../../src/engine/session.js';

const MODELS = fileURLToPath(new URL('../../models', import.meta.url));
const options = { threads: 1, device: 'cpu' } as const;

let installed: readonly ModelEntry[];
let models: Models;
beforeAll(async () => {
  installed = await installedModels(MODELS, await loadManifest(MODELS));
  models = openModels(MODELS, installed, options);
});
afterAll(() => models.close());

const entryOf = (task: ModelEntry['task']) => installed.find((entry) => entry.task === task) as ModelEntry;

describe('the models of a thread', () => {
  it('name the installed tiers from the smallest to the largest', () => {
    expect(models.installedTiers.slice(0, 2)).toEqual(['tiny', 'small']);
  });

  it('are loaded once', async () => {
    expect(await models.detector('tiny')).toBe(await models.detector('tiny'));
  });

  it('turn an image into a probability of text for each of its pixels', async () => {
    const detector = await models.detector('tiny');
    const [map] = await detector.run(new Float32Array(3 * 64 * 96), [1, 3, 64, 96]);
    expect(map?.dims).toEqual([1, 1, 64, 96]);
    expect(map?.data).toHaveLength(64 * 96);
    expect(Math.max(...(map?.data ?? []))).toBeLessThanOrEqual(1);
  });

  it('know the text of every class of a recognizer', async () => {
    const recognizer = await models.recognizer('tiny');
    const [logits] = await recognizer.run(new Float32Array(3 * 48 * 160), [1, 3, 48, 160]);
    expect(recognizer.charset).toHaveLength(logits?.dims.at(-1) as number);
    expect(recognizer.charset[0]).toBe('');
  });

  it('of several inference threads are others that say the same, but for the smallest tier', async () => {
    const wide = models.withThreads(2);
    expect(await wide.detector('tiny')).toBe(await models.detector('tiny'));
    expect(await wide.detector('small')).toBe(await models.withThreads(2).detector('small'));
    expect(await wide.detector('small')).not.toBe(await models.detector('small'));

    const input = Float32Array.from({ length: 3 * 64 * 96 }, (_, i) => Math.sin(i));
    const mapOf = async (of: Models) => (await (await of.detector('small')).run(input, [1, 3, 64, 96]))[0]?.data;
    const [one, two] = [await mapOf(models), await mapOf(wide)];
    expect(one).toHaveLength(64 * 96);
    expect(
      two?.map((value, i) => Math.abs(value - (one?.[i] as number))).every((difference) => difference < 1e-4),
    ).toBe(true);
  });

  it('are missing where they were not installed', async () => {
    const without = openModels(
      MODELS,
      installed.filter(({ task }) => task !== 'layout'),
      options,
    );
    await expect(without.load('layout')).rejects.toMatchObject({
      code: 'model.missing',
      message: 'No model of the task layout is installed.',
    });
  });

  it('cannot be none', () => {
    expect(() => openModels(MODELS, [], options)).toThrow('No detector with its recognizer is in the models folder');
  });
});

describe('a model', () => {
  it('that is not what its entry declares is refused', async () => {
    const entry = { ...entryOf('layout'), input: { ...entryOf('layout').input, name: 'picture' } };
    await expect(loadModel(MODELS, entry, options)).rejects.toMatchObject({ code: 'model.invalid' });
  });

  it('whose weights are no model is refused', async () => {
    const entry = { ...entryOf('layout'), file: 'manifest.json' };
    await expect(loadModel(MODELS, entry, options)).rejects.toMatchObject({
      code: 'model.invalid',
      message: `${entry.id} could not be loaded on the CPU.`,
    });
  });

  it('that is to run on a CUDA whose provider is missing is refused by the name of the library', async () => {
    await expect(loadModel(MODELS, entryOf('layout'), { threads: 1, device: 'cuda:0' })).rejects.toMatchObject({
      code: 'engine.unavailable',
      message: expect.stringMatching(/^cuda:0 was asked for and CUDA did not load: .*\.so/),
    });
  });
});
