/**
 * Images on a page whose text layer stands for it, as far as they hold text of their own: screenshots, scanned tables
 * and figures. Found by pixels before any model is asked; read by the detector and recognizer, each region by itself.
 */
import type { TextLine } from '../../schema/document.js';
import type { GrayImage, Native, PageFeatures, RgbImage } from '../native.js';
import { boundsOf, shareInside } from './line-box.js';
import type { Area, PageImage, PageSource, TextLayerLine } from './open.js';

export interface ImageRegion extends Area {
  /** Resolution of the finest of its images. */
  readonly dpi: number;
  /** Median height of its letters. */
  readonly letterHeightPt: number;
}

/** Smaller images are logos, icons and marks: what they say is seldom missed. */
const MIN_SHARE = 0.02;
const MIN_SIDE_PT = 36;
/** A page has few figures; of more, the largest are looked at. */
const MAX_REGIONS = 20;
/** Of strips and tiles that pictures are sometimes cut into; more are not put together. */
const MAX_PIECES = 500;
/** Letters of 8 points are then 8 pixels high without ascenders, as on a thumbnail of a page. */
const PIXELS_PER_POINT = 2;
const MAX_SIDE_PX = 1000;

/**
 * What the pixels of an image with text measure. Of 56 images on pages of three collections, dialogs and charts have 8 to
 * 112 lines and up to 0.15 of picture, logos up to 5 lines, photographs in which lines are seen 0.28 and more of picture.
 * Left out with these are a chart of 0.27 and a web page full of photographs.
 */
const MIN_LINES = 6;
const MAX_PICTURE = 0.25;
/** No recognizer reads smaller letters (without ascenders). */
const MIN_LETTER_PT = 2;

export async function findImageRegions(
  source: PageSource,
  lines: readonly TextLayerLine[],
  native: Native,
): Promise<readonly ImageRegion[]> {
  const regions: ImageRegion[] = [];
  for (const image of imagesOf(source)) {
    const { features, scale } = await measure(source, image, lines, native);
    const letterHeightPt = features.lineHeight / scale;
    const holdsText =
      features.lineCount >= MIN_LINES && features.pictureFraction <= MAX_PICTURE && letterHeightPt >= MIN_LETTER_PT;
    if (holdsText) regions.push({ from: image.from, to: image.to, dpi: image.dpi, letterHeightPt });
  }
  return regions;
}

/** Lines that the grain of a background may be taken for. */
const MAX_STRAY_LINES = 3;

/** Whether images show next to nothing but what the text layer says: backgrounds and frames. */
export async function areBackgrounds(
  source: PageSource,
  lines: readonly TextLayerLine[],
  native: Native,
): Promise<boolean> {
  for (const image of imagesOf(source)) {
    const { features } = await measure(source, image, lines, native);
    if (features.lineCount > MAX_STRAY_LINES) return false;
  }
  return true;
}

/** Images worth a look, the largest first; pieces that touch are one. */
function imagesOf(source: PageSource): readonly PageImage[] {
  const { sizePt } = source;
  const images = source.imageRects() ?? [];
  if (sizePt === undefined || images.length > MAX_PIECES) return [];
  const page = sizePt.width * sizePt.height;
  return joinPieces(images)
    .map((image) => ({ ...image, coverage: ((image.to.x - image.from.x) * (image.to.y - image.from.y)) / page }))
    .filter(({ from, to, coverage }) => Math.min(to.x - from.x, to.y - from.y) >= MIN_SIDE_PT && coverage >= MIN_SHARE)
    .sort((a, b) => b.coverage - a.coverage)
    .slice(0, MAX_REGIONS);
}

function joinPieces(images: readonly PageImage[]): PageImage[] {
  const joined: PageImage[] = [];
  for (const image of images) {
    let whole = image;
    for (let i = 0; i < joined.length; ) {
      const other = joined[i] as PageImage;
      if (touch(whole, other)) {
        whole = union(whole, other);
        joined.splice(i, 1);
        // It may reach now what it did not before.
        i = 0;
      } else {
        i++;
      }
    }
    joined.push(whole);
  }
  return joined;
}

/** Tiles are placed to a fraction of a point. */
const SEAM_PT = 1;

function touch(a: Area, b: Area): boolean {
  return (
    a.from.x < b.to.x + SEAM_PT &&
    b.from.x < a.to.x + SEAM_PT &&
    a.from.y < b.to.y + SEAM_PT &&
    b.from.y < a.to.y + SEAM_PT
  );
}

function union(a: PageImage, b: PageImage): PageImage {
  return {
    from: { x: Math.min(a.from.x, b.from.x), y: Math.min(a.from.y, b.from.y) },
    to: { x: Math.max(a.to.x, b.to.x), y: Math.max(a.to.y, b.to.y) },
    dpi: Math.max(a.dpi, b.dpi),
    coverage: a.coverage + b.coverage,
  };
}

/** Features of the image with the lines of the text layer taken out. `scale`: pixels a point. */
async function measure(
  source: PageSource,
  area: Area,
  lines: readonly TextLayerLine[],
  native: Native,
): Promise<{ readonly features: PageFeatures; readonly scale: number }> {
  const side = Math.max(area.to.x - area.from.x, area.to.y - area.from.y);
  const picture = await source.thumbnail(Math.min(MAX_SIDE_PX, side * PIXELS_PER_POINT), area);
  const scale = picture.width / (area.to.x - area.from.x);
  return { features: native.pageFeatures(without(lines, picture, area, scale)), scale };
}

function without(lines: readonly TextLayerLine[], picture: GrayImage, { from }: Area, scale: number): GrayImage {
  const { width, height } = picture;
  const data = Uint8Array.from(picture.data);
  for (const { quad } of lines) {
    const box = boundsOf(quad);
    const left = Math.max(0, Math.floor((box.left - from.x) * scale));
    const right = Math.min(width, Math.ceil((box.right - from.x) * scale));
    const top = Math.max(0, Math.floor((box.top - from.y) * scale));
    const bottom = Math.min(height, Math.ceil((box.bottom - from.y) * scale));
    if (left >= right || top >= bottom) continue;
    // The level left of the line is that of its ground, or near enough.
    const ground = data[((top + bottom) >> 1) * width + Math.max(0, left - 1)] as number;
    for (let y = top; y < bottom; y++) data.fill(ground, y * width + left, y * width + right);
  }
  return { data, width, height };
}

/** Resolution that a region is read at: its own, within what recognizers make use of. */
const REGION_DPI = { min: 200, max: 300 } as const;
const POINTS_PER_INCH = 72;

/**
 * Lines of the regions, in pixels of a page of `scale` pixels a point; those that the page has as text already are
 * left out. `read` is given a region's picture and the height of its letters in pixels.
 */
export async function readImageRegions(
  source: PageSource,
  regions: readonly ImageRegion[],
  known: readonly TextLine[],
  scale: number,
  read: (image: RgbImage, letterHeightPx: number) => Promise<readonly TextLine[]>,
): Promise<readonly TextLine[]> {
  const found: TextLine[] = [];
  for (const region of regions) {
    const dpi = Math.min(REGION_DPI.max, Math.max(REGION_DPI.min, region.dpi));
    const image = await source.pixels(dpi, region);
    const shrink = scale / (image.width / (region.to.x - region.from.x));
    const onPage = ({ x, y }: { readonly x: number; readonly y: number }) => ({
      x: x * shrink + region.from.x * scale,
      y: y * shrink + region.from.y * scale,
    });
    const lines = (await read(image, (region.letterHeightPt * dpi) / POINTS_PER_INCH)).map((line) => ({
      ...line,
      quad: line.quad.map(onPage),
      ...(line.words === undefined
        ? {}
        : { words: line.words.map((word) => ({ ...word, quad: word.quad.map(onPage) })) }),
    }));
    found.push(...lines.filter((line) => !known.some((other) => isSame(line, other))));
  }
  return found;
}

/** Whether one of two lines lies in the other for the most part. */
function isSame(line: TextLine, other: TextLine): boolean {
  const a = boundsOf(line.quad);
  const b = boundsOf(other.quad);
  return Math.max(shareInside(a, b), shareInside(b, a)) > 0.5;
}
