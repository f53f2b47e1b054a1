/** What is asked of a reading, as the form beside the drop zone has it. */
import { signal } from '@preact/signals';

export interface ReadingOptions {
  readonly mode: 'auto' | 'fast' | 'quality';
  readonly textLayer: 'auto' | 'ignore' | 'only';
  readonly languages: string;
  readonly pages: string;
  readonly password: string;
  readonly wordBoxes: boolean;
  readonly tables: boolean;
  readonly searchablePdf: boolean;
}

export const USUAL_OPTIONS: ReadingOptions = {
  mode: 'auto',
  textLayer: 'auto',
  languages: '',
  pages: '',
  password: '',
  wordBoxes: true,
  tables: true,
  searchablePdf: false,
};

export const readingOptions = signal(USUAL_OPTIONS);

/** The form of a submission. Spaces are dropped, as people write "en, el". */
export function submissionForm(file: File, options: ReadingOptions): FormData {
  const form = new FormData();
  const set = (name: string, value: string) => value !== '' && form.append(name, value);
  set('mode', options.mode);
  set('text_layer', options.textLayer);
  set('languages', options.languages.replace(/\s+/g, '').toLowerCase());
  set('pages', options.pages.replace(/\s+/g, ''));
  set('password', options.password);
  set('word_boxes', String(options.wordBoxes));
  set('tables', String(options.tables));
  set('searchable_pdf', String(options.searchablePdf));
  form.append('file', file, file.name);
  return form;
}
