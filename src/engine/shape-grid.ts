/**
 * The shapes that models are run on where every new shape costs: CUDA.
 *
 * ONNX Runtime's convolutions on cuDNN 9 plan their kernels for the shape of their input and forget the plan when the
 * next input has another (onnxruntime/core/providers/cuda/nn/conv.cc, `UpdateState`), which takes a tenth of a second
 * and more. So each shape has a session of its own, which never sees another, and there are few of them: an input is
 * made larger to the right and below, and lines are added to a batch, up to the smallest shape that holds it.
 */
import type { ModelEntry } from './models.js';

/** Batch, channels, height, width. */
export type Dims = readonly [number, number, number, number];

/** From the smallest to the largest, by what one holds. */
export type ShapeGrid = readonly [Dims, ...Dims[]];

/**
 * Width and height in pixels: a coarse view, a page at the scale of its letters, a page of small print. Larger ones, and
 * those that lie on their side, are put together from tiles (`detector-map.ts`).
 */
const DETECTOR_SIDES = [
  [640, 640],
  [1280, 1664],
  [1600, 2080],
] as const;

/**
 * Lines and their width in pixels. Each width is at most 1.43 times the one before: a line is padded by no more than
 * that, and is then read otherwise no oftener than where another line of its batch differs (docs/operations.md, GPUs).
 */
const RECOGNIZER_BATCHES = [
  [16, 160],
  [16, 224],
  [16, 320],
  [8, 448],
  [8, 640],
  [4, 896],
  [4, 1280],
  [4, 1792],
  [2, 2560],
  [2, 3200],
] as const;

/** Of a model that takes several inputs at once and has no grid of widths. */
const BATCH = 16;

/** Every shape that the model is ever run on. Pure. */
export function gridOf({ id, task, input }: Pick<ModelEntry, 'id' | 'task' | 'input'>): ShapeGrid {
  const [, channels, height, width] = input.shape;
  if (typeof channels !== 'number') throw new Error(`${id} declares no number of channels.`);
  if (task === 'detect') return DETECTOR_SIDES.map(([w, h]): Dims => [1, channels, h, w]) as unknown as ShapeGrid;
  if (typeof height !== 'number') throw new Error(`${id} declares no height.`);
  if (task === 'recognize') {
    return RECOGNIZER_BATCHES.map(([lines, w]): Dims => [lines, channels, height, w]) as unknown as ShapeGrid;
  }
  if (typeof width !== 'number') throw new Error(`${id} declares no width.`);
  return [[task === 'line-orientation' ? BATCH : 1, channels, height, width]];
}

/** The smallest shape of the grid that holds `wanted`, or `wanted` itself where there is no grid. */
export function shapeFor(grid: ShapeGrid | undefined, wanted: Dims): Dims {
  if (grid === undefined) return wanted;
  const held = grid.find((shape) => shape.every((size, axis) => size >= (wanted[axis] as number)));
  if (held === undefined) throw new Error(`No shape of the grid holds ${wanted.join(' × ')}.`);
  return held;
}
