/** Stage orient: a page that lies on its side or its head -> upright, by a classifier of its thumbnail's direction. */
import sharp from 'sharp';
import type { GrayImage, Native, RgbImage } from '../native.js';
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

/** Degrees clockwise that the page must be turned by to stand upright: 0, 90, 180 or 270. */
export async function rotationOf(image: GrayImage, model: Model, native: Native): Promise<number> {
  const { labels = [] } = model.entry;
  const [output] = await model.run(centerOf(image, model, native), inputDims(model));
  const probabilities = [...(output?.data ?? [])];
  const best = probabilities.indexOf(Math.max(...probabilities));
  const turned = Number(labels[best]);
  return turned > 0 && (probabilities[best] as number) >= MIN_PROBABILITY ? 360 - turned : 0;
}

function inputDims(model: Model): readonly [number, number, number, number] {
  const [, channels, height, width] = model.entry.input.shape as [null, number, number, number];
  return [1, channels, height, width];
}

/**
 * The middle of the page at the size the model was trained on (PaddleClas: resize the short side, crop the centre).
 * Cropped before it is resized, since a strip scaled as a whole would be as long as its pixels are many.
 */
function centerOf(image: GrayImage, model: Model, native: Native): Float32Array {
  const [, channels, height, width] = inputDims(model);
  const shortSide = model.entry.thresholds?.resizeShortSide ?? Math.max(width, height);
  const pixelsPerSample = Math.min(image.width, image.height) / shortSide;
  const center = cropCenter(image, Math.round(width * pixelsPerSample), Math.round(height * pixelsPerSample));
  const tensor = new Float32Array(channels * width * height);
  native.imageToTensor(center, width, height, width, height, normalizationOf(model.entry), tensor);
  return tensor;
}

/** At least a pixel and at most the image; the three channels that the model takes are the same. */
function cropCenter(image: GrayImage, widthPx: number, heightPx: number): RgbImage {
  const width = Math.min(Math.max(1, widthPx), image.width);
  const height = Math.min(Math.max(1, heightPx), image.height);
  const left = Math.floor((image.width - width) / 2);
  const top = Math.floor((image.height - height) / 2);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * image.width + left;
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      const level = image.data[from + x] as number;
      data[at] = level;
      data[at + 1] = level;
      data[at + 2] = level;
    }
  }
  return { data, width, height };
}

/** By quarters; 0 leaves it as it is. */
export async function turnImage<T extends RgbImage | GrayImage>(image: T, degreesClockwise: number): Promise<T> {
  if (degreesClockwise === 0) return image;
  const { data, width, height } = image;
  const channels = data.length === width * height ? 1 : 3;
  const { data: turned, info } = await sharp(data, { raw: { width, height, channels } })
    .rotate(degreesClockwise)
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { ...image, data: turned, width: info.width, height: info.height };
}
