/** Stage render: the page image that the models read, at the resolution its route chose. */
import type { RgbImage } from '../native.js';
import type { PageSource } from './open.js';
import type { Route } from './route.js';

/** REQUIRES: `route.dpi` for a PDF page. @throws OcrError page.unreadable */
export function renderPage(source: PageSource, route: Pick<Route, 'dpi'>): Promise<RgbImage> {
  return source.pixels(route.dpi);
}
