import { describe, expectTypeOf, it } from 'vitest';
import type { Config } from '../../src/config.js';
import type { EngineOptions, ReadOptions } from '../../src/index.js';
import type { OcrOptions } from '../../src/schema/options.js';

/** Its members, whether or not they must be given. */
type Members<T> = { -readonly [Name in keyof T]-?: Exclude<T[Name], undefined> };

describe('the options of the library', () => {
  it('are those of the API by name and type, but for the PDF that the document makes itself', () => {
    type Asked = Members<Omit<ReadOptions, 'signal'>>;
    expectTypeOf<Asked>().toEqualTypeOf<Members<Omit<OcrOptions, 'searchable_pdf'>>>();
  });

  it('are those of the configuration that decide on the engine', () => {
    expectTypeOf<Members<EngineOptions>>().toEqualTypeOf<Members<Pick<Config, keyof EngineOptions>>>();
  });
});
