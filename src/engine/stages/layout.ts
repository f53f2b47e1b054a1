/** Stage layout: page image -> regions, by a PicoDet layout model. */
import type { Rect, Table } from '../../schema/document.js';
import type { Native, RgbImage } from '../native.js';
import { normalizationOf } from '../normalization.js';
import type { Model } from '../session.js';

export const REGION_TYPES = [
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
] as const;
export type RegionType = (typeof REGION_TYPES)[number];

/** A part of the page, in pixels of the page image. */
export interface Region {
  /** Seals are told by their ring, not by the model. */
  readonly type: RegionType | 'seal';
  readonly rect: Rect;
  readonly score: number;
  /** Of a table whose structure was read. */
  readonly table?: Table;
}

/** Strides of PicoDet's four feature levels; the cells of a level follow from them and the input's size. */
const STRIDES = [8, 16, 32, 64] as const;
/** PaddleDetection's defaults for PicoDet; the manifest's `thresholds` may say otherwise. */
const DEFAULTS = { scoreThreshold: 0.5, iouThreshold: 0.5, maxCandidates: 1000 };

/** REQUIRES: the model's outputs are the score heads of all strides, then their distribution heads. Best score first. */
export async function findRegions(image: RgbImage, model: Model, native: Native): Promise<readonly Region[]> {
  const { input, labels = [], thresholds } = model.entry;
  const [, , inputHeight, inputWidth] = input.shape as [number, number, number, number];
  const tensor = new Float32Array(3 * inputHeight * inputWidth);
  // The page fills the input: the model was trained on pages stretched to it.
  native.imageToTensor(image, inputWidth, inputHeight, inputWidth, inputHeight, normalizationOf(model.entry), tensor);
  const heads = (await model.run(tensor, [1, 3, inputHeight, inputWidth])).map((head) => head.data);
  const boxes = native.decodeLayout(heads.slice(0, STRIDES.length), heads.slice(STRIDES.length), labels.length, {
    ...DEFAULTS,
    ...thresholds,
    strides: STRIDES,
    inputWidth,
    inputHeight,
    sourceWidth: image.width,
    sourceHeight: image.height,
  });
  return Array.from(boxes.scores, (score, i) => {
    const [x, y, width, height] = boxes.rects.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    return { type: regionType(labels[boxes.classes[i] as number]), rect: { x, y, width, height }, score };
  });
}

function regionType(label: string | undefined): RegionType {
  const type = REGION_TYPES.find((known) => known === label);
  if (type === undefined)
    throw new Error(`A layout class of the manifest is none of ${REGION_TYPES.join(', ')}: ${label}`);
  return type;
}
