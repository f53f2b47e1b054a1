/** Flags → reading options, by the schema the API's form fields are read by. */
import { Type } from 'typebox';
import { coerceStrings } from '../coerce.js';
import { OcrOptions } from '../schema/options.js';
import { checkPageRanges } from '../schema/page-ranges.js';

/** The form field `text_layer` is the flag `--text-layer`. */
const FLAG_SCHEMA = Type.Object(
  Object.fromEntries(Object.entries(OcrOptions.properties).map(([name, schema]) => [flagName(name), schema])),
);

/** No document has more pages; ranges are checked against it before any is opened. */
const MAX_PAGE_NUMBER = 999_999;

/** Values as commander gives them, by the name of the form field. */
export type FlagValues = Readonly<Partial<Record<keyof OcrOptions, string | boolean>>>;

/** @throws OcrError request.option-invalid */
export function readOptions(values: FlagValues): OcrOptions {
  const strings = Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[flagName(name), String(value)]])),
  );
  const coerced = coerceStrings(FLAG_SCHEMA, strings, { code: 'request.option-invalid', noun: 'option' }) as Record<
    string,
    unknown
  >;
  const options = Object.fromEntries(
    Object.keys(OcrOptions.properties).flatMap((name) => {
      const value = coerced[flagName(name)];
      return value === undefined ? [] : [[name, value]];
    }),
  ) as OcrOptions;
  checkPageRanges(options.pages, MAX_PAGE_NUMBER);
  return options;
}

function flagName(field: string): string {
  return `--${field.replaceAll('_', '-')}`;
}
