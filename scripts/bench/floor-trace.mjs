/**
 * What the models are asked while pages are read: `floor-trace.mjs MODE`, paths as JSON on standard input → a JSON array
 * on standard output, of each page the calls `{id, input, dims}` in their order: of which model, and what it is given.
 */
import { json } from 'node:stream/consumers';
import { processConfig } from '../../dist/config.js';
import { installedModels, loadManifest } from '../../dist/engine/models.js';
import { loadNative } from '../../dist/engine/native.js';
import { readPage } from '../../dist/engine/pipeline.js';
import { openModels } from '../../dist/engine/session.js';
import { openDocument } from '../../dist/engine/stages/open.js';

const { modelsDir, maxPagePixels } = processConfig();
const options = { mode: process.argv[2], text_layer: 'ignore', word_boxes: false, tables: true };
const installed = await installedModels(modelsDir, await loadManifest(modelsDir));
const { multipliesBytes: int8 } = loadNative();
const models = openModels(modelsDir, installed, { threads: 1, device: 'cpu', int8 });
const pages = [];
for (const path of await json(process.stdin)) {
  const calls = [];
  const parts = { native: loadNative(), models: recording(models, calls), maxPagePixels };
  const document = await openDocument(path, { maxPagePixels });
  const source = await document.openPage(0);
  await readPage(source, options, parts);
  source.close();
  document.close();
  pages.push(calls);
}
await models.close();
process.stdout.write(JSON.stringify(pages));

function recording(models, calls) {
  const recorded = async (loading) => {
    const model = await loading;
    return {
      ...model,
      run(data, dims) {
        calls.push({ id: model.entry.id, input: model.entry.input.name, dims });
        return model.run(data, dims);
      },
    };
  };
  return {
    ...models,
    detector: (tier) => recorded(models.detector(tier)),
    recognizer: (tier) => recorded(models.recognizer(tier)),
    load: (task) => recorded(models.load(task)),
  };
}
