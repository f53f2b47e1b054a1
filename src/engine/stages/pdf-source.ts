/** PDF documents and pages as sources, by MuPDF. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Device, DisplayList, Document, Matrix, Page, Text } from 'mupdf';
import { OcrError } from '../../errors.js';
import type { GrayImage, RgbImage } from '../native.js';
import { mupdf } from './mupdf.js';
import { guarded } from './mupdf-faults.js';
import { type Area, fileMissing, type OpenDocument, type PageImage, type PageSource } from './open.js';
import { originKey, readTextLayer } from './text-layer.js';

const POINTS_PER_INCH = 72;

/** Fraction of the page from which its images are taken to be a scan of it; margins are often cropped away. */
const SCAN_COVERAGE = 0.8;
/** A picture that covers this much sets the resolution of the page alone: the layers of a compound (MRC) scan do. */
const LAYER_COVERAGE = 0.5;

/** Letters of 6 points are then 4 pixels high: enough to see that something is printed. */
const HIDDEN_TEXT_DPI = 100;

export function openPdf(path: string, password: string | undefined, maxPagePixels: number): OpenDocument {
  const document = openPdfFile(path, password);
  try {
    const pageCount = guarded('file.unreadable', 'The pages of the PDF cannot be found.', () => document.countPages());
    if (pageCount < 1) throw new OcrError('file.no-pages', 'The PDF has no pages: at least one was expected.');
    return {
      kind: 'pdf',
      pageCount,
      openPage: (pageIndex) => Promise.resolve(openPage(document, pageIndex, maxPagePixels)),
      close() {
        document.destroy();
        // The store keeps decoded images and glyphs of the document; nothing else would let go of them.
        mupdf.emptyStore();
      },
    };
  } catch (error) {
    document.destroy();
    throw error;
  }
}

/** REQUIRES: the document is destroyed. @throws OcrError file.missing, file.unreadable, file.encrypted */
export function openPdfFile(path: string, password: string | undefined): Document {
  const document = openFile(path);
  try {
    unlock(document, password);
    return document;
  } catch (error) {
    document.destroy();
    throw error;
  }
}

/** The file is read where MuPDF asks for it, so that its size does not count against the 2 GiB of the heap. */
function openFile(path: string): Document {
  const file = openToRead(path);
  const stream = new mupdf.Stream({
    fileSize: () => fstatSync(file).size,
    read: (memory, offset, length, position) => readSync(file, memory, offset, length, position),
    close: () => closeSync(file),
  });
  try {
    return guarded('file.unreadable', 'The PDF is damaged beyond repair.', () =>
      mupdf.Document.openDocument(stream, 'application/pdf'),
    );
  } finally {
    // The document holds its own reference; without one this closes the file.
    stream.destroy();
  }
}

/** The file was there when its kind was told, and may have been erased since: its job was cancelled. */
function openToRead(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw fileMissing(cause);
  }
}

function unlock(document: Document, password: string | undefined): void {
  const locked = guarded('file.unreadable', 'The encryption of the PDF is not understood.', () => {
    if (!document.needsPassword()) return false;
    return password === undefined || document.authenticatePassword(password) === 0;
  });
  if (!locked) return;
  throw new OcrError(
    'file.encrypted',
    password === undefined
      ? 'The PDF is encrypted: a password was expected and none came.'
      : 'The PDF is encrypted: the password that came does not open it.',
  );
}

/** What one pass over the page's drawing commands tells. */
interface Drawings {
  readonly images: readonly PageImage[];
  readonly invisibleGlyphs: ReadonlySet<string>;
}

/** What is drawn on a page, in points. */
interface DrawnPage {
  readonly list: DisplayList;
  readonly width: number;
  readonly height: number;
}

function openPage(document: Document, pageIndex: number, maxPagePixels: number): PageSource {
  const drawn = guarded('page.unreadable', 'The page is damaged beyond repair.', () => interpret(document, pageIndex));
  return sourceOf(drawn, 0, pageIndex, maxPagePixels);
}

function sourceOf(drawn: DrawnPage, rotation: number, pageIndex: number, maxPagePixels: number): PageSource {
  const { list, width, height } = drawn;
  const turnedPages: PageSource[] = [];
  const whole: Area = { from: { x: 0, y: 0 }, to: { x: width, y: height } };
  let drawings: Drawings | undefined;
  const readDrawings = () => {
    drawings ??= guarded('page.unreadable', 'The images of the page cannot be listed.', () =>
      inspectDrawings(list, width, height),
    );
    return drawings;
  };
  let content: ReturnType<typeof readTextLayer> | undefined;
  const readContent = () => {
    content ??= guarded('page.unreadable', 'The text layer of the page is damaged.', () =>
      readTextLayer(list, { width, height }, readDrawings().invisibleGlyphs, () => {
        const image = draw(list, whole, HIDDEN_TEXT_DPI / POINTS_PER_INCH, maxPagePixels, 1);
        return { image, scale: image.width / width };
      }),
    );
    return content;
  };

  return {
    kind: 'pdf',
    pageIndex,
    sizePt: { width, height },
    sizePx: undefined,
    rotation,
    turned(degreesClockwise) {
      const turned = guarded('page.unreadable', 'The page cannot be turned.', () => turn(drawn, degreesClockwise));
      const source = sourceOf(turned, (rotation + degreesClockwise) % 360, pageIndex, maxPagePixels);
      turnedPages.push(source);
      return source;
    },
    // Not a getter: V8 keeps a literal's accessors, and all that they can reach, until old garbage is collected.
    nativeDpi: () => scanResolution(readDrawings().images),
    textLayer: () => readContent().layer,
    strokes: () => readContent().strokes,
    shapes: () => readContent().shapes,
    imageRects: () => readDrawings().images,
    async thumbnail(maxSidePx, within = whole) {
      const { from, to } = within;
      return draw(list, within, maxSidePx / Math.max(to.x - from.x, to.y - from.y), maxPagePixels, 1);
    },
    async pixels(dpi, within = whole) {
      if (dpi === undefined) throw new TypeError('A PDF page is rendered at a resolution: expected dpi');
      return draw(list, within, dpi / POINTS_PER_INCH, maxPagePixels, 3);
    },
    close() {
      for (const page of turnedPages) page.close();
      list.destroy();
    },
  };
}

/** By quarters. */
function turn({ list, width, height }: DrawnPage, degreesClockwise: number): DrawnPage {
  const isUpright = degreesClockwise % 180 === 0;
  const size = isUpright ? { width, height } : { width: height, height: width };
  const matrix: Matrix =
    degreesClockwise === 90
      ? [0, 1, -1, 0, height, 0]
      : degreesClockwise === 180
        ? [-1, 0, 0, -1, width, height]
        : [0, -1, 1, 0, 0, width];
  const turned = new mupdf.DisplayList([0, 0, size.width, size.height]);
  const device = new mupdf.DisplayListDevice(turned);
  try {
    list.run(device, matrix);
    device.close();
  } catch (error) {
    turned.destroy();
    throw error;
  } finally {
    device.destroy();
  }
  return { list: turned, ...size };
}

/**
 * Interprets the page once: text, images and pixels are all taken from the list of its drawing commands. Crop box,
 * rotation and user unit are in MuPDF's page transform; form fields and annotations are drawn as a reader sees them.
 */
function interpret(document: Document, pageIndex: number): DrawnPage {
  const page: Page = document.loadPage(pageIndex);
  try {
    const [x0, y0, x1, y1] = page.getBounds();
    return { list: page.toDisplayList(true), width: x1 - x0, height: y1 - y0 };
  } finally {
    page.destroy();
  }
}

function inspectDrawings(list: DisplayList, width: number, height: number): Drawings {
  const images: PageImage[] = [];
  const invisibleGlyphs = new Set<string>();
  const addImage = (image: { getWidth(): number; getHeight(): number; destroy(): void }, ctm: Matrix) => {
    const placed = placeImage(image.getWidth(), image.getHeight(), ctm, width, height);
    image.destroy();
    if (placed !== undefined) images.push(placed);
  };
  const device: Device = new mupdf.Device({
    fillImage: (image, ctm) => addImage(image, ctm),
    // Scans of one bit a pixel are often painted as stencils.
    fillImageMask(image, ctm, colorspace) {
      colorspace.destroy();
      addImage(image, ctm);
    },
    ignoreText(text, ctm) {
      addOrigins(text, ctm, invisibleGlyphs);
      text.destroy();
    },
  });
  try {
    list.run(device, mupdf.Matrix.identity);
    device.close();
  } finally {
    device.destroy();
  }
  return { images, invisibleGlyphs };
}

function addOrigins(text: Text, [a, b, c, d, e, f]: Matrix, origins: Set<string>): void {
  text.walk({
    showGlyph(_font, trm) {
      const x = trm[4];
      const y = trm[5];
      origins.add(originKey(a * x + c * y + e, b * x + d * y + f));
    },
  });
}

/** An image is the unit square under `ctm`; what lies outside the page is not seen. */
function placeImage(
  widthPx: number,
  heightPx: number,
  [a, b, c, d, e, f]: Matrix,
  pageWidth: number,
  pageHeight: number,
): PageImage | undefined {
  const within = (value: number, limit: number) => Math.min(Math.max(value, 0), limit);
  const from = {
    x: within(e + Math.min(0, a, c, a + c), pageWidth),
    y: within(f + Math.min(0, b, d, b + d), pageHeight),
  };
  const to = {
    x: within(e + Math.max(0, a, c, a + c), pageWidth),
    y: within(f + Math.max(0, b, d, b + d), pageHeight),
  };
  const area = (to.x - from.x) * (to.y - from.y);
  if (!(area > 0)) return undefined;
  // Faxes have fewer dots down than across: the finer of the two is what must not be lost.
  const dotsPerPoint = Math.max(widthPx / Math.hypot(a, b), heightPx / Math.hypot(c, d));
  return { from, to, dpi: dotsPerPoint * POINTS_PER_INCH, coverage: area / (pageWidth * pageHeight) };
}

/** Resolution of the scan that covers the page, in one piece, in layers or in strips; undefined where none does. */
function scanResolution(images: readonly PageImage[]): number | undefined {
  const coverage = images.reduce((sum, image) => sum + image.coverage, 0);
  if (coverage < SCAN_COVERAGE) return undefined;
  const layers = images.filter((image) => image.coverage >= LAYER_COVERAGE);
  if (layers.length > 0) return Math.max(...layers.map(({ dpi }) => dpi));
  return images.reduce((largest, image) => (image.coverage > largest.coverage ? image : largest)).dpi;
}

/** Draws on white, at `scale` pixels a point or, where that exceeds the cap, as large as the cap allows. */
function draw(
  list: DisplayList,
  { from, to }: Area,
  scale: number,
  maxPixels: number,
  channels: 1 | 3,
): GrayImage | RgbImage {
  const width = to.x - from.x;
  const height = to.y - from.y;
  const capped = Math.min(scale, Math.sqrt(maxPixels / (width * height)));
  const widthPx = Math.min(Math.max(Math.round(width * capped), 1), maxPixels);
  const heightPx = Math.min(Math.max(Math.round(height * capped), 1), Math.ceil(maxPixels / widthPx));
  return guarded('page.unreadable', 'The page cannot be drawn.', () => {
    const colorspace = channels === 1 ? mupdf.ColorSpace.DeviceGray : mupdf.ColorSpace.DeviceRGB;
    const pixmap = new mupdf.Pixmap(colorspace, [0, 0, widthPx, heightPx], false);
    try {
      pixmap.clear(255);
      const scaleX = widthPx / width;
      const scaleY = heightPx / height;
      const device = new mupdf.DrawDevice([scaleX, 0, 0, scaleY, -from.x * scaleX, -from.y * scaleY], pixmap);
      try {
        list.run(device, mupdf.Matrix.identity);
        device.close();
      } finally {
        device.destroy();
      }
      return { data: new Uint8Array(pixmap.getPixels()), width: widthPx, height: heightPx };
    } finally {
      pixmap.destroy();
    }
  });
}
