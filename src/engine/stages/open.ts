/**
 * Stage open: one page of a document as a source of evidence and pixels. Nothing is decoded before it is asked for.
 * PDFs by mupdf, images by sharp; what they differ in ends here.
 */
import type { Point, Quad } from '../../schema/document.js';
import type { DocumentKind } from '../../schema/document-kind.js';
import type { GrayImage, RgbImage } from '../native.js';

/** A glyph run of the PDF's text layer, in points of the upright page (origin top-left, 72 an inch). */
export interface TextLayerLine {
  readonly text: string;
  readonly quad: Quad;
  readonly fontSizePt: number;
  readonly bold: boolean;
  readonly italic: boolean;
  readonly words: readonly { readonly text: string; readonly quad: Quad }[];
  /** False for text render mode 3 (invisible), as OCR layers of scans have it. */
  readonly visible: boolean;
}

export interface TextLayer {
  /** In content-stream order. */
  readonly lines: readonly TextLayerLine[];
  readonly characters: number;
  /** Characters the font maps to nothing, to U+FFFD or into a private-use area. */
  readonly unmappedCharacters: number;
}

export interface PageSource {
  readonly kind: DocumentKind;
  readonly pageIndex: number;
  /** PDF: size of the upright page in points (crop box, rotation and user unit applied). Undefined for images. */
  readonly sizePt: { readonly width: number; readonly height: number } | undefined;
  /** Images: size in pixels after EXIF orientation. Undefined for PDFs. */
  readonly sizePx: { readonly width: number; readonly height: number } | undefined;
  /** Images: what the file says of its resolution. PDFs: the resolution of the image that covers the page, if one does. */
  readonly nativeDpi: number | undefined;
  /** PDF: the page's text, read once. Undefined for images. */
  textLayer(): TextLayer | undefined;
  /** PDF: rectangles of the images on the page, in points; empty for a page without. Images: undefined. */
  imageRects(): readonly { readonly from: Point; readonly to: Point }[] | undefined;
  /** The upright page in gray, its longest side at most `maxSidePx`. */
  thumbnail(maxSidePx: number): Promise<GrayImage>;
  /**
   * The upright page as RGB on white, `dpi` for a PDF (an image comes at its own size, scaled down where it
   * exceeds the pixel cap).
   * @throws OcrError page.too-large, page.unreadable
   */
  pixels(dpi: number): Promise<RgbImage>;
  close(): void;
}
