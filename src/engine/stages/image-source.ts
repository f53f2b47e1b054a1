/** Images as sources, by sharp (libvips): PNG, JPEG, WebP, and TIFF with one page or many. */
import { readFile } from 'node:fs/promises';
import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { OcrError } from '../../errors.js';
import type { DocumentKind } from '../../schema/document-kind.js';
import type { GrayImage, RgbImage } from '../native.js';
import type { OpenDocument, PageSource } from './open.js';

export type ImageKind = Exclude<DocumentKind, 'pdf'>;

/** Everything libvips can load is reachable through a crafted file, so only what is wanted stays loadable. */
const LOADERS = {
  png: 'VipsForeignLoadPngFile',
  jpeg: 'VipsForeignLoadJpegFile',
  tiff: 'VipsForeignLoadTiffFile',
  webp: 'VipsForeignLoadWebpFile',
} as const satisfies Record<ImageKind, string>;
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: Object.values(LOADERS) });
/** The engine's own threads are the parallelism; libvips' would only compete with them. */
sharp.concurrency(1);
/** libvips caches by file name, and a name may come to stand for another upload. */
sharp.cache(false);

/**
 * An image up to this many times the pixel cap is decoded and scaled down to it; a larger one is refused from its
 * header. Decoding is what costs memory and time: interlaced files are held whole, at 3 bytes a pixel and more.
 */
const OVERSIZE_FACTOR = 4;

/**
 * Scans of a JPEG that are decoded at most. Encoders write about 10 (libjpeg's own script) and every one costs a
 * pass over the whole image: a thousand of them in 38 kB take a minute.
 */
const MAX_JPEG_SCANS = 100;

/** libvips answers 72 where a file says nothing, and scanners never work that coarse. */
const UNSTATED_DENSITY = 72;

const WHITE = '#ffffff';

export async function openImage(path: string, kind: ImageKind, maxPagePixels: number): Promise<OpenDocument> {
  if (kind === 'jpeg') await refuseManyScans(path);
  const header = await readHeader(path, 0);
  if (header.format !== kind) {
    throw new OcrError('file.unreadable', `The file begins like a ${kind.toUpperCase()} but cannot be read as one.`);
  }
  return {
    kind,
    // A WebP's further pages are frames of an animation; the first one stands for it.
    pageCount: kind === 'tiff' ? (header.pages ?? 1) : 1,
    async openPage(pageIndex) {
      return openPage(
        path,
        kind,
        pageIndex,
        pageIndex === 0 ? header : await readHeader(path, pageIndex),
        maxPagePixels,
      );
    },
    close() {},
  };
}

export async function readHeader(path: string, page: number): Promise<Metadata> {
  try {
    return await sharp(path, { page, limitInputPixels: false }).metadata();
  } catch (cause) {
    throw page === 0
      ? new OcrError('file.unreadable', 'The image is damaged: its header cannot be read.', { cause })
      : new OcrError('page.unreadable', 'The page is damaged: its header cannot be read.', { cause });
  }
}

function openPage(
  path: string,
  kind: ImageKind,
  pageIndex: number,
  header: Metadata,
  maxPagePixels: number,
): PageSource {
  const own = header.autoOrient;
  const pixelCount = own.width * own.height;
  if (pixelCount > maxPagePixels * OVERSIZE_FACTOR) {
    throw new OcrError(
      'page.too-large',
      `The image has ${own.width} × ${own.height} pixels: at most ${maxPagePixels * OVERSIZE_FACTOR} pixels were expected.`,
    );
  }
  const scale = Math.min(1, Math.sqrt(maxPagePixels / pixelCount));
  const sizePx = {
    width: Math.max(1, Math.round(own.width * scale)),
    height: Math.max(1, Math.round(own.height * scale)),
  };
  const options = decodeOptions(pageIndex, maxPagePixels);
  let decoding: Promise<RgbImage> | undefined;
  const decode = () => {
    decoding ??= decodeRgb(path, options, scale < 1 ? sizePx : undefined);
    return decoding;
  };

  return {
    kind,
    pageIndex,
    sizePt: undefined,
    rotation: 0,
    turned: undefined,
    sizePx,
    nativeDpi: () => (header.density !== undefined && header.density > UNSTATED_DENSITY ? header.density : undefined),
    textLayer: () => undefined,
    imageRects: () => undefined,
    strokes: () => undefined,
    shapes: () => undefined,
    async thumbnail(maxSidePx) {
      return shrinkToGray(await decode(), maxSidePx);
    },
    pixels: decode,
    close() {
      decoding = undefined;
    },
  };
}

/** Upright, as the file's own orientation has it. */
export function decodeOptions(pageIndex: number, maxPagePixels: number): SharpOptions {
  return {
    page: pageIndex,
    autoOrient: true,
    sequentialRead: true,
    limitInputPixels: maxPagePixels * OVERSIZE_FACTOR,
    // A cut-off file is refused, since its text would be silently incomplete; smaller damage is decoded past.
    failOn: 'truncated',
  };
}

/** Upright, on white, 8 bits of sRGB whatever the file has: alpha, palettes, gray, 16 bits, CMYK with its profile. */
async function decodeRgb(
  path: string,
  options: SharpOptions,
  size: { readonly width: number; readonly height: number } | undefined,
): Promise<RgbImage> {
  try {
    let image = sharp(path, options).flatten({ background: WHITE }).toColourspace('srgb');
    if (size !== undefined) image = image.resize({ ...size, fit: 'fill' });
    const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`expected 3 channels, got ${info.channels}`);
    return { data, width: info.width, height: info.height };
  } catch (cause) {
    throw new OcrError('page.unreadable', 'The image is damaged or ends before its last row.', { cause });
  }
}

async function shrinkToGray(image: RgbImage, maxSidePx: number): Promise<GrayImage> {
  const { data, info } = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize({ width: maxSidePx, height: maxSidePx, fit: 'inside', withoutEnlargement: true })
    .toColourspace('b-w')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

async function refuseManyScans(path: string): Promise<void> {
  const scans = countJpegScans(await readFile(path));
  if (scans > MAX_JPEG_SCANS) {
    throw new OcrError('file.unreadable', `The JPEG has ${scans} scans: at most ${MAX_JPEG_SCANS} were expected.`);
  }
}

const MARKER = 0xff;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/** Start-of-scan markers of the image itself; those inside an application segment, such as a thumbnail's, do not count. */
export function countJpegScans(file: Uint8Array): number {
  let scans = 0;
  let position = 2;
  while (position + 3 < file.length) {
    position = file.indexOf(MARKER, position);
    if (position < 0 || position + 3 >= file.length) break;
    const code = file[position + 1] as number;
    if (code === END_OF_IMAGE) break;
    // Stuffed zeros and restarts inside a scan, fill bytes, and the markers that have no length (JPEG, B.1.1.3).
    if (code === 0x00 || code === 0x01 || code === MARKER || (code >= 0xd0 && code <= 0xd8)) {
      position += code === MARKER ? 1 : 2;
      continue;
    }
    if (code === START_OF_SCAN) scans += 1;
    position += 2 + (((file[position + 2] as number) << 8) | (file[position + 3] as number));
  }
  return scans;
}
