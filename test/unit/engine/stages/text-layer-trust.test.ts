import { describe, expect, it } from 'vitest';
import type { TextLayer, TextLayerLine } from '../../../../src/engine/stages/open.js';
import { judgeTextLayer } from '../../../../src/engine/stages/text-layer-trust.js';
import { quadOf } from './page-of-lines.js';

const SIZE = { width: 612, height: 792 };
const PROSE = 'The quick brown fox jumps over the lazy dog and goes on running.';

function lineAt(text: string, y: number, visible = true): TextLayerLine {
  return {
    text,
    quad: quadOf(72, y, 400, 11),
    fontSizePt: 11,
    bold: false,
    italic: false,
    words: () => [],
    widestGapPt: 0,
    visible,
  };
}

function layer(lines: readonly TextLayerLine[], unmappedCharacters = 0): TextLayer {
  return { lines, characters: lines.reduce((sum, { text }) => sum + text.length, 0), unmappedCharacters };
}

const page = (text: string, count = 20) => layer(Array.from({ length: count }, (_, i) => lineAt(text, 72 + 14 * i)));
const judge = (of: TextLayer | undefined, imageCoverage = 0) => judgeTextLayer(of, imageCoverage, SIZE, 'auto');

describe('the text layer of a page', () => {
  it('is trusted when it is complete, visible and plausible', () => {
    expect(judge(page(PROSE))).toMatchObject({ trusted: true, reason: 'the text layer is complete' });
    expect(judge(page('管理層討論與分析截至九月份止六個月財務業績概要'))).toMatchObject({ trusted: true });
  });

  it('is never trusted where it is to be ignored, always where only it was asked for', () => {
    expect(judgeTextLayer(page(PROSE), 0, SIZE, 'ignore').trusted).toBe(false);
    expect(judgeTextLayer(undefined, 1, undefined, 'only').trusted).toBe(true);
  });

  it.each([
    ['there is none', undefined, 0, 'there is no text layer'],
    ['it is a page number', layer([lineAt('17', 700)]), 0, 'the text layer holds next to nothing'],
    [
      'glyphs are unmapped',
      { ...page(PROSE), unmappedCharacters: 100 },
      0,
      'fonts of the text layer map glyphs to no characters',
    ],
    [
      'it is invisible',
      layer([lineAt(PROSE, 72, false), lineAt(PROSE, 90, false)]),
      0,
      'the text layer is invisible, as earlier OCR leaves it',
    ],
    ['a scan covers the page', page(PROSE), 0.98, 'an image covers the page'],
    [
      'there are images and little text',
      layer([lineAt(PROSE, 72)]),
      0.5,
      'images cover much of the page and there is little text',
    ],
    ['words have no spaces', page('thequickbrownfoxjumpsoverthelazydog'), 0, 'the text layer is not plausible text'],
    ['letters have spaces between', page('T h e q u i c k b r o w n f o x'), 0, 'the text layer is not plausible text'],
    ['it is full of control characters', page('abc\u0001\u0002def\u0003'), 0, 'the text layer is not plausible text'],
    ['it is full of signs', page('%&$ ##@ (*) !! ~~ ++ <> {} []'), 0, 'the text layer is not plausible text'],
    [
      'letters are exchanged for others',
      page([...PROSE].map((c) => (/[a-y]/.test(c) ? String.fromCharCode(c.charCodeAt(0) + 1) : c)).join('')),
      0,
      'the letters of the text layer are not those of a language, as if its fonts were mislabelled',
    ],
    [
      'lines lie on each other',
      layer(['one', 'two', 'three'].map((text) => lineAt(`${text} ${PROSE}`, 72))),
      0,
      'lines of the text layer lie on each other',
    ],
  ])('is not trusted where %s', (_, of, coverage, reason) => {
    expect(judge(of, coverage)).toMatchObject({ trusted: false, reason });
  });

  it('is trusted beside illustrations', () => {
    expect(judge(page(PROSE), 0.4)).toMatchObject({ trusted: true });
  });

  it('is reported check by check, with what was measured and asked for', () => {
    const { checks } = judge(layer([lineAt('seventeen', 700)]), 0.1);
    expect(checks.slice(0, 4)).toEqual([
      { name: 'characters', atLeast: 24, value: 9, passed: false },
      { name: 'glyphs without characters', atMost: 0.03, value: 0, passed: true },
      { name: 'invisible characters', atMost: 0.1, value: 0, passed: true },
      { name: 'image coverage', atMost: 0.75, value: 0.1, passed: true },
    ]);
    // Too few letters to judge a language by, and images too small to ask for text beside them.
    expect(checks.map(({ name }) => name)).not.toContain('common letters');
    expect(checks.map(({ name }) => name)).not.toContain('characters a square inch');
  });

  it('is judged by its letters whatever the alphabet', () => {
    expect(
      judge(page('Все счастливые семьи похожи друг на друга, каждая из остальных несчастлива по-своему')),
    ).toMatchObject({ trusted: true });
    expect(
      judge(page('Âñå ñ÷àñòëèâûå ñåìüè ïîõîæè äðóã íà äðóãà, êàæäàÿ èç îñòàëüíûõ íåñ÷àñòëèâà ïî-ñâîåìó')),
    ).toMatchObject({ trusted: false });
  });
});
