import { describe, expect, it } from 'vitest';
import { drawnFigures } from '../../../../src/engine/stages/figures.js';

/** A page of 500 × 700 points at two pixels a point. */
const PAGE = { widthPx: 1000, heightPx: 1400 };

function figures(...images: readonly (readonly [number, number, number, number])[]) {
  return drawnFigures(
    images.map(([left, top, right, bottom]) => ({ from: { x: left, y: top }, to: { x: right, y: bottom } })),
    PAGE,
    2,
  ).map(({ rect }) => rect);
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
});
