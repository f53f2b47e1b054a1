import { describe, expect, test } from 'vitest';
import { loadNative } from '../../src/engine/native.js';
import type { Models, Recognizer } from '../../src/engine/session.js';
import { readLines } from '../../src/engine/stages/read-lines.js';
import type { Tier } from '../../src/schema/document.js';

const HEIGHT = 48;
const image = { data: new Uint8Array(1000 * 1000 * 3), width: 1000, height: 1000 };

/** Boxes as wide as said, as high as the recognizers' input. */
const boxes = (widths: readonly number[]) =>
  widths.map((width, i) => {
    const [top, bottom] = [60 * i, 60 * i + HEIGHT];
    const quad = [
      { x: 0, y: top },
      { x: width, y: top },
      { x: width, y: bottom },
      { x: 0, y: bottom },
    ];
    return { quad, score: 1 };
  });

/** Reads "ab" wherever it looks, as sure of it as the width of a batch tells. */
function recognizer(tier: Tier, sureness: (widthPx: number) => number, asked: string[]): Recognizer {
  const charset = ['', 'a', 'b', ' '];
  const input = { name: 'x', shape: [null, 3, HEIGHT, null], mean: [0, 0, 0], std: [1, 1, 1], channelOrder: 'bgr' };
  return {
    entry: { id: tier, task: 'recognize', tier, input } as unknown as Recognizer['entry'],
    charset,
    async run(_, dims) {
      const [lines, , , width] = dims as [number, number, number, number];
      asked.push(...new Array<string>(lines).fill(tier));
      const steps = width / 8;
      const data = new Float32Array(lines * steps * charset.length);
      for (let step = 0; step < lines * steps; step++) {
        const letter = [1, 3].indexOf(step % steps) + 1;
        data[step * charset.length + letter] = letter === 0 ? 1 : sureness(width);
      }
      return [{ data, dims: [lines, steps, charset.length] }];
    },
    async close() {},
  };
}

const SURE = 100;
const DOUBTED = 200;
/** Doubted by the tiny recognizer, no text to the small one. */
const NO_TEXT = 300;

/** Of each line the tier that read it, "-" for no text; and how many lines each tier was asked for. */
async function readHardPage(widths: readonly number[]) {
  const asked: string[] = [];
  const recognizers: Partial<Record<Tier, Recognizer>> = {
    tiny: recognizer('tiny', (width) => (width < DOUBTED ? 0.99 : 0.9), asked),
    small: recognizer('small', (width) => (width < NO_TEXT ? 0.99 : 0.5), asked),
  };
  const models = { recognizer: async (tier: Tier) => recognizers[tier] } as unknown as Models;
  const readers = { tier: 'small', screeningTier: 'tiny' } as const;
  const lines = await readLines(image, boxes(widths), readers, ['en'], models, loadNative());
  const count = (tier: Tier) => asked.filter((each) => each === tier).length;
  return { sources: lines.map((line) => line?.source ?? '-'), tiny: count('tiny'), small: count('small') };
}

describe('a hard page', () => {
  test('whose sample is clear is read by the tiny recognizer, and what that doubts by the small one', async () => {
    const widths = [SURE, DOUBTED, SURE, SURE, NO_TEXT, SURE, SURE, DOUBTED, SURE, SURE, SURE, SURE, SURE];
    expect(await readHardPage(widths)).toEqual({
      sources: widths.map((width) => ({ [SURE]: 'tiny', [DOUBTED]: 'small', [NO_TEXT]: '-' })[width]),
      tiny: 13,
      small: 3,
    });
  });

  test('of whose sample, every sixth line, much is doubted is read by the small one but for the clear lines of it', async () => {
    const widths = [DOUBTED, SURE, SURE, SURE, SURE, SURE, SURE, SURE, SURE, SURE];
    expect(await readHardPage(widths)).toEqual({
      sources: widths.map((_, i) => (i === 6 ? 'tiny' : 'small')),
      tiny: 2,
      small: 9,
    });
  });
});
