/** The flags by which `omega ocr` and `omega watch` are told how to read and what to write. */

import type { Command } from 'commander';
import { Type } from 'typebox';
import { coerceStrings, unknownName } from '../coerce.js';
import { Config, processConfig } from '../config.js';
import type { PageOptions } from '../engine/engine.js';
import type { EnginesConfig } from '../engine/engines.js';
import { OcrError } from '../errors.js';
import { FORMATS, type Format, WORD_FORMATS } from '../export/formats.js';
import { engineConfig } from '../reading/engine-config.js';
import { MODES, TEXT_LAYER_POLICIES } from '../schema/options.js';
import { readOptions } from './flags.js';
import { tellPreparingHere } from './preparing.js';

export interface ReadingFlags {
  readonly format?: string;
  readonly mode?: string;
  readonly pages?: string;
  readonly textLayer?: string;
  readonly languages?: string;
  readonly dpi?: string;
  readonly password?: string;
  readonly wordBoxes?: boolean;
  readonly tables: boolean;
  readonly figures?: boolean;
  readonly threads?: string;
  readonly jobs?: string;
}

/** What the flags say. */
export interface ReadingChoice {
  readonly pages: string | undefined;
  readonly options: PageOptions;
  readonly formats: readonly Format[];
  readonly words: boolean;
  readonly figures: boolean;
  readonly engine: EnginesConfig;
  /** Documents open at the same time; by the threads where undefined. */
  readonly jobs: number | undefined;
}

/**
 * Of documents of one page: those in flight, and as many that are hashed, opened, or have their results written. Long
 * documents are read one behind the other however many are open, since pages are read in the order they were opened.
 */
export const JOBS_A_THREAD = 4;

const CountFlags = Type.Object({
  '--jobs': Type.Optional(Type.Integer({ minimum: 1, maximum: 1024 })),
  '--threads': Type.Optional(Config.properties.threads),
});

export function addReadingOptions(command: Command): Command {
  return command
    .option('-f, --format <formats>', `${FORMATS.join(', ')}, or several of them separated by commas (default: md)`)
    .option('-m, --mode <mode>', `${MODES.join(', ')} (default: auto)`)
    .option('-p, --pages <ranges>', 'page numbers from 1, as in "1-3,7" or "5-"')
    .option('-t, --text-layer <policy>', `${TEXT_LAYER_POLICIES.join(', ')}: use of a PDF's own text (default: auto)`)
    .option(
      '-l, --languages <codes>',
      'ISO 639 codes separated by commas; only characters of their scripts are recognised',
    )
    .option('--dpi <number>', 'resolution at which PDF pages are rendered')
    .option('--password <password>', 'opens encrypted PDFs')
    .option('--word-boxes', 'add the words of each line to the JSON')
    .option('--no-tables', 'leave the structure of tables alone')
    .option('--figures', 'cut figures out as PNG files beside the Markdown or HTML, which shows them')
    .option('--threads <number>', 'pages read at the same time');
}

/** @throws OcrError request.option-invalid */
export function readReading(flags: ReadingFlags): ReadingChoice {
  const { pages, ...options } = readOptions({
    ...(flags.mode === undefined ? {} : { mode: flags.mode }),
    ...(flags.pages === undefined ? {} : { pages: flags.pages }),
    ...(flags.textLayer === undefined ? {} : { text_layer: flags.textLayer }),
    ...(flags.languages === undefined ? {} : { languages: flags.languages }),
    ...(flags.dpi === undefined ? {} : { dpi: flags.dpi }),
    ...(flags.password === undefined ? {} : { password: flags.password }),
    tables: flags.tables,
  });
  const formats = readFormats(flags.format);
  if (flags.figures && !formats.includes('md') && !formats.includes('html')) {
    throw new OcrError('request.option-invalid', 'Figures are shown by md and html: give --format one of them');
  }
  const words = flags.wordBoxes === true;
  const { '--jobs': jobs, '--threads': threads } = coerceStrings(
    CountFlags,
    {
      ...(flags.jobs === undefined ? {} : { '--jobs': flags.jobs }),
      ...(flags.threads === undefined ? {} : { '--threads': flags.threads }),
    },
    { code: 'request.option-invalid', noun: 'option' },
  );
  const config = processConfig();
  const settings = flags.threads === undefined ? config : { ...config, threads: threads ?? config.threads };
  const engine = { ...engineConfig(settings), onPreparing: tellPreparingHere() };
  return {
    pages,
    options: { ...options, word_boxes: words || formats.some((format) => WORD_FORMATS.includes(format)) },
    formats,
    words,
    figures: flags.figures === true,
    engine,
    jobs,
  };
}

function readFormats(format = 'md'): readonly Format[] {
  const names = format.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !FORMATS.includes(name as Format));
  if (unknown !== undefined) throw new OcrError('request.option-invalid', unknownName('format', unknown, FORMATS));
  return [...new Set(names as Format[])];
}
