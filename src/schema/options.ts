/** What a caller may ask of a reading: the form fields of `POST /v1/ocr` and the flags of `omega ocr`. */
import { type Static, Type } from 'typebox';
import { oneOf } from './one-of.js';

export const MODES = ['auto', 'fast', 'quality'] as const;
export const TEXT_LAYER_POLICIES = ['auto', 'ignore', 'only'] as const;

export const OcrOptions = Type.Object(
  {
    mode: oneOf(MODES, {
      default: 'auto',
      description:
        'auto: models by page complexity; fast: the smallest everywhere; quality: the largest installed everywhere.',
    }),
    text_layer: oneOf(TEXT_LAYER_POLICIES, {
      default: 'auto',
      description:
        'auto: a PDF page is read from its text layer where that can be trusted; ignore: never; only: always.',
    }),
    pages: Type.Optional(
      Type.String({ description: 'Page numbers from 1, as in "1-3,7" or "5-". All pages when absent.' }),
    ),
    languages: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z]{2,3}$' }), {
        description: 'ISO 639 codes; restricts the characters that recognition may answer.',
      }),
    ),
    dpi: Type.Optional(
      Type.Integer({
        minimum: 36,
        maximum: 600,
        description: 'Resolution at which PDF pages are rendered. Chosen from the content when absent.',
      }),
    ),
    password: Type.Optional(Type.String({ description: 'Opens an encrypted PDF.' })),
    word_boxes: Type.Boolean({ default: false, description: 'Adds `words` to each line.' }),
    searchable_pdf: Type.Optional(
      Type.Boolean({
        description: 'Makes a searchable PDF before the job ends: `GET /v1/jobs/{id}/result?format=pdf`.',
      }),
    ),
    tables: Type.Boolean({ default: true, description: 'Reads the structure of tables.' }),
  },
  { additionalProperties: false },
);
export type OcrOptions = Static<typeof OcrOptions>;
