import { describe, expect, it } from 'vitest';
import { loadNative, type RgbImage } from '../../src/engine/native.js';
import { withSelectionMarks } from '../../src/engine/stages/marks.js';
import type { Quad, TextLine, Word } from '../../src/schema/document.js';

const native = loadNative();
const WIDTH = 600;
const HEIGHT = 200;

/** A white page with boxes of 20 pixels, their sides 2 pixels thick; a mark in some of them. */
function page(...boxes: readonly { readonly x: number; readonly y: number; readonly marked?: boolean }[]): RgbImage {
  const data = new Uint8Array(WIDTH * HEIGHT * 3).fill(255);
  const fill = (x: number, y: number, width: number, height: number) => {
    for (let row = y; row < y + height; row++) data.fill(0, 3 * (row * WIDTH + x), 3 * (row * WIDTH + x + width));
  };
  for (const { x, y, marked } of boxes) {
    fill(x, y, 20, 2);
    fill(x, y + 18, 20, 2);
    fill(x, y, 2, 20);
    fill(x + 18, y, 2, 20);
    if (marked === true) fill(x + 6, y + 8, 8, 4);
  }
  return { data, width: WIDTH, height: HEIGHT };
}

function quad(x: number, y: number, width: number): Quad {
  return [
    { x, y },
    { x: x + width, y },
    { x: x + width, y: y + 24 },
    { x, y: y + 24 },
  ];
}

/** Words as [text, x, width], on a line from the first to the last. */
function line(y: number, ...words: readonly (readonly [string, number, number])[]): TextLine {
  const [[, left]] = words as [readonly [string, number, number]];
  const [, x, width] = words[words.length - 1] as readonly [string, number, number];
  return {
    text: words.map(([text]) => text).join(' '),
    quad: quad(left, y, x + width - left),
    confidence: 0.9,
    source: 'test',
    words: words.map(([text, x, width]): Word => ({ text, quad: quad(x, y, width), confidence: 0.9 })),
  };
}

const texts = (lines: readonly TextLine[]) => lines.map(({ text }) => text);

describe('selection marks', () => {
  it('are put into the line that stands beside them, box and words', () => {
    const lines = [line(48, ['Yes', 130, 40]), line(48, ['No', 250, 30])];
    const read = withSelectionMarks(page({ x: 100, y: 50 }, { x: 220, y: 50, marked: true }), lines, native);
    expect(texts(read)).toEqual(['☐ Yes', '☑ No']);
    expect(read[0]?.quad).toEqual(quad(100, 48, 70));
    expect(read[0]?.words?.map(({ text, quad }) => [text, quad[0]?.x, quad[1]?.x])).toEqual([
      ['☐', 100, 120],
      ['Yes', 130, 170],
    ]);
  });

  it('stand between the words of a line that was detected as one', () => {
    const lines = [line(48, ['Yes', 130, 40], ['No', 250, 30])];
    const read = withSelectionMarks(page({ x: 100, y: 50 }, { x: 220, y: 50, marked: true }), lines, native);
    expect(texts(read)).toEqual(['☐ Yes ☑ No']);
  });

  it('replace what the recognizer read them as', () => {
    const lines = [line(48, ['□Yes', 98, 80], ['O', 220, 20], ['No', 250, 30])];
    const read = withSelectionMarks(page({ x: 100, y: 50 }, { x: 220, y: 50 }), lines, native);
    expect(texts(read)).toEqual(['☐ Yes ☐ No']);
    expect(read[0]?.words?.[1]?.quad[0]?.x).toBe(118);
  });

  it('are none where a letter as square as a box was read', () => {
    const lines = [line(48, ['因此比较', 100, 96])];
    expect(withSelectionMarks(page({ x: 102, y: 50 }), lines, native)).toEqual(lines);
  });

  it('follow their label where nothing stands behind them', () => {
    const lines = [line(48, ['Agreed', 60, 70])];
    expect(texts(withSelectionMarks(page({ x: 136, y: 50 }), lines, native))).toEqual(['Agreed ☐']);
  });

  it('far from any line are lines of their own', () => {
    const read = withSelectionMarks(page({ x: 400, y: 120, marked: true }), [line(20, ['Title', 60, 50])], native);
    expect(texts(read)).toEqual(['Title', '☑']);
    expect(read[1]).toMatchObject({ source: 'selection-mark', confidence: 1 });
  });

  it('are none where they are the cells of a field for letters', () => {
    const cells = [0, 1, 2, 3].map((i) => ({ x: 200 + 24 * i, y: 50 }));
    expect(texts(withSelectionMarks(page(...cells), [line(48, ['Name', 100, 60])], native))).toEqual(['Name']);
  });

  it('a page without lines is left as it is', () => {
    expect(withSelectionMarks(page({ x: 100, y: 50 }), [], native)).toEqual([]);
  });
});
