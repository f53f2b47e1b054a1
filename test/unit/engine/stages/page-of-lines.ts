/** Pages for the layout tests: lines as rectangles with text, given as small exact arrays. */

import { arrangePage } from '../../../../src/engine/stages/arrange.js';
import { assemblePage } from '../../../../src/engine/stages/assemble.js';
import type { Region } from '../../../../src/engine/stages/layout.js';
import type { StyledLine } from '../../../../src/engine/stages/line-box.js';
import type { Route } from '../../../../src/engine/stages/route.js';
import type { Page, Quad } from '../../../../src/schema/document.js';

export const ROUTE: Route = {
  provider: 'paddle',
  complexityScore: 5,
  reason: 'Simple page',
  needsImage: true,
  dpi: undefined,
  tier: 'tiny',
  detectorTier: 'tiny',
  escalationTier: undefined,
  screeningTier: undefined,
  letterHeightPx: undefined,
  textLayerChecks: [],
};

export function quadOf(x: number, y: number, width: number, height: number): Quad {
  return [
    { x, y },
    { x: x + width, y },
    { x: x + width, y: y + height },
    { x, y: y + height },
  ];
}

/** A line of letters 20 px high, 10 px a character unless its width is given. */
export function line(text: string, x: number, y: number, width = 10 * text.length, height = 20): StyledLine {
  return { text, quad: quadOf(x, y, width, height), confidence: 0.9, source: 'test' };
}

/** As many lines of prose as texts, one under the other, 30 px apart, each as wide as given. */
export function paragraph(texts: readonly string[], x: number, y: number, width: number): StyledLine[] {
  return texts.map((text, i) => line(text, x, y + 30 * i, width));
}

/** A page of 1000 × 1400 pixels. */
export function assemble(lines: readonly StyledLine[], regions: readonly Region[] = []): Page {
  const frame = { pageIndex: 0, widthPx: 1000, heightPx: 1400, dpi: undefined, rotation: 0 };
  return assemblePage(frame, ROUTE, arrangePage(lines, regions, frame), { words: true }, {});
}

/** Type and text of each block, in reading order. */
export function outline(page: Page): string[] {
  return page.blocks.map((block) => `${block.type}: ${block.lines.map((each) => each.text).join(' ')}`);
}
