/** The `pages` option: "1-3,7" or "5-", page numbers from 1. */
import { OcrError } from '../errors.js';

const RANGE = /^(\d{1,6})(?:(-)(\d{1,6})?)?$/;

/**
 * Page indices (from 0) in document order, each once. All pages where `text` is undefined.
 * @throws OcrError request.option-invalid (malformed), page.out-of-range
 */
export function parsePageRanges(text: string | undefined, pageCount: number): readonly number[] {
  const indices: number[] = [];
  let next = 1;
  for (const [first, last] of parseRanges(text, pageCount).sort(([a], [b]) => a - b)) {
    for (let pageNumber = Math.max(first, next); pageNumber <= last; pageNumber++) indices.push(pageNumber - 1);
    next = Math.max(next, last + 1);
  }
  return indices;
}

/** Before any document is opened. @throws OcrError as `parsePageRanges`, where no document of up to `maxPages` has them */
export function checkPageRanges(text: string | undefined, maxPages: number): void {
  parseRanges(text, maxPages);
}

/** The inverse of `parsePageRanges`, every range closed. REQUIRES: ascending indices, each once. */
export function formatPageRanges(pageIndices: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const pageIndex of pageIndices) {
    const current = ranges.at(-1);
    if (current !== undefined && current[1] === pageIndex) current[1] = pageIndex + 1;
    else ranges.push([pageIndex + 1, pageIndex + 1]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

type PageRange = readonly [first: number, last: number];

function parseRanges(text: string | undefined, pageCount: number): PageRange[] {
  return (text === undefined ? ['1-'] : text.split(',')).map((range) => parseRange(range.trim(), pageCount));
}

function parseRange(range: string, pageCount: number): PageRange {
  const match = RANGE.exec(range);
  if (match === null) {
    throw new OcrError(
      'request.option-invalid',
      `Option "pages" must be page numbers and ranges such as "1-3,7" or "5-", not ${JSON.stringify(range.slice(0, 40))}.`,
    );
  }
  const first = Number(match[1]);
  const last = match[3] !== undefined ? Number(match[3]) : match[2] === undefined ? first : pageCount;
  const outside = [first, last].find((pageNumber) => pageNumber < 1 || pageNumber > pageCount);
  if (outside !== undefined) {
    throw new OcrError(
      'page.out-of-range',
      `Option "pages" names page ${outside} of a document of ${pages(pageCount)}.`,
    );
  }
  if (first > last) {
    throw new OcrError('request.option-invalid', `Option "pages" has a range that runs backwards: "${first}-${last}".`);
  }
  return [first, last];
}

function pages(count: number): string {
  return count === 1 ? '1 page' : `${count} pages`;
}
