import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../src/cli/flags.js';

describe('readOptions', () => {
  it('gives the defaults of the API where no flag is given', () => {
    expect(readOptions({})).toEqual({ mode: 'auto', text_layer: 'auto', word_boxes: false, tables: true });
  });

  it('reads numbers, lists and switches', () => {
    expect(readOptions({ dpi: '200', languages: 'en,de', word_boxes: true, pages: '1-3' })).toEqual({
      ...{ mode: 'auto', text_layer: 'auto', tables: true },
      ...{ dpi: 200, languages: ['en', 'de'], word_boxes: true, pages: '1-3' },
    });
  });

  it('names the flag as it was typed and hints at a near miss', () => {
    expect(() => readOptions({ text_layer: 'onyl' })).toThrow(
      'Option "--text-layer" must be one of auto, ignore, only (did you mean "only"?), not "onyl"',
    );
  });

  it('refuses malformed page ranges before any document is opened', () => {
    expect(() => readOptions({ pages: '1;3' })).toThrow('"pages" must be page numbers and ranges');
  });
});
