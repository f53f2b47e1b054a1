import { describe, expect, it } from 'vitest';
import { type Shape, withDrawnFigures } from '../../../../src/engine/stages/figures.js';
import type { Region } from '../../../../src/engine/stages/layout.js';

/** A page of 500 × 700 points at two pixels a point. */
const PAGE = { widthPx: 1000, heightPx: 1400 };

type Corners = readonly [number, number, number, number];

function figures(...images: readonly Corners[]) {
  return withDrawnFigures(
    [],
    images.map(([left, top, right, bottom]) => ({ from: { x: left, y: top }, to: { x: right, y: bottom } })),
    [],
    PAGE,
    2,
  ).map(({ rect }) => rect);
}

/** Shapes of 10 points, so many in a row, 15 points apart. */
function nodes(count: number, stroked: boolean): Shape[] {
  return Array.from({ length: count }, (_, i) => {
    const left = 50 + 25 * i;
    return { left, top: 100 + 20 * (i % 2), right: left + 10, bottom: 110 + 20 * (i % 2), stroked };
  });
}

describe('figures by what the page draws', () => {
  it('an image is a figure, in pixels of the page', () => {
    expect(figures([50, 60, 150, 200])).toEqual([{ x: 100, y: 120, width: 200, height: 280 }]);
  });

  it('the strips of an image are one figure, whatever their order', () => {
    expect(figures([50, 60, 150, 100], [50, 140, 150, 180], [50, 100, 150, 140])).toEqual([
      { x: 100, y: 120, width: 200, height: 240 },
    ]);
  });

  it('bullets, rules, backgrounds and bars at the edge of the page are none', () => {
    expect(figures([50, 60, 58, 68], [50, 100, 450, 102], [0, 0, 500, 700], [0, 0, 60, 700])).toEqual([]);
  });

  it('shapes near each other are a drawing, if they are several', () => {
    expect(withDrawnFigures([], [], nodes(4, false), PAGE, 2)).toEqual([
      { type: 'figure', rect: { x: 100, y: 200, width: 170, height: 60 }, score: 1 },
    ]);
    expect(withDrawnFigures([], [], nodes(3, true), PAGE, 2)).toEqual([]);
  });

  it('icons in a table belong to it, and a drawing of outlines is no table', () => {
    const table: Region = { type: 'table', rect: { x: 90, y: 190, width: 400, height: 80 }, score: 1 };
    expect(withDrawnFigures([table], [], nodes(8, false), PAGE, 2)).toEqual([table]);
    expect(withDrawnFigures([table], [], nodes(8, true), PAGE, 2).map(({ type }) => type)).toEqual(['figure']);
  });

  it('a map of thousands of shapes takes no time', () => {
    const startedAt = process.cpuUsage();
    withDrawnFigures([], [], nodes(100_000, true), PAGE, 2);
    expect(process.cpuUsage(startedAt).user).toBeLessThan(1_000_000);
  });
});
