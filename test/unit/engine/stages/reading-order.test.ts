import { describe, expect, it } from 'vitest';
import { type OrderItem, readingOrder } from '../../../../src/engine/stages/reading-order.js';

interface Named extends OrderItem {
  readonly name: string;
}

function box(name: string, left: number, top: number, width: number, height = 20): Named {
  return { name, left, top, right: left + width, bottom: top + height, height: 20, widthEm: width / 20, atom: false };
}

/** Lines a1, a2… one under the other. */
function column(name: string, count: number, left: number, top: number, width: number, pitch = 30): Named[] {
  return Array.from({ length: count }, (_, i) => box(`${name}${i + 1}`, left, top + i * pitch, width));
}

function read(items: readonly Named[]): string {
  return readingOrder(items)
    .map((flow) => flow.map((row) => row.map((item) => item.name).join('+')).join(' '))
    .join(' | ');
}

describe('reading order', () => {
  it('nothing has none', () => {
    expect(readingOrder([])).toEqual([]);
  });

  it('one column is one flow of rows', () => {
    expect(read([box('b', 100, 140, 300), box('a', 100, 100, 300), box('c', 450, 142, 60)])).toBe('a b+c');
  });

  it('one line beside another is a row, however wide both are', () => {
    expect(read([box('a', 0, 0, 300), box('b', 330, 2, 300)])).toBe('a+b');
  });

  it('three columns are read one after the other', () => {
    const items = [...column('a', 3, 0, 0, 300), ...column('b', 3, 330, 0, 300), ...column('c', 3, 660, 0, 300)];
    expect(read([...items].reverse())).toBe('a1 a2 a3 | b1 b2 b3 | c1 c2 c3');
  });

  it('a heading over two of three columns hides no gutter', () => {
    const items = [
      box('head', 0, 0, 560, 40),
      ...column('a', 3, 0, 100, 300),
      ...column('b', 3, 330, 100, 300),
      ...column('c', 3, 660, 100, 300),
    ];
    expect(read(items)).toBe('head | a1 a2 a3 | b1 b2 b3 | c1 c2 c3');
  });

  it('columns under each other in different numbers are zones of their own', () => {
    const items = [
      ...column('a', 3, 0, 0, 450),
      ...column('b', 3, 510, 0, 450),
      ...column('c', 3, 0, 200, 300),
      ...column('d', 3, 330, 200, 300),
      ...column('e', 3, 660, 200, 300),
    ];
    expect(read(items)).toBe('a1 a2 a3 | b1 b2 b3 | c1 c2 c3 | d1 d2 d3 | e1 e2 e3');
  });

  it('a heading that starts a column under a full line goes with the column', () => {
    const items = [
      box('full', 0, 0, 960),
      box('head', 0, 100, 250),
      ...column('a', 3, 0, 130, 450),
      ...column('b', 4, 510, 100, 450),
    ];
    expect(read(items)).toBe('full | head a1 a2 a3 | b1 b2 b3 b4');
  });

  it('a line that bridges the gutter of interleaved columns divides them', () => {
    const items = [
      ...column('a', 4, 0, 0, 450),
      ...column('b', 4, 510, 15, 450),
      box('bridge', 0, 122, 960),
      ...column('c', 4, 0, 150, 450),
      ...column('d', 4, 510, 135, 450),
    ];
    expect(read(items)).toBe('a1 a2 a3 a4 | b1 b2 b3 b4 | bridge | c1 c2 c3 c4 | d1 d2 d3 d4');
  });

  it('short cells are read across', () => {
    const items = [...column('a', 3, 0, 0, 100), ...column('b', 3, 300, 0, 60), ...column('c', 3, 600, 0, 60)];
    expect(read(items)).toBe('a1+b1+c1 a2+b2+c2 a3+b3+c3');
  });

  it('texts side by side that begin level row after row are read across', () => {
    const items = [0, 150, 300].flatMap((top, row) => [
      ...column(`l${row}`, 4, 0, top, 400),
      ...column(`r${row}`, 2, 500, top, 400),
    ]);
    expect(read(items)).toBe('l01+l02+l03+l04+r01+r02 l11+l12+l13+l14+r11+r12 l21+l22+l23+l24+r21+r22');
  });

  it('a ragged list of values beside its labels is no column', () => {
    const labels = [120, 240, 180, 200, 260, 140].map((width, i) => box(`k${i}`, 0, 40 * i, width));
    const values = [600, 90, 240, 580, 120, 200].map((width, i) => box(`v${i}`, 300, 40 * i, width));
    expect(read([...labels, ...values])).toBe('k0+v0 k1+v1 k2+v2 k3+v3 k4+v4 k5+v5');
  });
});
