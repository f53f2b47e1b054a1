import { describe, expect, it } from 'vitest';
import type { StyledLine } from '../../../../src/engine/stages/line-box.js';
import { linesFromTextLayer } from '../../../../src/engine/stages/lines-from-text-layer.js';
import type { TextLayerLine } from '../../../../src/engine/stages/open.js';
import { quadOf } from './page-of-lines.js';

/** A run of words set in 10 points, each letter 5 points wide, with 3 points between words unless told. */
function run(
  text: string,
  x: number,
  y: number,
  options: { size?: number; bold?: boolean; gaps?: number[] } = {},
): TextLayerLine {
  const { size = 10, bold = false, gaps = [] } = options;
  let left = x;
  const words = text.split(' ').map((word, i) => {
    const quad = quadOf(left, y, (word.length * size) / 2, size);
    left += (word.length * size) / 2 + (gaps[i] ?? 3);
    return { text: word, quad };
  });
  const last = words[words.length - 1];
  const end = last?.quad[1]?.x ?? x;
  return {
    text,
    quad: quadOf(x, y, end - x, size),
    fontSizePt: size,
    bold,
    italic: false,
    words: () => words,
    widestGapPt: words.length < 2 ? 0 : Math.max(3, ...gaps),
    visible: true,
  };
}

function read(lines: readonly TextLayerLine[], scale = 1) {
  return linesFromTextLayer({ lines, characters: 100, unmappedCharacters: 0 }, scale);
}

const wordsIn = (line: StyledLine | undefined) => line?.makeWords?.().map((word) => word.text);

describe('lines from a text layer', () => {
  it('runs on one baseline with a word space between become one line', () => {
    const [line, ...rest] = read([run('Hello', 100, 50), run('world', 128, 50)]);
    expect(rest).toEqual([]);
    expect(line?.text).toBe('Hello world');
    expect(line?.quad).toEqual(quadOf(100, 50, 53, 10));
    expect(wordsIn(line)).toEqual(['Hello', 'world']);
  });

  it('runs that touch are one word', () => {
    const [line] = read([run('E=mc', 100, 50), run('2', 120, 47, { size: 7 }), run('holds', 126.5, 50)]);
    expect(line?.text).toBe('E=mc2 holds');
    expect(wordsIn(line)).toEqual(['E=mc2', 'holds']);
    expect(line?.style?.fontSizePx).toBe(10);
  });

  it('an index drawn into the gap of a line stands where it was drawn', () => {
    const index = (text: string, x: number) => run(text, x, 54, { size: 6 });
    const [line, ...rest] = read([
      run('FD and FD are', 100, 50, { gaps: [6, 3, 7] }),
      index('3', 110),
      index('4', 144),
    ]);
    expect(rest).toEqual([]);
    expect(line?.text).toBe('FD3 and FD4 are');
    expect(wordsIn(line)).toEqual(['FD3', 'and', 'FD4', 'are']);
    expect(line?.style?.fontSizePx).toBe(10);
  });

  it('a glyph without a character holds its line together and leaves nothing', () => {
    const quad = quadOf(128, 50, 12, 10);
    const glyph = { ...run('=', 128, 50), text: '', quad, words: () => [{ text: '', quad }] };
    const [line, ...rest] = read([run('Hello', 100, 50), glyph, run('world', 143, 50)]);
    expect(rest).toEqual([]);
    expect(line?.text).toBe('Hello world');
    expect(wordsIn(line)).toEqual(['Hello', 'world']);
    expect(read([glyph])).toEqual([]);
  });

  it('a wide gap inside a run parts two lines', () => {
    expect(read([run('left column right column', 100, 50, { gaps: [3, 40, 3] })]).map((line) => line.text)).toEqual([
      'left column',
      'right column',
    ]);
  });

  it('text printed twice in one place is kept once', () => {
    expect(read([run('Bold', 100, 50), run('Bold', 100.4, 50)]).map((line) => line.text)).toEqual(['Bold']);
    expect(read([run('Twice', 100, 50), run('Twice', 100, 70)]).map((line) => line.text)).toEqual(['Twice', 'Twice']);
  });

  it('lines under each other stay apart', () => {
    expect(read([run('upper', 100, 50), run('lower', 100, 61)])).toHaveLength(2);
  });

  it('points become pixels', () => {
    const [line] = read([run('Hi', 100, 50, { bold: true })], 2);
    const { makeWords, ...rest } = line as StyledLine;
    expect(rest).toEqual({
      text: 'Hi',
      quad: quadOf(200, 100, 20, 20),
      confidence: 1,
      source: 'text-layer',
      style: { fontSizePx: 20, bold: true, italic: false },
    });
    expect(makeWords?.()).toEqual([{ text: 'Hi', quad: quadOf(200, 100, 20, 20), confidence: 1 }]);
  });

  it('an initial some lines high begins the uppermost of them, which is no higher for it', () => {
    const beside = ['he Chief of the', 'Staff said on the', 'day that he was'].map((text, i) =>
      run(text, 132, 52 + 12 * i),
    );
    const around = [run('By the editor', 110, 40), run('glad of it, and that', 110, 88)];
    const lines = read([run('T', 110, 42, { size: 40 }), ...beside, ...around]);
    expect(lines.map(({ text }) => text).sort()).toEqual([
      'By the editor',
      'Staff said on the',
      'The Chief of the',
      'day that he was',
      'glad of it, and that',
    ]);
    const first = lines.find(({ text }) => text === 'The Chief of the');
    expect(first?.quad).toEqual(quadOf(110, 52, 22 + 69, 10));
    expect(first?.style?.fontSizePx).toBe(10);
    expect(wordsIn(first)).toEqual(['The', 'Chief', 'of', 'the']);
  });

  it('text beside a headline is no part of it, an index that touches a word is', () => {
    const headline = run('Weather', 140, 40, { size: 40 });
    expect(read([run('beside', 100, 55), headline]).map(({ text }) => text)).toEqual(['beside', 'Weather']);
    expect(read([run('m', 100, 50), run('2', 105, 48, { size: 5 })]).map(({ text }) => text)).toEqual(['m2']);
  });
});
