/**
 * One image as a page of a PDF. A JPEG's bytes are taken over as they are; any other image keeps its pixels, without
 * loss, at 8 bits a channel or, where it is black and white, at one.
 */
import { readFile } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import sharp, { type Metadata } from 'sharp';
import { OcrError } from '../../errors.js';
import { decodeOptions, type ImageKind, readHeader } from '../stages/image-source.js';
import { concat, type Matrix } from './invisible-text.js';
import type { PdfReference, PdfValue } from './objects.js';
import type { PdfFile } from './pdf-file.js';

const POINTS_PER_INCH = 72;
/** Height of A4, which the longer side gets where an image does not say how large it is. libvips answers 72 then. */
const DEFAULT_SIDE_POINTS = 842;
const UNSTATED_DENSITY = 72;
/** Of a page's side (PDF 32000-1, Annex C). */
const SIDE_POINTS = { min: 3, max: 14_400 } as const;

/** From the image's own top-left fractions to those of the image as EXIF has it turned (TIFF 6.0, tag Orientation). */
const ORIENTATIONS: readonly Matrix[] = [
  [1, 0, 0, 1, 0, 0],
  [-1, 0, 0, 1, 1, 0],
  [-1, 0, 0, -1, 1, 1],
  [1, 0, 0, -1, 0, 1],
  [0, 1, 1, 0, 0, 0],
  [0, 1, -1, 0, 1, 0],
  [0, -1, -1, 0, 1, 1],
  [0, -1, 1, 0, 0, 1],
];
/** A PDF draws an image upside down: its unit square has its origin at the bottom. */
const FLIPPED: Matrix = [1, 0, 0, -1, 0, 1];

export interface ImagePage {
  readonly image: PdfReference;
  /** Puts the image's unit square onto the page. */
  readonly placement: Matrix;
  readonly widthPt: number;
  readonly heightPt: number;
}

/** @throws OcrError page.unreadable */
export async function addImagePage(
  pdf: PdfFile,
  path: string,
  kind: ImageKind,
  pageIndex: number,
  maxPagePixels: number,
): Promise<ImagePage> {
  const header = await readHeader(path, pageIndex);
  const { widthPt, heightPt } = sizeOf(header);
  const onPage: Matrix = [widthPt, 0, 0, -heightPt, 0, heightPt];
  const isPlainJpeg = kind === 'jpeg' && (header.space === 'srgb' || header.space === 'b-w');
  if (isPlainJpeg) {
    const turned = ORIENTATIONS[(header.orientation ?? 1) - 1] ?? FLIPPED;
    const image = pdf.addRawStream(
      imageDictionary(
        pdf,
        header.width,
        header.height,
        { channels: header.channels, bits: 8 },
        header.icc,
        '/DCTDecode',
      ),
      await readFile(path),
    );
    return { image, placement: concat(concat(FLIPPED, turned), onPage), widthPt, heightPt };
  }
  const { data, width, height, channels } = await decode(path, pageIndex, maxPagePixels);
  const bilevel = channels === 1 ? packBilevel(data, width, height) : undefined;
  const depth = { channels, bits: bilevel === undefined ? 8 : 1 };
  const image = pdf.addStream(imageDictionary(pdf, width, height, depth), bilevel ?? data);
  return { image, placement: concat(FLIPPED, onPage), widthPt, heightPt };
}

function sizeOf({ autoOrient: { width, height }, density }: Metadata): { widthPt: number; heightPt: number } {
  const isStated = density !== undefined && density > UNSTATED_DENSITY;
  const longest = Math.max(width, height);
  const wanted = isStated ? (longest * POINTS_PER_INCH) / density : DEFAULT_SIDE_POINTS;
  const scale = Math.min(Math.max(wanted, SIDE_POINTS.min), SIDE_POINTS.max) / longest;
  const round = (side: number) => Math.max(Math.round(side * scale * 100) / 100, SIDE_POINTS.min);
  return { widthPt: round(width), heightPt: round(height) };
}

function imageDictionary(
  pdf: PdfFile,
  width: number,
  height: number,
  { channels, bits }: { readonly channels: number; readonly bits: number },
  profile?: Uint8Array,
  filter?: string,
): Record<string, PdfValue> {
  return {
    Type: '/XObject',
    Subtype: '/Image',
    Width: width,
    Height: height,
    BitsPerComponent: bits,
    ColorSpace: colourSpace(pdf, channels, profile),
    ...(filter === undefined ? {} : { Filter: filter }),
  };
}

/** The image's own profile where it is one that PDF/A-2 takes; else the device's, which the output intent says is sRGB. */
function colourSpace(pdf: PdfFile, channels: number, profile: Uint8Array | undefined): PdfValue {
  if (profile !== undefined && isUsable(profile, channels)) {
    return ['/ICCBased', pdf.addStream({ N: channels }, profile)];
  }
  return channels === 1 ? '/DeviceGray' : '/DeviceRGB';
}

/** ICC.1:2010, 7.2: version up to 4, a class for input, display, output or colour space, and its channels' space. */
function isUsable(profile: Uint8Array, channels: number): boolean {
  const ascii = (offset: number) => Buffer.from(profile.subarray(offset, offset + 4)).toString('latin1');
  return (
    profile.length > 128 &&
    (profile[8] as number) <= 4 &&
    ['scnr', 'mntr', 'prtr', 'spac'].includes(ascii(12)) &&
    ascii(16) === (channels === 1 ? 'GRAY' : 'RGB ') &&
    ascii(36) === 'acsp'
  );
}

async function decode(path: string, pageIndex: number, maxPagePixels: number) {
  try {
    const image = sharp(path, decodeOptions(pageIndex, maxPagePixels)).flatten({ background: '#ffffff' });
    const { channels } = await sharp(path, decodeOptions(pageIndex, maxPagePixels)).metadata();
    const flat = channels <= 2 ? image.toColourspace('b-w') : image.toColourspace('srgb');
    const { data, info } = await flat.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: info.channels };
  } catch (cause) {
    throw new OcrError('page.unreadable', 'The image is damaged or ends before its last row.', { cause });
  }
}

/** Undefined where there is any gray. Rows begin at whole bytes; 1 is white. */
function packBilevel(pixels: Uint8Array, width: number, height: number): Uint8Array | undefined {
  if (pixels.some((value) => value !== 0 && value !== 255)) return undefined;
  const stride = Math.ceil(width / 8);
  const packed = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (pixels[y * width + x] === 255)
        packed[y * stride + (x >> 3)] = (packed[y * stride + (x >> 3)] as number) | (0x80 >> (x & 7));
    }
  }
  return packed;
}

/** The profile of sRGB that libvips has built in (of its 480 bytes, CC0), taken out of a PNG it writes. */
export async function srgbProfile(): Promise<Uint8Array> {
  const pixel = { width: 1, height: 1, channels: 3, background: '#ffffff' } as const;
  const png = await sharp({ create: pixel }).withIccProfile('srgb').png().toBuffer();
  const chunk = png.indexOf('iCCP', 0, 'latin1');
  const length = png.readUInt32BE(chunk - 4);
  const data = png.subarray(chunk + 4, chunk + 4 + length);
  // Its name, which a zero ends, and the number of the compression (PNG, 11.3.2.3).
  return inflateSync(data.subarray(data.indexOf(0) + 2));
}
