/** The formats a whole document can be had in, and what writes each. */
import { altoWriter } from './alto.js';
import type { Settling } from './document.js';
import { hocrWriter } from './hocr.js';
import { htmlWriter } from './html.js';
import { type FigureLink, markdownWriter } from './markdown.js';
import { pageText } from './text.js';
import type { DocumentWriter } from './writer.js';

/** Written from the document's pages alone. */
export const TEXT_FORMATS = ['md', 'txt', 'html', 'hocr', 'alto'] as const;
export type TextFormat = (typeof TEXT_FORMATS)[number];

export const FORMATS = ['md', 'txt', 'json', 'html', 'hocr', 'alto', 'pdf'] as const;
export type Format = (typeof FORMATS)[number];

/** Those that place single words: pages are best read with word boxes for them. */
export const WORD_FORMATS: readonly Format[] = ['hocr', 'alto', 'pdf'];

export const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  md: 'text/markdown; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  json: 'application/json; charset=utf-8',
  html: 'text/html; charset=utf-8',
  hocr: 'text/html; charset=utf-8',
  alto: 'application/xml; charset=utf-8',
  pdf: 'application/pdf',
};

/** Of file names: what programs that open them go by. */
export const FILE_EXTENSIONS: Readonly<Record<Format, string>> = {
  md: 'md',
  txt: 'txt',
  json: 'json',
  html: 'html',
  hocr: 'hocr',
  alto: 'alto.xml',
  pdf: 'pdf',
};

export function textWriter(format: TextFormat, settling: Settling, link?: FigureLink): DocumentWriter {
  switch (format) {
    case 'md':
      return markdownWriter(settling.vocabulary, link);
    case 'txt':
      return plainTextWriter();
    case 'html':
      return htmlWriter(settling, link);
    case 'hocr':
      return hocrWriter();
    case 'alto':
      return altoWriter();
  }
}

function plainTextWriter(): DocumentWriter {
  let isFirst = true;
  return {
    begin: () => '',
    push(page) {
      const text = pageText(page);
      if (text === '') return '';
      const separator = isFirst ? '' : '\n\n';
      isFirst = false;
      return separator + text;
    },
    end: () => '',
  };
}
