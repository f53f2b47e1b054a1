import { describe, expect, it } from 'vitest';
import { markHead, type TypedCell } from '../../../../src/engine/stages/table-head.js';

/** Rows of texts; one that begins with * is bold, one that ends with > spans the next column, which has none. */
function table(...rows: readonly (readonly string[])[]): TypedCell[] {
  return rows.flatMap((texts, row) => {
    let column = 0;
    return texts.map((marked) => {
      const columnSpan = marked.endsWith('>') ? 2 : 1;
      const cell = {
        row,
        column,
        rowSpan: 1,
        columnSpan,
        text: marked.replace(/^\*|>$/g, ''),
        rect: { x: 0, y: 0, width: 1, height: 1 },
        header: false,
        bold: marked.startsWith('*'),
      };
      column += columnSpan;
      return cell;
    });
  });
}

const headOf = (...rows: readonly (readonly string[])[]) =>
  markHead(table(...rows)).flatMap(({ header, text }) => (header ? [text] : []));

describe('the head of a table', () => {
  it('is a row of words or years over numbers', () => {
    expect(headOf(['', 'Depth'], ['North', '12.4'], ['South', '6.8'])).toEqual(['', 'Depth']);
    expect(headOf(['Sales', '2009'], ['North', '12.4'], ['South', '6.8'])).toEqual(['Sales', '2009']);
  });

  it('is a row of bold type over plain type', () => {
    expect(headOf(['*Name', '*Town'], ['Ann', 'Bern'], ['Bob', 'Basel'])).toEqual(['Name', 'Town']);
  });

  it('goes on below a cell that spans columns', () => {
    const rows = [
      ['Site', 'Depth in m>'],
      ['', 'low', 'high'],
      ['North', '1.2', '3.4'],
      ['South', '5.6', '7.8'],
    ];
    expect(headOf(...rows)).toEqual(['Site', 'Depth in m', '', 'low', 'high']);
  });

  it('is none where the first row is like the others, or is a title', () => {
    expect(headOf(['Ann', 'Bern'], ['Bob', 'Basel'])).toEqual([]);
    expect(headOf(['*Ann', '*Bern'], ['*Bob', '*Basel'])).toEqual([]);
    expect(headOf(['North', '12.4'], ['South', '6.8'])).toEqual([]);
    expect(headOf(['Depth of the sea>'], ['North', '12.4'], ['South', '6.8'])).toEqual([]);
  });

  it('stays as it was read', () => {
    const read = table(['North', '1'], ['South', '2']).map((cell) => ({ ...cell, header: cell.row === 0 }));
    expect(markHead(read).filter(({ header }) => header)).toHaveLength(2);
  });

  it('has the units below it, on a row of their own or read with the first numbers', () => {
    expect(headOf(['Depth', 'Weight'], ['(m)', '(mg/l)'], ['12.4', '3'], ['6.8', '4'])).toEqual([
      'Depth',
      'Weight',
      '(m)',
      '(mg/l)',
    ]);
    const texts = markHead(
      table(
        ['Site', 'Depth', 'Weight'],
        ['North', '(m) 12.4', '(mg/l) 3'],
        ['South', '6.8', '4'],
        ['East', '7.1', '5'],
      ),
    );
    expect(texts.map(({ text, header }) => (header ? `*${text}` : text))).toEqual([
      '*Site',
      '*Depth (m)',
      '*Weight (mg/l)',
      'North',
      '12.4',
      '3',
      'South',
      '6.8',
      '4',
      'East',
      '7.1',
      '5',
    ]);
  });

  it('has no text in brackets that is none of a unit, nor that of a single column', () => {
    const unchanged = [
      ['Depth', 'Weight'],
      ['(a) low', '(b) high'],
      ['6.8', '4'],
      ['6.9', '5'],
    ];
    expect(markHead(table(...unchanged)).map(({ text }) => text)).toEqual(unchanged.flat());
    const single = [
      ['Depth', 'Weight'],
      ['(m) 1', '3'],
      ['6.8', '4'],
    ];
    expect(markHead(table(...single)).map(({ text }) => text)).toEqual(single.flat());
  });
});
