import { expect, test } from 'vitest';
import { type Region, withoutLooseTables } from '../../../../src/engine/stages/layout.js';

const region = (
  type: Region['type'],
  score: number,
  [x, y, width, height]: readonly [number, number, number, number],
) => ({ type, score, rect: { x, y, width, height } }) satisfies Region;

test('of two tables of which one lies in the other, the surer one is the table', () => {
  const table = region('table', 0.75, [230, 1929, 1426, 348]);
  const loose = region('table', 0.51, [213, 984, 1460, 1317]);
  expect(withoutLooseTables([table, loose])).toEqual([table]);
  expect(withoutLooseTables([{ ...loose, score: 0.8 }, table])).toHaveLength(2);
});

test('tables side by side, and figures around tables, stay', () => {
  const regions = [
    region('table', 0.75, [0, 0, 500, 300]),
    region('table', 0.51, [450, 0, 500, 300]),
    region('figure', 0.5, [0, 0, 1000, 1000]),
  ];
  expect(withoutLooseTables(regions)).toEqual(regions);
});
