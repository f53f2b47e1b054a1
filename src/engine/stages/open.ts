/**
 * Stage open: one page of a document as a source of evidence and pixels. Nothing is decoded before it is asked for.
 * PDFs by mupdf, images by sharp; what they differ in ends here.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { OcrError } from '../../errors.js';
import type { Point, Quad } from '../../schema/document.js';
import { type DocumentKind, SNIFF_BYTES, sniffKind } from '../../schema/document-kind.js';
import type { GrayImage, RgbImage } from '../native.js';
import type { Shape } from './figures.js';
import { openImage } from './image-source.js';
import type { Stroke } from './table-rulings.js';

/** A glyph run of the PDF's text layer, in points of the upright page (origin top-left, 72 an inch). */
export interface TextLayerLine {
  readonly text: string;
  readonly quad: Quad;
  readonly fontSizePt: number;
  readonly bold: boolean;
  readonly italic: boolean;
  /** Made when first asked for: a page has a thousand, and most pages are read without. */
  readonly words: () => readonly TextLayerWord[];
  /** White between two neighbouring words along the line is at most this, in points; 0 for a single word. */
  readonly widestGapPt: number;
  /** False for text render mode 3 (invisible), as OCR layers of scans have it. */
  readonly visible: boolean;
}

export interface TextLayerWord {
  /** Empty where fonts name none of the glyphs. */
  readonly text: string;
  readonly quad: Quad;
}

export interface TextLayer {
  /** In content-stream order. */
  readonly lines: readonly TextLayerLine[];
  readonly characters: number;
  /** Characters the font maps to nothing, to U+FFFD or into a private-use area. */
  readonly unmappedCharacters: number;
}

/** A part of a PDF page, in points. */
export interface Area {
  readonly from: Point;
  readonly to: Point;
}

/** An image as it stands on a PDF page. */
export interface PageImage extends Area {
  readonly dpi: number;
  /** Fraction of the page it covers. */
  readonly coverage: number;
}

export interface PageSource {
  readonly kind: DocumentKind;
  readonly pageIndex: number;
  /** PDF: size of the upright page in points (crop box, rotation and user unit applied). Undefined for images. */
  readonly sizePt: { readonly width: number; readonly height: number } | undefined;
  /** Images: size of `pixels()`, after EXIF orientation and the pixel cap. Undefined for PDFs. */
  readonly sizePx: { readonly width: number; readonly height: number } | undefined;
  /** Degrees clockwise that the page was turned by to be upright, besides what the file says: 0, 90, 180 or 270. */
  readonly rotation: number;
  /** PDF: the same page turned further; it is closed with this one. Undefined for images. */
  readonly turned: ((degreesClockwise: number) => PageSource) | undefined;
  /** Images: what the file says of its resolution. PDFs: the resolution of the image that covers the page, if one does. */
  nativeDpi(): number | undefined;
  /** PDF: the page's text, read once. Undefined for images. */
  textLayer(): TextLayer | undefined;
  /** PDF: the images on the page; empty for a page without. Images: undefined. */
  imageRects(): readonly PageImage[] | undefined;
  /** PDF: straight strokes and sides of boxes that are drawn on the page, in points. Undefined for images. */
  strokes(): readonly Stroke[] | undefined;
  /** PDF: what else is drawn and seen: curves, slanted lines, figures of several sides. Undefined for images. */
  shapes(): readonly Shape[] | undefined;
  /** The upright page in gray, or the part of a PDF page, its longest side at most `maxSidePx`. */
  thumbnail(maxSidePx: number, within?: Area): Promise<GrayImage>;
  /**
   * The upright page as RGB on white: a PDF page at `dpi`, an image at its own size; scaled down where that exceeds
   * the pixel cap. `within`: only this part of a PDF page.
   * @throws OcrError page.unreadable
   */
  pixels(dpi: number | undefined, within?: Area): Promise<RgbImage>;
  close(): void;
}

/** Holds a file or a heap: to be closed, after its pages. */
export interface OpenDocument {
  readonly kind: DocumentKind;
  readonly pageCount: number;
  /**
   * REQUIRES: 0 <= pageIndex < pageCount.
   * @throws OcrError page.unreadable, page.too-large
   */
  openPage(pageIndex: number): Promise<PageSource>;
  close(): void;
}

export interface OpenOptions {
  readonly password?: string | undefined;
  /** Largest page image that is decoded or rendered. */
  readonly maxPagePixels: number;
}

/** @throws OcrError file.missing, file.empty, file.unsupported-type, file.unreadable, file.encrypted, file.no-pages */
export async function openDocument(path: string, options: OpenOptions): Promise<OpenDocument> {
  const kind = await readKind(path);
  if (kind !== 'pdf') return openImage(path, kind, options.maxPagePixels);
  // MuPDF is loaded where it is needed: that takes longer than to open an image.
  const { openPdf } = await import('./pdf-source.js');
  return openPdf(path, options.password, options.maxPagePixels);
}

/** `cause`: why the file could not be opened. */
export function fileMissing(cause: unknown): OcrError {
  return new OcrError('file.missing', 'The document is not there or may not be read.', { cause });
}

async function readKind(path: string): Promise<DocumentKind> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw fileMissing(cause);
  }
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(SNIFF_BYTES), position: 0 });
    if (bytesRead === 0) throw new OcrError('file.empty', 'The file is empty: a document was expected.');
    const kind = sniffKind(buffer.subarray(0, bytesRead));
    if (kind === undefined) {
      throw new OcrError('file.unsupported-type', 'The file is none of PDF, PNG, JPEG, TIFF and WebP.');
    }
    return kind;
  } finally {
    await file.close();
  }
}
