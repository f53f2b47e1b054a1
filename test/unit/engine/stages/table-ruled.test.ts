import { describe, expect, it } from 'vitest';
import { readRuledTable } from '../../../../src/engine/stages/table.js';
import { ruledTables } from '../../../../src/engine/stages/table-ruled.js';
import type { Stroke } from '../../../../src/engine/stages/table-rulings.js';
import { line, quadOf } from './page-of-lines.js';

/** Lines of cells 200 wide and `height` high, from 100, 100. */
function grid(rows: number, columns: number, height = 60): Stroke[] {
  const right = 100 + 200 * columns;
  const bottom = 100 + height * rows;
  return [
    ...Array.from({ length: rows + 1 }, (_, i) => 100 + height * i).map((y) => ({
      from: { x: 100, y },
      to: { x: right, y },
    })),
    ...Array.from({ length: columns + 1 }, (_, i) => 100 + 200 * i).map((x) => ({
      from: { x, y: 100 },
      to: { x, y: bottom },
    })),
  ];
}

const texts = [
  ['Station', 'Depth'],
  ['North', '12.4'],
  ['South', '6.8'],
].flatMap((row, r) => row.map((text, c) => line(text, 110 + 200 * c, 120 + 60 * r)));

describe('a grid of ruling lines is a table', () => {
  it('where it holds text in rows and columns', () => {
    const tables = ruledTables([...texts, line('Text below', 100, 400)], grid(3, 2));
    expect(tables).toMatchObject([{ lines: texts, complete: true }]);
  });

  it('on its side as well, read along its text', () => {
    // Turned a quarter counter-clockwise: what was right is up.
    const turn = ({ x, y }: { x: number; y: number }) => ({ x: y, y: 1000 - x });
    const lines = texts.map((each) => ({ ...each, quad: each.quad.map(turn) }));
    const strokes = grid(3, 2).map(({ from, to }) => ({ from: turn(from), to: turn(to) }));
    const [table] = ruledTables(lines, strokes);
    expect(table?.lines.map(({ text }) => text)).toEqual(['Station', 'Depth', 'North', '12.4', 'South', '6.8']);
    expect(table && readRuledTable(table).rect).toEqual({
      x: expect.closeTo(100),
      y: expect.closeTo(500),
      width: expect.closeTo(180),
      height: expect.closeTo(400),
    });
  });

  it('not where labels stand on its lines, as those of an axis do', () => {
    const labels = [0, 1, 2, 3].flatMap((i) => [line('100', 110, 90 + 60 * i), line('200', 320, 90 + 60 * i)]);
    expect(ruledTables(labels, grid(3, 2))).toEqual([]);
  });

  it('not where nearly all of it is empty, or its text is in one column', () => {
    expect(ruledTables(texts.slice(0, 2), grid(10, 8))).toEqual([]);
    expect(
      ruledTables(
        texts.filter((_, i) => i % 2 === 0),
        grid(3, 2),
      ),
    ).toEqual([]);
  });
});

describe('a ruled table is complete', () => {
  const head = ['Year', 'Sum'].map((text, c) => line(text, 110 + 200 * c, 110));

  it('where the texts of its cells wrap', () => {
    const wrapped = ['the first of the', 'long words here', 'that wrap often'].flatMap((text, i) => [
      line(text, 110, 170 + 25 * i, 180),
      line(text, 310, 170 + 25 * i, 180),
    ]);
    const [table] = ruledTables([...head, ...wrapped], [...grid(1, 2), ...grid(1, 2, 200).slice(1)]);
    expect(table?.complete).toBe(true);
  });

  it('where its words stand apart because it is justified', () => {
    const wrapped = [0, 1].flatMap((c) => [
      line('number', 110 + 200 * c, 170, 60),
      line('of', 270 + 200 * c, 170, 20),
      line('companies in all', 110 + 200 * c, 195, 180),
      line('of Europe', 110 + 200 * c, 220, 90),
    ]);
    const [table] = ruledTables([...head, ...wrapped], [...grid(1, 2), ...grid(1, 2, 200).slice(1)]);
    expect(table?.complete).toBe(true);
  });

  it('not where rows of numbers stand between its lines', () => {
    const numbers = [1, 2, 3].flatMap((i) => [line(`200${i}`, 110, 140 + 25 * i), line(`${i}00`, 310, 140 + 25 * i)]);
    const [table] = ruledTables([...head, ...numbers], [...grid(1, 2), ...grid(1, 2, 200).slice(1)]);
    expect(table?.complete).toBe(false);
  });

  it('not where its cells hold columns', () => {
    const pairs = [0, 1, 2].flatMap((i) => [
      line('one', 105, 120 + 60 * i, 40),
      line('two', 220, 120 + 60 * i, 40),
      line('six', 310, 120 + 60 * i, 40),
    ]);
    expect(ruledTables(pairs, grid(3, 2))[0]?.complete).toBe(false);
  });
});

describe('the cells of a ruled table', () => {
  it('hold the words whose middle is in them, a line over several being cut', () => {
    const words = [
      { text: 'North', quad: quadOf(110, 180, 60, 20), confidence: 1 },
      { text: '12.4', quad: quadOf(290, 180, 40, 20), confidence: 0.5 },
    ];
    const across = { ...line('North 12.4', 110, 180, 220), words };
    const [table] = ruledTables([...texts.slice(0, 2), across, ...texts.slice(4)], grid(3, 2));
    const cells = table === undefined ? [] : (readRuledTable(table).table?.cells ?? []);
    expect(cells.map(({ text }) => text)).toEqual(['Station', 'Depth', 'North', '12.4', 'South', '6.8']);
    expect(cells[3]).toMatchObject({ row: 1, column: 1, rowSpan: 1, columnSpan: 1, confidence: 0.5 });
    expect(cells[3]?.rect).toEqual({
      x: expect.closeTo(300),
      y: expect.closeTo(160),
      width: expect.closeTo(200),
      height: expect.closeTo(60),
    });
  });
});
