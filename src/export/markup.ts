/** What HTML and XML have in common: text that may stand in an element or attribute, and boxes in whole pixels. */
import type { Point } from '../schema/document.js';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Characters that no XML document may have (XML 1.0, 2.2): controls, halves of surrogate pairs, noncharacters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;

export function escapeMarkup(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

export interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Around the points, within the page. */
export function pixelBox(
  points: readonly Point[],
  page: { readonly widthPx: number; readonly heightPx: number },
): PixelBox {
  const within = (value: number, limit: number) => Math.min(Math.max(Math.round(value), 0), Math.round(limit));
  return {
    left: within(Math.min(...points.map(({ x }) => x)), page.widthPx),
    top: within(Math.min(...points.map(({ y }) => y)), page.heightPx),
    right: within(Math.max(...points.map(({ x }) => x)), page.widthPx),
    bottom: within(Math.max(...points.map(({ y }) => y)), page.heightPx),
  };
}

export function cornersOf({
  x,
  y,
  width,
  height,
}: {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}): Point[] {
  return [
    { x, y },
    { x: x + width, y: y + height },
  ];
}
