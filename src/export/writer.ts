/** How a document is written: piece by piece, so that one of thousands of pages never stands in memory as a whole. */
import type { Page } from '../schema/document.js';

export interface DocumentWriter {
  begin(): string;
  /** What can be written by now. REQUIRES: pages as the document has settled them, in page order. */
  push(page: Page): string;
  end(): string;
}

export function writeDocument(pages: readonly Page[], writer: DocumentWriter): string {
  return writer.begin() + pages.map((page) => writer.push(page)).join('') + writer.end();
}
