/**
 * Reads images with ppu-paddle-ocr (https://github.com/PT-Perkasa-Pilar-Utama/ppu-paddle-ocr), with our weights and
 * its defaults: its other strategy, that packs lines together, was slower and less accurate on forms.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../root.mjs';
import { serve } from './reader.mjs';

const { resolve } = createRequire(join(ROOT, 'build', 'peers', 'node', 'package.json'));
const { PaddleOcrService } = await import(pathToFileURL(resolve('ppu-paddle-ocr')));

await serve(async (tier, models) => {
  const service = new PaddleOcrService({
    model: {
      detection: join(models, `pp-ocrv6-${tier}-det.onnx`),
      recognition: join(models, `pp-ocrv6-${tier}-rec.onnx`),
      charactersDictionary: join(models, tier === 'tiny' ? 'pp-ocrv6-tiny-charset.txt' : 'pp-ocrv6-charset.txt'),
    },
  });
  await service.initialize();
  // It remembers what it has read, and would answer the second time from memory.
  const options = { noCache: true };
  return {
    read: async (path) => toReading(await service.recognize(contentOf(path), options)),
    readAll: async (paths) => (await service.batchRecognize(paths.map(contentOf), options)).map(toReading),
    close: () => service.destroy(),
  };
});

function contentOf(path) {
  return Uint8Array.from(readFileSync(path)).buffer;
}

function toReading({ text, lines }) {
  return {
    text,
    lines: lines.map((boxes) => ({ text: boxes.map((box) => box.text).join(' '), quad: corners(boxes) })),
  };
}

/** Around the boxes of a line. */
function corners(boxes) {
  const left = Math.min(...boxes.map(({ box }) => box.x));
  const top = Math.min(...boxes.map(({ box }) => box.y));
  const right = Math.max(...boxes.map(({ box }) => box.x + box.width));
  const bottom = Math.max(...boxes.map(({ box }) => box.y + box.height));
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}
