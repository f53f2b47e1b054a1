/** `omega ocr`: reads documents on this machine and writes their text. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { unknownName } from '../coerce.js';
import { processConfig } from '../config.js';
import type { Engine } from '../engine/engine.js';
import { openEngines } from '../engine/engines.js';
import { OcrError } from '../errors.js';
import { FILE_EXTENSIONS, FORMATS, type Format, WORD_FORMATS } from '../export/formats.js';
import type { FigureLink } from '../export/markdown.js';
import { pageLayer } from '../export/page-layer.js';
import { MODES, TEXT_LAYER_POLICIES } from '../schema/options.js';
import { engineConfig } from './engine-config.js';
import { explainPage } from './explain.js';
import { readOptions } from './flags.js';
import { findInputs, type Input } from './inputs.js';
import { completedJob, formatDocument, type ResultOptions, readPages } from './ocr-results.js';
import { type Progress, startProgress } from './progress.js';
import { type DocumentOutcome, type PageOutcome, readDocuments } from './read-documents.js';

interface Flags {
  readonly out?: string;
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
  readonly explain?: boolean;
}

/** Pages in flight a thread: one being read, one waiting, so that no thread idles between two pages. */
const PAGES_A_THREAD = 2;

export function addOcrCommand(program: Command): void {
  program
    .command('ocr')
    .description('read documents and write their text')
    .argument(
      '<input...>',
      'PDF, PNG, JPEG, TIFF or WebP files, folders of them, or quoted patterns such as "scans/**/*.pdf"',
    )
    .option('-o, --out <dir>', 'write <dir>/<input file name>.<format> instead of standard output')
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
    .option('--figures', 'cut figures out as PNG files beside the Markdown or HTML, which shows them; needs --out')
    .option('--threads <number>', 'pages read at the same time')
    .option('--explain', 'say on standard error what was measured on each page, and how that decided who read it')
    .addHelpText(
      'after',
      '\nExit status: 0 everything was read, 1 some of it failed, 2 the command was not understood.',
    )
    .action(async (args: string[], flags: Flags) => {
      process.exitCode = await ocr(args, flags);
    });
}

async function ocr(args: readonly string[], flags: Flags): Promise<number> {
  const options = readOptions({
    ...(flags.mode === undefined ? {} : { mode: flags.mode }),
    ...(flags.pages === undefined ? {} : { pages: flags.pages }),
    ...(flags.textLayer === undefined ? {} : { text_layer: flags.textLayer }),
    ...(flags.languages === undefined ? {} : { languages: flags.languages }),
    ...(flags.dpi === undefined ? {} : { dpi: flags.dpi }),
    ...(flags.password === undefined ? {} : { password: flags.password }),
    tables: flags.tables,
  });
  const formats = readFormats(flags);
  const words = flags.wordBoxes === true;
  const config = engineConfig(processConfig(), flags.threads);
  const { documents, problems } = await findInputs(args, process.cwd());
  if (flags.out !== undefined) refuseCollisions(documents);
  else if (documents.length > 1) refuseMixing(formats);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (documents.length === 0) return 1;

  const startedAt = Date.now();
  const engine = await openEngines(config);
  const progress = startProgress(process.stderr, documents.length);
  const { pages, ...given } = options;
  const pageOptions = { ...given, word_boxes: words || formats.some((format) => WORD_FORMATS.includes(format)) };
  const request = {
    inputs: documents,
    pages,
    options: pageOptions,
    concurrency: PAGES_A_THREAD * engine.status().threads,
  };
  let pagesRead = 0;
  let failures = problems.length;
  try {
    if (options.languages !== undefined) await engine.checkLanguages(options.languages);
    const listener = {
      opened: (_: Input, pageCount: number) => progress.documentOpened(pageCount),
      pageDone: (input: Input, outcome: PageOutcome) => {
        progress.pageDone(outcome.page === undefined);
        if (flags.explain && outcome.page !== undefined) progress.say(explainPage(input.name, outcome.page));
      },
    };
    for await (const document of readDocuments(engine, request, listener)) {
      const problems = documentProblems(document);
      for (const problem of problems) progress.say(problem);
      failures += problems.length;
      pagesRead += document.pages.filter(({ page }) => page !== undefined).length;
      if (document.pages.every(({ page }) => page === undefined)) continue;
      const texts = formats.filter((format) => format !== 'pdf');
      const [format = 'md'] = texts;
      if (flags.out === undefined) {
        await print(document, format, { words, several: documents.length > 1 }, progress);
        continue;
      }
      const out = resolve(flags.out);
      const cut = flags.figures ? await saveFigures(engine, document, options.password, out) : undefined;
      await save(document, texts, { words, ...(cut === undefined ? {} : { link: cut.link }) }, out);
      const pdfProblem = formats.includes('pdf') ? await savePdf(engine, document, options.password, out) : undefined;
      for (const problem of [...(cut?.problems ?? []), ...(pdfProblem === undefined ? [] : [pdfProblem])]) {
        progress.say(problem);
        failures += 1;
      }
    }
  } finally {
    progress.stop();
    await engine.close();
  }
  if (documents.length > 1)
    process.stderr.write(`${summary(documents.length, pagesRead, Date.now() - startedAt, failures)}\n`);
  return failures === 0 ? 0 : 1;
}

/** @throws OcrError request.option-invalid */
function readFormats({ format = 'md', out, figures }: Flags): readonly Format[] {
  const names = format.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !FORMATS.includes(name as Format));
  if (unknown !== undefined) throw new OcrError('request.option-invalid', unknownName('format', unknown, FORMATS));
  if ((names.length > 1 || names.includes('pdf')) && out === undefined) {
    const what = names.length > 1 ? 'Several formats need' : 'A PDF needs';
    throw new OcrError('request.option-invalid', `${what} a folder to be written to: give --out`);
  }
  if (figures && !(out !== undefined && (names.includes('md') || names.includes('html')))) {
    throw new OcrError(
      'request.option-invalid',
      'Figures are shown by md and html in a folder: give --out with one of them',
    );
  }
  return [...new Set(names as Format[])];
}

/** @throws OcrError request.option-invalid where two documents' results would have the same name */
function refuseCollisions(documents: readonly Input[]): void {
  const owners = new Map<string, Input>();
  for (const input of documents) {
    const owner = owners.get(input.outputName);
    if (owner !== undefined) {
      throw new OcrError(
        'request.option-invalid',
        `The results of ${owner.name} and ${input.name} would have the same name: read them into two folders`,
      );
    }
    owners.set(input.outputName, input);
  }
}

/** Documents of these formats cannot stand behind each other. @throws OcrError request.option-invalid */
function refuseMixing(formats: readonly Format[]): void {
  const whole = formats.find((format) => format === 'html' || format === 'hocr' || format === 'alto');
  if (whole === undefined) return;
  throw new OcrError(
    'request.option-invalid',
    `Several documents as ${whole} need a folder to be written to: give --out`,
  );
}

function documentProblems({ input, error, pages }: DocumentOutcome): string[] {
  if (error !== undefined) return [`${input.name}: ${error.message}`];
  return pages.flatMap(({ pageIndex, error: pageError }) =>
    pageError === undefined ? [] : [`${input.name}, page ${pageIndex + 1}: ${pageError.message}`],
  );
}

/** Several documents on one stream are told apart by their names, or by the line each one takes. */
async function print(
  document: DocumentOutcome,
  format: Exclude<Format, 'pdf'>,
  { several, ...options }: ResultOptions & { readonly several: boolean },
  progress: Progress,
): Promise<void> {
  const text =
    format === 'json' && several
      ? JSON.stringify(completedJob(document, options))
      : formatDocument(document, format, options);
  const heading = format === 'md' && several ? `<!-- ${document.input.name.replaceAll('--', '- -')} -->\n\n` : '';
  const separator = format === 'json' || !several ? '\n' : '\n\n';
  progress.makeRoom();
  await new Promise<void>((done, fail) => {
    process.stdout.write(heading + text + separator, (error) => (error ? fail(error) : done()));
  });
}

async function save(
  document: DocumentOutcome,
  formats: readonly Exclude<Format, 'pdf'>[],
  options: ResultOptions,
  out: string,
): Promise<void> {
  for (const format of formats) {
    const path = join(out, `${document.input.outputName}.${FILE_EXTENSIONS[format]}`);
    await mkdir(dirname(path), { recursive: true });
    await wholeFile(path, (partial) => writeFile(partial, `${formatDocument(document, format, options)}\n`));
  }
}

/** Where figures were written, and why some were not. */
async function saveFigures(
  engine: Pick<Engine, 'cutPictures'>,
  document: DocumentOutcome,
  password: string | undefined,
  out: string,
): Promise<{ readonly link: FigureLink; readonly problems: readonly string[] }> {
  const { input } = document;
  const folder = `${input.outputName}-figures`;
  const written = new Set<string>();
  const problems: string[] = [];
  const nameOf = (pageIndex: number, index: number) => `page-${pageIndex + 1}-${index + 1}.png`;
  for (const { pageIndex, widthPx, heightPx, rotation = 0, blocks } of readPages(document)) {
    const rects = blocks.filter(({ type }) => type === 'figure').map(({ rect }) => rect);
    if (rects.length === 0) continue;
    const task = { path: input.path, pageIndex, password, widthPx, heightPx, rotation, rects };
    try {
      const pictures = await engine.cutPictures(task);
      await mkdir(join(out, folder), { recursive: true });
      for (const [index, picture] of pictures.entries()) {
        const name = nameOf(pageIndex, index);
        await wholeFile(join(out, folder, name), (partial) => writeFile(partial, picture));
        written.add(name);
      }
    } catch (error) {
      if (!(error instanceof OcrError)) throw error;
      problems.push(`${input.name}, page ${pageIndex + 1}: its figures could not be cut out. ${error.message}`);
    }
  }
  const link: FigureLink = ({ pageIndex, index }) => {
    const name = nameOf(pageIndex, index);
    return written.has(name) ? `${encodeURIComponent(basename(folder))}/${name}` : undefined;
  };
  return { link, problems };
}

/** Why it could not be made, if so. */
async function savePdf(
  engine: Pick<Engine, 'makePdf'>,
  document: DocumentOutcome,
  password: string | undefined,
  out: string,
): Promise<string | undefined> {
  const { input, pages } = document;
  const path = join(out, `${input.outputName}.${FILE_EXTENSIONS.pdf}`);
  const layersPath = `${path}.${process.pid}.layers`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(
      layersPath,
      readPages(document).map((page) => `${JSON.stringify(pageLayer(page))}\n`),
    );
    await wholeFile(path, (outPath) =>
      engine.makePdf({ path: input.path, password, layersPath, outPath, pageCount: pages.length }),
    );
    return undefined;
  } catch (error) {
    if (error instanceof OcrError) return `${input.name}: the searchable PDF could not be made. ${error.message}`;
    throw error;
  } finally {
    await rm(layersPath, { force: true });
  }
}

/** The file appears whole or not at all. */
async function wholeFile(path: string, write: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    await write(partial);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

function summary(documents: number, pages: number, ms: number, failures: number): string {
  const failed = failures === 0 ? '' : `; ${failures} failed`;
  return `${pages} ${pages === 1 ? 'page' : 'pages'} of ${documents} documents in ${(ms / 1000).toFixed(1)} s${failed}`;
}
