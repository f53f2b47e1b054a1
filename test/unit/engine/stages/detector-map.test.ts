import { describe, expect, test } from 'vitest';
import { spansOf } from '../../../../src/engine/stages/detector-map.js';

describe('spansOf', () => {
  test('a side of up to 4000 pixels is one tile, kept whole', () => {
    expect(spansOf(4000)).toEqual([{ from: 0, to: 4000, keepFrom: 0, keepTo: 4000 }]);
    expect(spansOf(32)).toEqual([{ from: 0, to: 32, keepFrom: 0, keepTo: 32 }]);
  });

  test('a longer side is cut into equal tiles that overlap by 256 pixels, and each is kept up to the middle of that', () => {
    expect(spansOf(4032)).toEqual([
      { from: 0, to: 2144, keepFrom: 0, keepTo: 2016 },
      { from: 1888, to: 4032, keepFrom: 2016, keepTo: 4032 },
    ]);
  });

  test.each([4032, 7744, 7776, 11_712, 750_016])(
    'tiles of a side of %i pixels are whole, and leave no gap',
    (length) => {
      const spans = spansOf(length);
      expect([spans[0]?.keepFrom, spans.at(-1)?.to, spans.at(-1)?.keepTo]).toEqual([0, length, length]);
      for (const [index, { from, to, keepFrom }] of spans.entries()) {
        expect([from % 32, (to - from) % 32]).toEqual([0, 0]);
        expect(to - from).toBeLessThanOrEqual(4000);
        if (index === 0) continue;
        expect(keepFrom).toBe(spans[index - 1]?.keepTo);
        expect(keepFrom - from).toBeGreaterThanOrEqual(100);
        expect((spans[index - 1] as { to: number }).to - keepFrom).toBeGreaterThanOrEqual(100);
      }
      expect(spans.every(({ keepFrom, keepTo }) => keepTo > keepFrom)).toBe(true);
    },
  );
});
