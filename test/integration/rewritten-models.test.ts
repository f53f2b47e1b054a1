import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuseHardSwish } from '../../src/engine/hard-swish.js';
import { toInt8 } from '../../src/engine/int8.js';
import { int8LayersOf } from '../../src/engine/int8-layers.js';
import { installedModels, loadManifest, type ModelEntry } from '../../src/engine/models.js';
import { loadNative, type RgbImage } from '../../src/engine/native.js';
import { readOnnx } from '../../src/engine/onnx-file.js';
import { type Models, openModels } from '../../src/engine/session.js';
import { type DetectedLine, detectLines } from '../../src/engine/stages/detect.js';
import { recognizeLines } from '../../src/engine/stages/recognize.js';

const MODELS = fileURLToPath(new URL('../../models/', import.meta.url));
const DOCUMENTS = fileURLToPath(new URL('../fixtures/documents/', import.meta.url));
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

describe('an ONNX file', () => {
  it('with its own nodes is the same to the last byte', () => {
    const file = fileOf('pp-ocrv6-tiny-rec');
    const graph = readOnnx(file);
    expect(Buffer.from(graph.rewrite(graph.nodes)).equals(file)).toBe(true);
  });

  it('that is none, or is cut off, is refused', () => {
    expect(() => readOnnx(new TextEncoder().encode('not a model'))).toThrow(RangeError);
    expect(() => readOnnx(fileOf('pp-ocrv6-tiny-rec').subarray(0, 100_000))).toThrow(
      'A field ends behind its message.',
    );
  });
});

describe('a recognizer in bytes', () => {
  const native = loadNative();
  let entry: ModelEntry;
  let floats: Models;
  let bytes: Models;
  beforeAll(async () => {
    const installed = await installedModels(MODELS, await loadManifest(MODELS));
    entry = installed.find(({ id }) => id === 'pp-ocrv6-small-rec') as ModelEntry;
    floats = openModels(MODELS, installed, { threads: 1, device: 'cpu' });
    // As the engine has it: other processors compute in float32.
    bytes = openModels(MODELS, installed, { threads: 1, device: 'cpu', int8: native.multipliesBytes });
  });
  afterAll(async () => {
    await floats?.close();
    await bytes?.close();
  });

  it('has its products of pixels and the one onto its characters in them', () => {
    const file = fileOf(entry.id);
    const layers = int8LayersOf(entry.sha256) ?? {};
    const written = toInt8(file, layers);
    expect(Object.keys(layers)).toHaveLength(29);
    expect(countOf(written, 'DynamicQuantizeMatMul')).toBe(29);
    expect(countOf(file, 'Conv') - countOf(written, 'Conv')).toBe(28);
    expect(countOf(file, 'MatMul') - countOf(written, 'MatMul')).toBe(1);
    expect(written.length).toBeLessThan(0.34 * file.length);
  });

  it('rounds weights to 127 steps, and takes what that does to the means of its outputs off', () => {
    const file = fileOf(entry.id);
    const name = 'MatMul.12';
    const weightsOf = (graph: ReturnType<typeof readOnnx>) => {
      const node = graph.nodes.find((candidate) => candidate.name === name);
      return graph.floats(node?.inputs[1] as string) as NonNullable<ReturnType<typeof graph.floats>>;
    };
    const weights = weightsOf(readOnnx(file));
    const [inputs, outputs] = weights.dims as [number, number];
    const ones = new Float32Array(inputs).fill(1);
    const biasOf = (means: Float32Array) => readOnnx(toInt8(file, { [name]: means })).floats(`${name}/bias`)?.data;
    const scales = readOnnx(toInt8(file, { [name]: ones })).floats(`${name}/scales`)?.data;
    const [without, withMeans] = [biasOf(new Float32Array(inputs)), biasOf(ones)];
    for (const output of [0, 1, 500, outputs - 1]) {
      const column = Array.from(ones, (_, input) => weights.data[input * outputs + output] as number);
      const scale = Math.fround(Math.max(...column.map(Math.abs)) / 127);
      const error = column.reduce((sum, weight) => sum + weight - Math.round(weight / scale) * scale, 0);
      expect(scales?.[output]).toBe(scale);
      expect((withMeans?.[output] as number) - (without?.[output] as number)).toBeCloseTo(error, 5);
    }
  });

  it('is not made of a model that lacks the layer, or has another there', () => {
    const file = fileOf(entry.id);
    expect(() => toInt8(file, { 'Conv.1000': new Float32Array(96) })).toThrow('has no layer Conv.1000');
    expect(() => toInt8(file, { 'Conv.8': new Float32Array(95) })).toThrow('no product of 95 channels');
    // 3 × 3 pixels.
    expect(() => toInt8(file, { 'Conv.1': new Float32Array(3) })).toThrow('no product of 3 channels');
  });

  it.each(['alpha.png', 'chinese.png', 'receipt.png', 'table.png'])('reads %s as in float32', async (document) => {
    const image = await imageOf(document);
    const boxes = await detectLines(image, await floats.detector('small'), native, 1);
    const [wanted, found] = [await textsOf(floats, image, boxes), await textsOf(bytes, image, boxes)];
    expect(wanted.length).toBeGreaterThan(1);
    expect(found).toEqual(wanted);
  });

  const textsOf = async (models: Models, image: RgbImage, boxes: readonly DetectedLine[]) => {
    const readings = await recognizeLines(image, boxes, await models.recognizer('small'), native);
    return readings.map((reading) => reading?.line.text);
  };
});

async function imageOf(document: string): Promise<RgbImage> {
  const { data, info } = await sharp(readFileSync(`${DOCUMENTS}${document}`))
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
