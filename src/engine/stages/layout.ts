/** Stage layout: page image -> regions, by a PicoDet layout model. */
import type { Point, Quad, Rect, Table } from '../../schema/document.js';
import type { Native, RgbImage } from '../native.js';
import { normalizationOf } from '../normalization.js';
import type { Model } from '../session.js';
import { boxOf, shareInside } from './line-box.js';

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

/**
 * From this skew on the model sees the page turned level. Of the regions of upright pages of papers and reports, 81 to
 * 83% are found where the page is turned by 1 degree, 71 to 75% by 3 and 20 to 25% by 8; seen level, 78 to 86%, 75 to
 * 84% and 69 to 83%.
 */
const MIN_SKEW_DEGREES = 1;

/**
 * REQUIRES: the model's outputs are the score heads of all strides, then their distribution heads. Best score first.
 * `skewDegrees`: by which the page's lines are turned clockwise.
 */
export async function findRegions(
  image: RgbImage,
  model: Model,
  native: Native,
  skewDegrees = 0,
): Promise<readonly Region[]> {
  const { input, labels = [], thresholds } = model.entry;
  const [, , inputHeight, inputWidth] = input.shape as [number, number, number, number];
  const skew = Math.abs(skewDegrees) < MIN_SKEW_DEGREES ? 0 : skewDegrees;
  const toPage = turnAbout({ x: image.width / 2, y: image.height / 2 }, skew);
  const tensor = new Float32Array(3 * inputHeight * inputWidth);
  // The page fills the input: the model was trained on pages stretched to it.
  const normalization = normalizationOf(model.entry);
  if (skew === 0) {
    native.imageToTensor(image, inputWidth, inputHeight, inputWidth, inputHeight, normalization, tensor);
  } else {
    const corners = cornersOf(image).map(toPage);
    const quad = Float32Array.from(corners.flatMap(({ x, y }) => [x, y]));
    const [widths, unturned] = [Uint32Array.of(inputWidth), Uint8Array.of(0)];
    native.packCrops(image, quad, widths, unturned, inputHeight, inputWidth, normalization, tensor);
  }
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
  const regions = Array.from(boxes.scores, (score, i): Region => {
    const [x, y, width, height] = boxes.rects.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    const center = toPage({ x: x + width / 2, y: y + height / 2 });
    const rect = { x: center.x - width / 2, y: center.y - height / 2, width, height };
    return { type: regionType(labels[boxes.classes[i] as number]), rect, score };
  });
  return withoutLooseTables(regions);
}

/** Of a box, what another must hold of it to be around it. */
const AROUND = 0.9;

/** Leaves out a table around one that the model is surer of: no table holds another, and it takes in the text beside it. */
export function withoutLooseTables(regions: readonly Region[]): readonly Region[] {
  const tables = regions.filter(({ type }) => type === 'table');
  const isLoose = (region: Region) =>
    tables.some((inner) => inner.score > region.score && shareInside(boxOf(inner.rect), boxOf(region.rect)) > AROUND);
  return regions.filter((region) => region.type !== 'table' || !isLoose(region));
}

const cornersOf = ({ width, height }: RgbImage): Quad => [
  { x: 0, y: 0 },
  { x: width, y: 0 },
  { x: width, y: height },
  { x: 0, y: height },
];

function turnAbout(center: Point, degreesClockwise: number): (point: Point) => Point {
  const radians = (degreesClockwise * Math.PI) / 180;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  return ({ x, y }) => ({
    x: center.x + (x - center.x) * cos - (y - center.y) * sin,
    y: center.y + (x - center.x) * sin + (y - center.y) * cos,
  });
}

function regionType(label: string | undefined): RegionType {
  const type = REGION_TYPES.find((known) => known === label);
  if (type === undefined)
    throw new Error(`A layout class of the manifest is none of ${REGION_TYPES.join(', ')}: ${label}`);
  return type;
}
