#!/usr/bin/env node
/**
 * Writes `src/engine/int8-means.ts`: which layers of which models are computed in bytes, and the means of their inputs.
 *
 *   npm run int8-layers
 *
 * The means are those of the lines on the pages of `test/fixtures/documents`, read as `quality` reads them.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { processConfig } from '../dist/config.js';
import { installedModels, loadManifest } from '../dist/engine/models.js';
import { loadNative } from '../dist/engine/native.js';
import { readOnnx } from '../dist/engine/onnx-file.js';
import { readPage } from '../dist/engine/pipeline.js';
import { openModels } from '../dist/engine/session.js';
import { openDocument } from '../dist/engine/stages/open.js';
import { ROOT } from './root.mjs';

/** The tiny recognizer is not among them: what it loses is more than it may (docs/performance.md). */
const MODEL = 'pp-ocrv6-small-rec';
const DOCUMENTS = join(ROOT, 'test', 'fixtures', 'documents');
/** These cannot be opened without a password, or hold what another does. */
const LEFT_OUT = ['encrypted.pdf', 'truth.json'];
/** Below, the products are too small for bytes to gain much. */
const MIN_CHANNELS = 96;
/** Matrix products of fewer outputs are as quick in float32. */
const MIN_OUTPUTS = 1000;

const { modelsDir, maxPagePixels } = processConfig();
const installed = await installedModels(modelsDir, await loadManifest(modelsDir));
const entry = installed.find(({ id }) => id === MODEL);
const graph = readOnnx(readFileSync(join(modelsDir, entry.file)));
const candidates = graph.nodes.filter(isCandidate);
const means = await meansOf(await linesOf(readdirSync(DOCUMENTS).filter((file) => !LEFT_OUT.includes(file))));
writeFileSync(join(ROOT, 'src', 'engine', 'int8-means.ts'), moduleOf(entry.sha256, means));

/** A convolution of single pixels or a large matrix product, with weights and without a bias. */
function isCandidate({ operator, inputs }) {
  const dims = inputs.length === 2 ? graph.floats(inputs[1])?.dims : undefined;
  if (operator === 'MatMul') return dims?.length === 2 && dims[1] >= MIN_OUTPUTS;
  return operator === 'Conv' && dims?.length === 4 && dims[2] * dims[3] === 1 && dims[1] >= MIN_CHANNELS;
}

/** What the recognizer is asked while the documents are read: `{ data, dims }` a batch. */
async function linesOf(files) {
  const models = openModels(modelsDir, installed, { threads: 1, device: 'cpu' });
  const batches = [];
  const recording = async (loading) => {
    const model = await loading;
    if (model.entry.id !== MODEL) return model;
    return {
      ...model,
      run(data, dims) {
        batches.push({ data, dims });
        return model.run(data, dims);
      },
    };
  };
  const parts = { native: loadNative(), maxPagePixels };
  const options = { mode: 'quality', text_layer: 'ignore', word_boxes: false, tables: true };
  for (const file of files) {
    const document = await openDocument(join(DOCUMENTS, file), { maxPagePixels });
    const source = await document.openPage(0);
    await readPage(source, options, {
      ...parts,
      models: { ...models, recognizer: (tier) => recording(models.recognizer(tier)) },
    });
    source.close();
    document.close();
  }
  await models.close();
  return batches;
}

/** By the name of the layer, of each channel of its input; every batch weighs the same. */
async function meansOf(batches) {
  const outputs = [...new Set(candidates.map(({ inputs }) => inputs[0]))];
  const session = await InferenceSession.create(graph.rewrite(graph.nodes, { outputs }), { logSeverityLevel: 3 });
  const sums = new Map();
  for (const { data, dims } of batches) {
    const values = await session.run({ [entry.input.name]: new Tensor('float32', data, dims) });
    for (const { name, operator, inputs } of candidates) {
      const value = values[inputs[0]];
      // A layer after a mean over the whole line has one pixel, which is not worth it.
      if (operator === 'Conv' && value.dims[2] * value.dims[3] === 1) continue;
      const mean = operator === 'Conv' ? meanOfPlanes(value) : meanOfRows(value);
      const sum = sums.get(name) ?? new Float64Array(mean.length);
      sums.set(
        name,
        sum.map((total, channel) => total + mean[channel]),
      );
    }
  }
  return new Map([...sums].map(([name, sum]) => [name, Float32Array.from(sum, (total) => total / batches.length)]));
}

function meanOfPlanes({ data, dims: [lines, channels, height, width] }) {
  const mean = new Float64Array(channels);
  const pixels = height * width;
  for (const [i, value] of data.entries()) mean[Math.floor(i / pixels) % channels] += value / (lines * pixels);
  return mean;
}

function meanOfRows({ data, dims }) {
  const channels = dims.at(-1);
  const mean = new Float64Array(channels);
  for (const [i, value] of data.entries()) mean[i % channels] += (value * channels) / data.length;
  return mean;
}

function moduleOf(sha256, layers) {
  const lines = [...layers].map(([name, values]) => {
    const text = Buffer.from(values.buffer).toString('base64');
    return `    '${name}':\n      '${text}',`;
  });
  return `/** Means of the inputs of the layers that are computed in bytes. Made by \`npm run int8-layers\`. */

/** By the sha256 of the weights; of each layer float32, little-endian, in base64. */
export const INT8_MEANS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // ${MODEL}
  '${sha256}': {
${lines.join('\n')}
  },
};
`;
}
