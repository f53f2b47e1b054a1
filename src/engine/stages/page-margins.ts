/** Running heads and feet: what stands apart at the top and bottom of a page of text. */
import type { Region } from './layout.js';
import { type Box, median, unionOf } from './line-box.js';
import { type FlowLine, SENTENCE_END } from './paragraphs.js';
import { rowsOf } from './reading-order.js';

export interface Margins {
  readonly header: readonly FlowLine[];
  readonly body: readonly FlowLine[];
  readonly footer: readonly FlowLine[];
}

/** Fractions of the page height in which running heads and feet stand: text areas begin below and end above. */
const HEADER_ZONE = 0.1;
const FOOTER_ZONE = 0.9;
/** Page numbers, and the layout model's headers and footers, are believed somewhat further in. */
const SURE_ZONE = 0.15;
/** A page of fewer lines (label, title page) has no running heads; scans of receipts have more, and none either. */
const MIN_LINES = { detected: 10, known: 4 } as const;
/** Rows of a head or foot, and pieces of a row. */
const MAX_ROWS = 3;
const MAX_PIECES = 20;
/** A head stands off from the text by more than this many letter heights, and than this many usual gaps of rows. */
const MIN_GAP = { letters: 1, rows: 1.6 } as const;
/** Of bold or italic type that reaches from one edge of the text to the other in two pieces, as a journal and its issue. */
const SPREAD_GAP_ROWS = 1.2;
/** Smaller type than the text's, by this ratio, says by itself that a row is no part of it. */
const SMALLER_TYPE = 0.92;
/** White, in its letter heights, that smaller type needs: leading is below a third. */
const SMALLER_GAP = 0.6;
/** A piece of a head is shorter than this share of the text's width; longer ones are lines of the text. */
const MAX_WIDTH = 0.7;

const PAGE_NUMBER =
  /^(?:[-–—|]?\s*(?:page|seite|p\.)?\s*(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:\/|of|von|de)\s*\d{1,4})?\s*[-–—|]?|第\s*\d+\s*[页頁]|\d+\s*[页頁])$/iu;

export function isPageNumber(text: string): boolean {
  return PAGE_NUMBER.test(text.trim());
}

export function pageMargins(
  lines: readonly FlowLine[],
  regions: readonly Region[],
  page: { readonly widthPx: number; readonly heightPx: number },
  letterHeight: number,
): Margins {
  const known = lines.every(({ line }) => line.style !== undefined);
  if (lines.length < (known ? MIN_LINES.known : MIN_LINES.detected)) return { header: [], body: lines, footer: [] };
  const rows = rowsOf(lines);
  const header = new Set(takeMargin(rows, regions, page, letterHeight, 'header'));
  const footer = new Set(takeMargin([...rows].reverse(), regions, page, letterHeight, 'footer'));
  return {
    header: lines.filter((line) => header.has(line)),
    body: lines.filter((line) => !header.has(line) && !footer.has(line)),
    footer: lines.filter((line) => footer.has(line) && !header.has(line)),
  };
}

/** `rows` from the edge inwards. */
function takeMargin(
  rows: readonly (readonly FlowLine[])[],
  regions: readonly Region[],
  page: { readonly widthPx: number; readonly heightPx: number },
  letterHeight: number,
  side: 'header' | 'footer',
): FlowLine[] {
  const fromEdge = (box: Box) => (side === 'header' ? box.bottom : page.heightPx - box.top) / page.heightPx;
  const zone = side === 'header' ? HEADER_ZONE : 1 - FOOTER_ZONE;
  const { left, right } = unionOf(rows.flat());
  const usualGap = median(rows.slice(1).map((row, i) => gapBetween(rows[i] as readonly FlowLine[], row)));
  const minGap = Math.max(MIN_GAP.letters * letterHeight, MIN_GAP.rows * usualGap);
  let taken: FlowLine[] = [];
  const candidates: FlowLine[] = [];
  for (let i = 0; i < Math.min(MAX_ROWS, rows.length - 1); i++) {
    const row = rows[i] as readonly FlowLine[];
    if (row.length > MAX_PIECES) break;
    const box = unionOf(row);
    const byModel = row.every((line) => line.region !== undefined && regions[line.region]?.type === side);
    const isNumber = row.every((line) => isPageNumber(line.line.text));
    // The number of the page at an end of the row, and what stands beside it: "74 — EDUCATION BULLETIN".
    const isNumbered = [row[0], row[row.length - 1]].some((line) => line !== undefined && isPageNumber(line.line.text));
    if (fromEdge(box) > (byModel || isNumbered ? SURE_ZONE : zone)) break;
    // A large line at the top is a title.
    const isLarge = side === 'header' && Math.max(...row.map((line) => line.height)) > 1.3 * letterHeight;
    if (isLarge && !byModel && !isNumber) break;
    candidates.push(...row);
    if (byModel || (isNumber && fromEdge(box) <= zone)) {
      taken = [...candidates];
      continue;
    }
    // What is left out of the running text must not be a part of it.
    const isProse = row.some((line) => line.right - line.left > MAX_WIDTH * (right - left));
    const isSmaller = row.every(
      ({ line }) => line.style !== undefined && line.style.fontSizePx < SMALLER_TYPE * letterHeight,
    );
    if (isProse || (!isSmaller && SENTENCE_END.test((row[row.length - 1] as FlowLine).line.text))) break;
    const needed = isSmaller
      ? SMALLER_GAP * median(row.map((line) => line.height))
      : isSpread(row, left, right, letterHeight)
        ? SPREAD_GAP_ROWS * usualGap
        : minGap;
    if (gapBetween(row, rows[i + 1] as readonly FlowLine[]) > needed) taken = [...candidates];
  }
  return taken;
}

/** Whether a row of marked type is two pieces, one at either edge of the text. */
function isSpread(row: readonly FlowLine[], left: number, right: number, letterHeight: number): boolean {
  const [first, last] = row;
  return (
    row.length === 2 &&
    first !== undefined &&
    last !== undefined &&
    row.every(({ line }) => line.style?.bold === true || line.style?.italic === true) &&
    first.left - left < letterHeight &&
    right - last.right < letterHeight
  );
}

/** White between two rows, whichever is above. */
function gapBetween(a: readonly FlowLine[], b: readonly FlowLine[]): number {
  const p = unionOf(a);
  const q = unionOf(b);
  return Math.max(p.top, q.top) - Math.min(p.bottom, q.bottom);
}
