import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { fuseHardSwish } from '../../src/engine/hard-swish.js';
import { readOnnx } from '../../src/engine/onnx-file.js';

const MODELS = fileURLToPath(new URL('../../models/', import.meta.url));
const fileOf = (name: string) => readFileSync(`${MODELS}${name}.onnx`);

const countOf = (file: Uint8Array, operator: string) =>
  readOnnx(file).nodes.filter((node) => node.operator === operator).length;

/** All outputs of a run on noise, one after the other. */
async function outputsOf(file: Uint8Array, dims: readonly number[]): Promise<readonly number[]> {
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  const length = dims.reduce((product, size) => product * size, 1);
  const input = Float32Array.from({ length }, (_, i) => Math.sin(i * i));
  const outputs = await session.run({ [session.inputNames[0] as string]: new Tensor('float32', input, dims) });
  await session.release();
  return Object.values(outputs).flatMap(({ data }) => [...(data as Float32Array)]);
}

describe('a model whose hard swishes are fused', () => {
  it.each([
    ['picodet-layout-cdla', [1, 3, 800, 608], 94],
    ['pp-ocr-line-orientation', [1, 3, 48, 192], 18],
  ] as const)('says the same: %s', async (name, dims, count) => {
    const file = fileOf(name);
    const fused = fuseHardSwish(file);
    expect(countOf(file, 'Clip')).toBe(count);
    expect(countOf(fused, 'Clip')).toBe(0);
    expect(countOf(fused, 'HardSigmoid') - countOf(file, 'HardSigmoid')).toBe(count);

    const [wanted, found] = [await outputsOf(file, dims), await outputsOf(fused, dims)];
    expect(found).toHaveLength(wanted.length);
    expect(wanted.some((value) => value > 0.1)).toBe(true);
    const furthest = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] as number))), 0);
    expect(furthest).toBeLessThan(1e-3);
  });

  it('is the file itself where it has none', () => {
    const file = fileOf('pp-ocrv6-tiny-det');
    expect(fuseHardSwish(file)).toBe(file);
  });
});
