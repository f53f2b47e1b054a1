import { describe, expect, it } from 'vitest';
import type { ModelEntry } from '../../src/engine/models.js';
import { loadNative } from '../../src/engine/native.js';
import type { Model } from '../../src/engine/session.js';
import { findRegions } from '../../src/engine/stages/layout.js';

const LABELS = [
  'text',
  'title',
  'figure',
  'figure_caption',
  'table',
  'table_caption',
  'header',
  'footer',
  'reference',
  'equation',
];

/** A model that answers one box of one class: bin `bins` steps left, up, right and down of a cell of stride 32. */
function modelOf(
  label: string,
  score: number,
  bins: readonly [number, number, number, number],
  labels = LABELS,
): Model {
  const cells = [8, 16, 32, 64].map((stride) => (128 / stride) * (64 / stride));
  const scores = cells.map((count) => new Float32Array(count * labels.length));
  const distributions = cells.map((count) => new Float32Array(count * 32));
  // Level of stride 32 is 4 × 2 cells (rows × columns); the cell in row 1, column 1 has its centre at (48, 48).
  const cell = 3;
  (scores[2] as Float32Array)[cell * labels.length + labels.indexOf(label)] = score;
  bins.forEach((bin, side) => {
    // A logit this large leaves nothing to the other bins.
    (distributions[2] as Float32Array)[cell * 32 + side * 8 + bin] = 60;
  });
  return {
    entry: {
      id: 'layout',
      input: { name: 'image', shape: [1, 3, 128, 64], mean: [0, 0, 0], std: [1, 1, 1], channelOrder: 'bgr' },
      labels,
    } as unknown as ModelEntry,
    run: async () => [...scores, ...distributions].map((data) => ({ data, dims: [] })),
    close: async () => {},
  };
}

const image = { data: new Uint8Array(200 * 256 * 3), width: 200, height: 256 };

describe('regions', () => {
  it('come in pixels of the page image, whatever the size of the input', async () => {
    const regions = await findRegions(image, modelOf('table', 0.75, [1, 1, 0, 2]), loadNative());
    expect(regions).toHaveLength(1);
    const [region] = regions;
    expect(region?.type).toBe('table');
    expect(region?.score).toBeCloseTo(0.75, 6);
    // (48 - 32, 48 - 32) to (48 + 0, 48 + 64) of 64 × 128, on 200 × 256.
    expect(region?.rect.x).toBeCloseTo(16 * (200 / 64), 3);
    expect(region?.rect.y).toBeCloseTo(16 * 2, 3);
    expect(region?.rect.width).toBeCloseTo(32 * (200 / 64), 3);
    expect(region?.rect.height).toBeCloseTo(96 * 2, 3);
  });

  it('of a skewed page are those of the page turned level, each about its centre on the page', async () => {
    const data = new Uint8Array(image.data.length).fill(255);
    // The point (0, -64) from the page's middle (100, 128), turned by 30 degrees clockwise.
    const spot = { x: 132, y: 128 - 64 * Math.cos(Math.PI / 6) };
    for (let y = Math.round(spot.y) - 4; y < spot.y + 4; y++) {
      data.fill(0, (y * image.width + spot.x - 8) * 3, (y * image.width + spot.x + 8) * 3);
    }
    let seen = new Float32Array();
    const model = modelOf('table', 0.75, [1, 1, 0, 0]);
    const run: Model['run'] = (input, dims) => {
      seen = new Float32Array(input);
      return model.run(input, dims);
    };
    const [region] = await findRegions({ ...image, data }, { ...model, run }, loadNative(), 30);
    expect(seen[32 * 64 + 32]).toBe(0);
    expect([seen[32 * 64 + 26], seen[32 * 64 + 38], seen[20 * 64 + 32], seen[44 * 64 + 32]]).toEqual([1, 1, 1, 1]);
    expect(region?.rect.width).toBeCloseTo(100, 3);
    expect(region?.rect.height).toBeCloseTo(64, 3);
    expect((region?.rect.x as number) + 50).toBeCloseTo(spot.x, 3);
    expect((region?.rect.y as number) + 32).toBeCloseTo(spot.y, 3);
  });

  it('below the threshold are none', async () => {
    expect(await findRegions(image, modelOf('table', 0.49, [1, 1, 1, 1]), loadNative())).toEqual([]);
  });

  it('of a class that no stage knows are an error', async () => {
    const model = modelOf('poem', 0.9, [1, 1, 1, 1], ['text', 'poem']);
    await expect(findRegions(image, model, loadNative())).rejects.toThrow(/poem/);
  });
});
