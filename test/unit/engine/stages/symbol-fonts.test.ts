import { expect, it } from 'vitest';
import { characterOfSymbolFont } from '../../../../src/engine/stages/symbol-fonts.js';

const read = (font: string, codes: readonly number[]) =>
  codes.map((code) => characterOfSymbolFont(font, 0xf000 + code) ?? '-').join('');

it('Symbol has Greek letters and the signs of mathematics', () => {
  expect(read('NJCDOH+SymbolMT', [0x61, 0x57, 0x7e, 0x2d, 0x3d])).toBe('αΩ∼−=');
  expect(read('Symbol', [0xa0, 0xa3, 0xb0, 0xb7, 0xc0, 0xd0, 0xe0, 0xf2, 0xfe])).toBe('€≤°•ℵ∠◊∫⎭');
});

it('Wingdings has the marks of lists and forms', () => {
  expect(read('ODDORU+Wingdings-Regular', [0x6e, 0xa7, 0xfc, 0xfe])).toBe('■▪✓☑');
});

it('other fonts, and codes that are no place in a font, have none', () => {
  expect(read('Wingdings2', [0x6e])).toBe('-');
  expect(read('Helvetica', [0x41])).toBe('-');
  expect(characterOfSymbolFont('Symbol', 0xe041)).toBeUndefined();
  expect(read('Symbol', [0x10, 0x85, 0xff])).toBe('---');
});
