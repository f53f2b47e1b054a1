/** Stage analyze: the evidence a page is routed by, from its text layer and a small gray thumbnail. */
import type { PageFeatures } from '../native.js';
import type { TextLayer } from './open.js';

export interface Evidence {
  readonly textLayer: TextLayer | undefined;
  /** Whether the text layer may stand for the page, and the one reason that decided. */
  readonly textLayerTrust: { readonly trusted: boolean; readonly reason: string };
  /** Fraction of a PDF page that images cover; 1 for an image. */
  readonly imageCoverage: number;
  /** Undefined where the text layer is trusted: such a page is never rasterized. */
  readonly features: PageFeatures | undefined;
  /** Scale of the thumbnail the features were measured on: thumbnail pixels a point (PDF) or a pixel (image). */
  readonly thumbnailScale: number | undefined;
}
