/** Stage analyze: the evidence a page is routed by, from its text layer and a small gray thumbnail. */
import type { TextLine } from '../../schema/document.js';
import type { PageOptions } from '../engine.js';
import type { GrayImage, Native, PageFeatures, RgbImage } from '../native.js';
import { areBackgrounds, findImageRegions, type ImageRegion } from './image-regions.js';
import type { PageSource, TextLayer } from './open.js';
import { turnImage } from './orient.js';
import { compareWithPrint, type PrintReader } from './text-layer-sample.js';
import { IMAGE_COVERAGE, judgeTextLayer, mayBeLayerOfScan, type TextLayerTrust } from './text-layer-trust.js';

export interface Evidence {
  readonly textLayer: TextLayer | undefined;
  /** Whether the text layer may stand for the page, and the one reason that decided. */
  readonly textLayerTrust: TextLayerTrust;
  /** Fraction of a PDF page that images cover; 1 for an image. */
  readonly imageCoverage: number;
  /** A scan under a text layer that is trusted although it is not seen. */
  readonly scan: Scan | undefined;
  /** Images with text of their own on a page whose text layer is trusted. */
  readonly imageRegions: readonly ImageRegion[];
  /** Degrees clockwise that the page must be turned by to stand upright; 0 where it is not measured. */
  readonly rotation: number;
  /** Of the upright page. Undefined where the text layer is trusted: such a page is not measured. */
  readonly features: PageFeatures | undefined;
  /** Scale of the thumbnail the features were measured on: thumbnail pixels a point (PDF) or a pixel (image). */
  readonly thumbnailScale: number | undefined;
}

export interface Scan {
  /** Of the upright page. */
  readonly image: RgbImage;
  /** In pixels of it, with the words of the text layer. */
  readonly lines: readonly TextLine[];
}

/**
 * Longest side of the thumbnail. Letters of a full page of text are 8 to 12 pixels high at 1000, the least at which
 * lines, edges and skew can be measured; twice that would cost as much as the tiny detector.
 */
export const THUMBNAIL_SIDE_PX = 1000;

/** Of the picture of a scan with a text layer; letters of 10 points are then 15 pixels high. */
const SCAN_DPI = 200;

/** What models tell of a page before it is read. */
export interface PageReader extends PrintReader {
  /** Degrees clockwise that the page must be turned by to stand upright: 0, 90, 180 or 270. */
  rotationOf(thumbnail: GrayImage): Promise<number>;
}

/** `reader` reads only where a text layer that is not seen may be that of a scan. */
export async function analyzePage(
  source: PageSource,
  native: Native,
  options: PageOptions,
  reader: PageReader,
): Promise<Evidence> {
  const textLayer = options.text_layer === 'ignore' ? undefined : source.textLayer();
  const imageCoverage = coverageOf(source);
  const judged = judgeTextLayer(textLayer, imageCoverage, source.sizePt, options.text_layer);
  const textLayerTrust = await overBackground(judged, textLayer, source, native);
  const evidence = { textLayer, textLayerTrust, imageCoverage, scan: undefined, imageRegions: [] };
  if (textLayerTrust.trusted) {
    const unseen = { rotation: 0, features: undefined, thumbnailScale: undefined };
    if (options.text_layer === 'only' || textLayer === undefined) {
      // An invisible layer is wanted as well, and nothing but the layer.
      return { ...evidence, ...unseen };
    }
    const visible = visibleOf(textLayer);
    const imageRegions = await findImageRegions(source, visible.lines, native);
    return { ...evidence, textLayer: visible, imageRegions, ...unseen };
  }
  const thumbnail = await source.thumbnail(THUMBNAIL_SIDE_PX);
  const size = source.sizePt ?? source.sizePx;
  const { features, rotation } = await measure(thumbnail, native, reader);
  const thumbnailScale = size === undefined ? undefined : thumbnail.width / size.width;
  const seen = { ...evidence, rotation, features, thumbnailScale };
  const mayBeScan = textLayer !== undefined && mayBeLayerOfScan(textLayerTrust) && !features.blank;
  if (!mayBeScan || thumbnailScale === undefined) return seen;
  const image = await source.pixels(options.dpi ?? SCAN_DPI);
  const pixelsPerPoint = (thumbnailScale * image.width) / thumbnail.width;
  const letterHeightPx = (features.lineHeight * image.width) / thumbnail.width;
  const sample = await compareWithPrint(textLayer, image, pixelsPerPoint, letterHeightPx, reader);
  const checks = [...textLayerTrust.checks, ...sample.checks];
  if (sample.flaw !== undefined) {
    const reason = `${textLayerTrust.reason}, and ${sample.flaw}`;
    return { ...seen, textLayerTrust: { trusted: false, reason, checks } };
  }
  const reason = 'it is that of earlier OCR, and says what lines read from the page say';
  return { ...seen, textLayerTrust: { trusted: true, reason, checks }, scan: { image, lines: sample.lines } };
}

/** Lines, columns and letters are measured as they are read: on the upright page. */
async function measure(
  thumbnail: GrayImage,
  native: Native,
  reader: PageReader,
): Promise<{ readonly features: PageFeatures; readonly rotation: number }> {
  const features = native.pageFeatures(thumbnail);
  const rotation = features.blank ? 0 : await reader.rotationOf(thumbnail);
  return { features: rotation === 0 ? features : native.pageFeatures(await turnImage(thumbnail, rotation)), rotation };
}

/** A page of some paragraphs: that much visible text over an image is the page's own, not a stamp on a scan. */
const MIN_CHARACTERS_OVER_IMAGE = 500;

/** A text layer that fails for the image behind it alone is trusted after all where that image shows nothing else. */
async function overBackground(
  trust: TextLayerTrust,
  layer: TextLayer | undefined,
  source: PageSource,
  native: Native,
): Promise<TextLayerTrust> {
  const failed = trust.checks.filter(({ passed }) => !passed);
  const coveredOnly = failed.length > 0 && failed.every(({ name }) => name === IMAGE_COVERAGE);
  if (!coveredOnly || layer === undefined || layer.characters < MIN_CHARACTERS_OVER_IMAGE) return trust;
  if (!(await areBackgrounds(source, layer.lines, native))) return trust;
  return { ...trust, trusted: true, reason: 'the text layer is complete, and the image behind it shows nothing else' };
}

function visibleOf(layer: TextLayer): TextLayer {
  return { ...layer, lines: layer.lines.filter((line) => line.visible) };
}

/** Cells a side of the raster on which the union of image rectangles is counted: 1% of the page resolved either way. */
const COVERAGE_GRID = 100;

function coverageOf(source: PageSource): number {
  const rects = source.imageRects();
  const size = source.sizePt;
  if (rects === undefined || size === undefined) return 1;
  const covered = new Uint8Array(COVERAGE_GRID * COVERAGE_GRID);
  const cell = (value: number, extent: number) =>
    Math.min(COVERAGE_GRID, Math.max(0, Math.round((value / extent) * COVERAGE_GRID)));
  for (const { from, to } of rects) {
    const left = cell(from.x, size.width);
    const right = cell(to.x, size.width);
    const bottom = cell(to.y, size.height);
    for (let y = cell(from.y, size.height); y < bottom; y++) {
      covered.fill(1, y * COVERAGE_GRID + left, y * COVERAGE_GRID + Math.max(left, right));
    }
  }
  return covered.reduce((sum, value) => sum + value, 0) / covered.length;
}
