import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { checkValues, coerceStrings, nearestName, unknownName } from '../../src/coerce.js';
import { oneOf } from '../../src/schema/one-of.js';

const Options = Type.Object({
  mode: oneOf(['auto', 'fast'], { default: 'auto' }),
  dpi: Type.Optional(Type.Integer({ minimum: 36, maximum: 600 })),
  tables: Type.Boolean({ default: true }),
  languages: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z]{2}$' }))),
  title: Type.String(),
});
const context = { code: 'request.option-invalid', noun: 'option' } as const;
const read = (strings: Record<string, string>) => coerceStrings(Options, strings, context);

describe('coerceStrings', () => {
  test('strings become what the schema says, and what is absent takes its default', () => {
    expect(read({ title: '7', dpi: '300', tables: 'false', languages: 'en, de' })).toEqual({
      mode: 'auto',
      dpi: 300,
      tables: false,
      languages: ['en', 'de'],
      title: '7',
    });
  });

  test.each<[Record<string, string>, string]>([
    [{ title: 'x', dpi: '0x40' }, 'Option "dpi" must be a whole number from 36 to 600, not "0x40".'],
    [{ title: 'x', dpi: '' }, 'Option "dpi" must be a whole number from 36 to 600, not "".'],
    [{ title: 'x', tables: 'TRUE' }, 'Option "tables" must be "true" or "false", not "TRUE".'],
    [{ title: 'x', mode: 'Fast' }, 'Option "mode" must be one of auto, fast (did you mean "fast"?), not "Fast".'],
    [
      { title: 'x', constructor: 'y' },
      'Unknown option "constructor"; expected one of mode, dpi, tables, languages, title.',
    ],
    [{}, 'Missing option "title".'],
    [{ title: 'x', mode: 'm'.repeat(99) }, `Option "mode" must be one of auto, fast, not "${'m'.repeat(40)}…".`],
  ])('%j is refused in one sentence', (strings, sentence) => {
    expect(() => read(strings)).toThrow(expect.objectContaining({ code: 'request.option-invalid', message: sentence }));
  });
});

describe('checkValues', () => {
  const check = (values: Record<string, unknown>) => checkValues(Options, values, context);

  test('values are taken as they are, and what is absent or undefined takes its default', () => {
    expect(check({ title: '7', tables: false, mode: undefined })).toEqual({ mode: 'auto', tables: false, title: '7' });
  });

  test.each<[Record<string, unknown>, string]>([
    [{ title: 7 }, 'Option "title" must be a text, not 7.'],
    [{ title: 'x', dpi: '300' }, 'Option "dpi" must be a whole number from 36 to 600, not "300".'],
    [{ title: 'x', tables: 'true' }, 'Option "tables" must be true or false, not "true".'],
    [
      { title: 'x', languages: 'en' },
      'Option "languages" must be an array of texts, each item matching ^[a-z]{2}$, not "en".',
    ],
    [{ title: 'x', tabels: true }, 'Misspelled option "tabels" should be "tables".'],
    [{}, 'Missing option "title".'],
  ])('%j is refused in one sentence', (values, sentence) => {
    expect(() => check(values)).toThrow(expect.objectContaining({ code: 'request.option-invalid', message: sentence }));
  });
});

describe('nearestName', () => {
  test.each([
    ['page', 'pages'],
    ['mdoe', 'mode'],
    ['Text-Layer', 'text_layer'],
    ['format', undefined],
    ['x', undefined],
  ])('%s is meant to be %s', (name, meant) => {
    expect(nearestName(name, ['mode', 'pages', 'text_layer', 'dpi'])).toBe(meant);
  });
});

test('where nothing is known, it says so', () => {
  expect(unknownName('query parameter', 'x', [])).toBe('Unknown query parameter "x"; there is none here.');
});
