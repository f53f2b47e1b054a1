import { describe, expect, test } from 'vitest';
import { checkContract, loadCharset } from '../../../src/engine/model-contract.js';
import { INSTALLED, RECOGNIZER, temporaryFolders } from '../../fixtures/models-folder.js';

const folder = temporaryFolders();

describe('the contract of a loaded model', () => {
  const inputs = [{ name: 'x', shape: ['N', 3, 48, 'W'] }];
  const outputs = [{ name: 'probabilities', shape: ['N', 'T', 4] }];

  test('holds where names, ranks and fixed sizes agree', () => {
    expect(() => checkContract(RECOGNIZER, inputs, outputs)).not.toThrow();
  });

  test('holds where the model leaves an input size open that is fed fixed', () => {
    expect(() => checkContract(RECOGNIZER, [{ name: 'x', shape: ['N', 3, 'H', 'W'] }], outputs)).not.toThrow();
  });

  test.each([
    [
      'another input name',
      [{ name: 'image', shape: ['N', 3, 48, 'W'] }],
      outputs,
      'expected the input x; the model has image.',
    ],
    [
      'another rank',
      [{ name: 'x', shape: [3, 48, 'W'] }],
      outputs,
      'expected the input x to be [?, 3, 48, ?]; the model has [3, 48, ?].',
    ],
    [
      'a fixed width',
      [{ name: 'x', shape: ['N', 3, 48, 320] }],
      outputs,
      'expected the input x to be [?, 3, 48, ?]; the model has [?, 3, 48, 320].',
    ],
    [
      'another height',
      [{ name: 'x', shape: ['N', 3, 32, 'W'] }],
      outputs,
      'expected the input x to be [?, 3, 48, ?]; the model has [?, 3, 32, ?].',
    ],
    [
      'other classes',
      inputs,
      [{ name: 'probabilities', shape: ['N', 'T', 6625] }],
      'expected the output probabilities to be [?, ?, 4]; the model has [?, ?, 6625].',
    ],
    [
      'open classes',
      inputs,
      [{ name: 'probabilities', shape: ['N', 'T', 'C'] }],
      'expected the output probabilities to be [?, ?, 4]; the model has [?, ?, ?].',
    ],
    [
      'a second output',
      inputs,
      [...outputs, { name: 'boxes', shape: [4] }],
      'expected the outputs probabilities; the model has probabilities, boxes.',
    ],
  ])('is broken by %s', (_, actualInputs, actualOutputs, sentence) => {
    expect(() => checkContract(RECOGNIZER, actualInputs, actualOutputs)).toThrow(`rec: ${sentence}`);
  });
});

describe('a charset', () => {
  test('is indexed by class: the blank first, the space last, an ideographic space kept', async () => {
    expect(await loadCharset(folder(INSTALLED), RECOGNIZER)).toEqual(['', 'a', '\u3000', ' ']);
  });

  test('of another length than the recognizer has classes is refused', async () => {
    await expect(loadCharset(folder({ 'charset.txt': 'a\nb\nc\n' }), RECOGNIZER)).rejects.toMatchObject({
      code: 'model.invalid',
      message: 'rec has 4 classes where charset.txt gives 5: 3 characters, the blank and the space.',
    });
  });
});
