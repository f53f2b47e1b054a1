import { describe, expect, it } from 'vitest';
import type { ModelTask } from '../../../src/engine/model-contract.js';
import { gridOf, shapeFor } from '../../../src/engine/shape-grid.js';
import { tilesOf } from '../../../src/engine/stages/detector-map.js';
import { cropPlane, padPlanes, repeatPlanes } from '../../../src/engine/stages/planes.js';
import { batchesOf } from '../../../src/engine/stages/recognize.js';

const grid = (task: ModelTask, shape: (number | null)[]) =>
  gridOf({ id: task, task, input: { name: 'x', shape, mean: [0, 0, 0], std: [1, 1, 1], channelOrder: 'bgr' } });
const ofDetectors = grid('detect', [null, 3, null, null]);
const ofLines = grid('recognize', [null, 3, 48, null]);

describe('the grid', () => {
  it('has three shapes of a detector', () => {
    expect(ofDetectors).toEqual([
      [1, 3, 640, 640],
      [1, 3, 1664, 1280],
      [1, 3, 2080, 1600],
    ]);
  });

  it('has ten of a recognizer, each width at most 1.43 times the one before', () => {
    const widths = ofLines.map(([, , , width]) => width);
    expect(widths).toEqual([160, 224, 320, 448, 640, 896, 1280, 1792, 2560, 3200]);
    for (const [i, width] of widths.slice(1).entries()) expect(width / (widths[i] as number)).toBeLessThanOrEqual(1.43);
  });

  it('has one of every other model: its own, a batch of 16 where it takes several lines', () => {
    expect(grid('layout', [1, 3, 800, 608])).toEqual([[1, 3, 800, 608]]);
    expect(grid('table', [null, 3, 488, 488])).toEqual([[1, 3, 488, 488]]);
    expect(grid('line-orientation', [null, 3, 48, 192])).toEqual([[16, 3, 48, 192]]);
  });

  it('cannot be made for a model of open sides that is neither detector nor recognizer', () => {
    expect(() => grid('layout', [1, 3, null, 608])).toThrow('layout declares no height.');
    expect(() => grid('layout', [1, 3, 800, null])).toThrow('layout declares no width.');
  });

  it('gives the first shape that holds what is wanted', () => {
    expect(shapeFor(ofLines, [3, 3, 48, 160])).toEqual([16, 3, 48, 160]);
    expect(shapeFor(ofLines, [3, 3, 48, 161])).toEqual([16, 3, 48, 224]);
    expect(() => shapeFor(ofLines, [1, 3, 48, 3201])).toThrow('No shape of the grid holds 1 × 3 × 48 × 3201.');
    expect(() => shapeFor(ofLines, [5, 3, 48, 800])).toThrow('No shape');
  });

  it('is none on the CPU, where a model is run on what is wanted', () => {
    expect(shapeFor(undefined, [5, 3, 48, 801])).toEqual([5, 3, 48, 801]);
  });
});

describe('batches', () => {
  const crops = (widths: readonly number[]) =>
    widths.map((widthPx, line) => ({ line, box: [], quarterTurns: 0, quad: [], widthPx }));
  const sizes = (widths: readonly number[], of?: typeof ofLines) =>
    batchesOf(crops(widths), of).map((batch) => [batch.widthPx, batch.crops.map(({ widthPx }) => widthPx)]);

  it('of a grid hold the lines of one of its widths, and no more than its shape', () => {
    expect(sizes([160, 3200, 161, 8, 2600, 2561], ofLines)).toEqual([
      [3200, [3200, 2600]],
      [3200, [2561]],
      [224, [161]],
      [160, [160, 8]],
    ]);
  });

  it('without one are as wide as their widest line, up to the next 32 pixels, and hold lines of 85% of that', () => {
    expect(sizes([160, 3200, 161, 8, 2600, 2561])).toEqual([
      [3200, [3200]],
      [2624, [2600]],
      [2592, [2561]],
      [192, [161]],
      [160, [160]],
      [32, [8]],
    ]);
  });
});

describe('tiles', () => {
  const count = (width: number, height: number, of?: typeof ofDetectors) => {
    const { columns, rows } = tilesOf(width, height, of);
    const side = (spans: typeof rows) => Math.max(...spans.map(({ from, to }) => to - from));
    return [columns.length, rows.length, side(columns), side(rows)];
  };

  it('of a grid are one where a shape holds the page, else as few as can be', () => {
    expect(count(1280, 1664, ofDetectors)).toEqual([1, 1, 1280, 1664]);
    expect(count(1600, 1664, ofDetectors)).toEqual([1, 1, 1600, 1664]);
    expect(count(2336, 1664, ofDetectors)).toEqual([2, 1, 1312, 1664]);
    expect(count(1984, 2816, ofDetectors)).toEqual([2, 2, 1120, 1536]);
  });

  it('of any map fit shapes of the grid', () => {
    for (const [width, height] of [
      [32, 750_016],
      [4000, 6016],
      [5984, 4000],
      [1632, 2112],
    ] as const) {
      const [, , across, down] = count(width, height, ofDetectors);
      expect(shapeFor(ofDetectors, [1, 3, down as number, across as number])).toBeDefined();
    }
  });

  it('without a grid are one up to 4000 pixels', () => {
    expect(count(4000, 4000)).toEqual([1, 1, 4000, 4000]);
    expect(count(4032, 32)).toEqual([2, 1, 2144, 32]);
  });
});

describe('planes', () => {
  const two = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const [from, to] = [
    { width: 2, height: 2 },
    { width: 5, height: 3 },
  ];

  it('are padded by zeros', () => {
    expect([...padPlanes(two, 2, from, to)]).toEqual(
      [
        [1, 2, 0, 0, 0],
        [3, 4, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [5, 6, 0, 0, 0],
        [7, 8, 0, 0, 0],
        [0, 0, 0, 0, 0],
      ].flat(),
    );
  });

  it('are repeated', () => {
    expect([...repeatPlanes(two, 2, from, to)]).toEqual(
      [
        [1, 2, 1, 2, 1],
        [3, 4, 3, 4, 3],
        [1, 2, 1, 2, 1],
        [5, 6, 5, 6, 5],
        [7, 8, 7, 8, 7],
        [5, 6, 5, 6, 5],
      ].flat(),
    );
  });

  it('are cropped', () => {
    expect([...cropPlane(Float32Array.of(1, 2, 9, 3, 4, 9, 9, 9, 9), { width: 3, height: 3 }, from)]).toEqual([
      1, 2, 3, 4,
    ]);
  });

  it('are the same array where there is nothing to do', () => {
    expect(padPlanes(two, 2, from, from)).toBe(two);
    expect(repeatPlanes(two, 2, from, from)).toBe(two);
    expect(cropPlane(two, from, from)).toBe(two);
  });
});
