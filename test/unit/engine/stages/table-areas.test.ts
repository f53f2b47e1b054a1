import { describe, expect, it } from 'vitest';
import { arrangePage } from '../../../../src/engine/stages/arrange.js';
import type { Region } from '../../../../src/engine/stages/layout.js';
import { findTableAreas, mayHaveTables } from '../../../../src/engine/stages/table-areas.js';
import { ruledTables } from '../../../../src/engine/stages/table-ruled.js';
import { line, paragraph } from './page-of-lines.js';

const PAGE = { widthPx: 1000, heightPx: 1400 };

const prose = paragraph(
  [
    'The samples were taken at low tide from the four stations of the estuary,',
    'and the salinity was measured on the same day in the laboratory of the',
    'institute, where each of the samples was divided into three parts before',
    'it was read, so that an error of the instrument could be told from one of',
    'the person who took the sample at the station.',
  ],
  100,
  700,
  800,
);

const cells = ['alpha', 'beta', 'gamma', 'delta'].flatMap((name, row) =>
  [name, `${row}1`, `${row}2`, `${row}3`].map((text, column) => line(text, 100 + 200 * column, 300 + 40 * row)),
);

const textOf = (areas: ReturnType<typeof findTableAreas>) =>
  areas.map((area) => area.lines.map(({ text }) => text).join(' '));

describe('the tables of a page', () => {
  it('are not looked for in prose', () => {
    expect(mayHaveTables(arrangePage(prose, [], PAGE), [])).toBe(false);
    expect(findTableAreas(prose, [], [], PAGE)).toEqual([]);
  });

  it('are looked for where rows have gutters in common, and where a caption speaks of one', () => {
    expect(mayHaveTables(arrangePage([...cells, ...prose], [], PAGE), [])).toBe(true);
    expect(mayHaveTables(arrangePage([line('Table 3. Salinity', 100, 600), ...prose], [], PAGE), [])).toBe(true);
    expect(mayHaveTables(arrangePage([line('TABLE IV', 100, 600), ...prose], [], PAGE), [])).toBe(true);
  });

  it('are not looked for where a line begins with the word alone, be the next one spelled like a number', () => {
    expect(mayHaveTables(arrangePage([line('table in the corner, and', 100, 600), ...prose], [], PAGE), [])).toBe(
      false,
    );
  });

  it('are not looked for in formulas and their numbers', () => {
    const formulas = [0, 1, 2].flatMap((row) => [
      line(`a = b + ${row}`, 100, 600 + 40 * row, 180),
      line(`(${row})`, 700, 600 + 40 * row, 40),
    ]);
    const equation: Region = { type: 'equation', rect: { x: 90, y: 590, width: 660, height: 130 }, score: 1 };
    expect(mayHaveTables(arrangePage([...formulas, ...prose], [], PAGE), [])).toBe(true);
    expect(mayHaveTables(arrangePage([...formulas, ...prose], [equation], PAGE), [])).toBe(false);
    expect(mayHaveTables(arrangePage([...formulas, ...cells, ...prose], [equation], PAGE), [])).toBe(true);
  });

  it('are the grids of short lines that the layout model missed', () => {
    expect(textOf(findTableAreas([...cells, ...prose], [], [], PAGE))).toEqual([
      'alpha 01 02 03 beta 11 12 13 gamma 21 22 23 delta 31 32 33',
    ]);
  });

  it('are the regions of the layout model, also where it saw a figure', () => {
    for (const type of ['table', 'figure'] as const) {
      const region: Region = { type, rect: { x: 90, y: 290, width: 720, height: 170 }, score: 0.9 };
      const areas = findTableAreas([...cells, ...prose], [region], [], PAGE);
      expect(areas).toHaveLength(1);
      expect(areas[0]?.region).toBe(region);
      expect(areas[0]?.lines).toHaveLength(cells.length);
    }
  });

  it('are those that the layout model saw both as text and as a table', () => {
    const rect = { x: 90, y: 290, width: 720, height: 170 };
    const rows = cells.slice(0, 8);
    const regions: Region[] = [
      { type: 'text', rect, score: 0.72 },
      { type: 'table', rect, score: 0.7 },
    ];
    expect(findTableAreas([...rows, ...prose], regions, [], PAGE)).toEqual([{ lines: rows, region: regions[1], rect }]);
    const around = { x: 90, y: 690, width: 820, height: 200 };
    const asProse = regions.map((region) => ({ ...region, rect: around }));
    expect(findTableAreas(prose, asProse, [], PAGE)).toEqual([]);
  });

  it('reach as far as the model saw them, and no further than their lines where it took in others', () => {
    const column = [160, 187, 214, 241, 268].map((y) => line('words of text', 100, y, 160));
    const end = [295, 322].map((y) => line('words of text', 100, y, 160));
    const grid = [300, 340, 380].flatMap((y) => [450, 600, 750].map((x) => line('cell', x, y, 60)));
    const region: Region = { type: 'table', rect: { x: 90, y: 290, width: 760, height: 140 }, score: 0.9 };
    const alone = findTableAreas([...grid, ...prose], [region], [], PAGE);
    expect(alone).toEqual([{ lines: grid, region, rect: region.rect }]);
    const beside = findTableAreas([...column, ...end, ...grid, ...prose], [region], [], PAGE);
    expect(beside).toEqual([{ lines: grid, region, rect: { x: 450, y: 300, width: 360, height: 100 } }]);
  });

  it('are no single lines, whatever the model says', () => {
    const region: Region = { type: 'table', rect: { x: 90, y: 690, width: 820, height: 35 }, score: 0.9 };
    expect(findTableAreas(prose, [region], [], PAGE)).toEqual([]);
  });

  it('are the whole page where it is a picture of nothing else', () => {
    const rows = [0, 1].flatMap((row) => [0, 1, 2].map((column) => line('cell', 10 + 100 * column, 10 + 40 * row)));
    expect(textOf(findTableAreas(rows, [], [], { widthPx: 260, heightPx: 80 }))).toEqual([
      'cell cell cell cell cell cell',
    ]);
    expect(findTableAreas(rows, [], [], PAGE)).toEqual([]);
  });

  it('are those between ruling lines, unless the model saw a table of which these part a piece', () => {
    const strokes = [290, 330, 370].map((y) => ({ from: { x: 90, y }, to: { x: 900, y } }));
    const sides = [90, 290, 490, 690, 900].map((x) => ({ from: { x, y: 290 }, to: { x, y: 370 } }));
    const ruled = ruledTables(cells, [...strokes, ...sides]);
    expect(ruled.map((table) => table.lines)).toEqual([cells.slice(0, 8)]);
    expect(findTableAreas(cells, [], ruled, PAGE)[0]).toMatchObject({ lines: cells.slice(0, 8), ruled: ruled[0] });
    const region: Region = { type: 'table', rect: { x: 80, y: 280, width: 840, height: 200 }, score: 0.9 };
    expect(findTableAreas(cells, [region], ruled, PAGE)).toEqual([{ lines: cells, region, rect: region.rect }]);
  });
});
