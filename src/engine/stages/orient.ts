/** Stage orient: a page image that lies on its side or its head -> upright, by a classifier of the page's direction. */
import sharp from 'sharp';
import type { Native, RgbImage } from '../native.js';
import { normalizationOf } from '../normalization.js';
import type { Model } from '../session.js';

export interface Upright {
  readonly image: RgbImage;
  /** Degrees clockwise that the image was turned by to stand upright: 0, 90, 180 or 270. */
  readonly rotation: number;
}

/**
 * Probability from which the classifier is believed; trained with smoothed labels, it is never surer than 0.93. Of
 * about 800 pages turned on purpose and 275 as they came it believes almost all and errs on a few photographs alone.
 * A page turned wrongly is lost, one that stays turned is still read line by line.
 */
const MIN_PROBABILITY = 0.8;

export async function uprightPage(image: RgbImage, model: Model, native: Native): Promise<Upright> {
  const { labels = [] } = model.entry;
  const [output] = await model.run(centerOf(image, model, native), inputDims(model));
  const probabilities = [...(output?.data ?? [])];
  const best = probabilities.indexOf(Math.max(...probabilities));
  const turned = Number(labels[best]);
  if (!(turned > 0) || (probabilities[best] as number) < MIN_PROBABILITY) return { image, rotation: 0 };
  const rotation = 360 - turned;
  return { image: await turnImage(image, rotation), rotation };
}

function inputDims(model: Model): readonly [number, number, number, number] {
  const [, channels, height, width] = model.entry.input.shape as [null, number, number, number];
  return [1, channels, height, width];
}

/**
 * The middle of the page at the size the model was trained on (PaddleClas: resize the short side, crop the centre).
 * Cropped before it is resized, since a strip scaled as a whole would be as long as its pixels are many.
 */
function centerOf(image: RgbImage, model: Model, native: Native): Float32Array {
  const [, channels, height, width] = inputDims(model);
  const shortSide = model.entry.thresholds?.resizeShortSide ?? Math.max(width, height);
  const pixelsPerSample = Math.min(image.width, image.height) / shortSide;
  const center = cropCenter(image, Math.round(width * pixelsPerSample), Math.round(height * pixelsPerSample));
  const tensor = new Float32Array(channels * width * height);
  native.imageToTensor(center, width, height, width, height, normalizationOf(model.entry), tensor);
  return tensor;
}

/** At least a pixel and at most the image. */
function cropCenter(image: RgbImage, widthPx: number, heightPx: number): RgbImage {
  const width = Math.min(Math.max(1, widthPx), image.width);
  const height = Math.min(Math.max(1, heightPx), image.height);
  const left = Math.floor((image.width - width) / 2);
  const top = Math.floor((image.height - height) / 2);
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), row * width * 3);
  }
  return { data, width, height };
}

/** By quarters. */
export async function turnImage({ data, width, height }: RgbImage, degreesClockwise: number): Promise<RgbImage> {
  const { data: turned, info } = await sharp(data, { raw: { width, height, channels: 3 } })
    .rotate(degreesClockwise)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: turned, width: info.width, height: info.height };
}
