/** `omega ocr`: reads documents on this machine and writes their text. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Engine } from '../engine/engine.js';
import { openEngines } from '../engine/engines.js';
import { OcrError } from '../errors.js';
import type { Format } from '../export/formats.js';
import { completedJob, formatDocument, type ResultOptions } from '../reading/ocr-results.js';
import {
  createGate,
  type DocumentOutcome,
  PAGES_A_THREAD,
  type PageOutcome,
  readDocuments,
} from '../reading/read-documents.js';
import { type Batch, documentProblems, type FileEnd, processFile } from './batch.js';
import { openBatchState } from './batch-state.js';
import { explainPage } from './explain.js';
import { type Input, type Inputs, type Problem, resolveInputs } from './inputs.js';
import { formatDuration, type Progress, startProgress } from './progress.js';
import {
  addReadingOptions,
  JOBS_A_THREAD,
  type ReadingChoice,
  type ReadingFlags,
  readReading,
} from './reading-options.js';

interface Flags extends ReadingFlags {
  readonly out?: string;
  readonly retryFailed?: boolean;
  readonly report?: string;
  readonly explain?: boolean;
}

/** Ctrl-C, as shells report a program that it ended. */
const INTERRUPTED = 130;
const FAILED = 1;

export function addOcrCommand(program: Command): void {
  const command = program
    .command('ocr')
    .description('read documents and write their text')
    .argument(
      '<input...>',
      'PDF, PNG, JPEG, TIFF or WebP files, folders of them, or quoted patterns such as "scans/**/*.pdf"',
    )
    .option('-o, --out <dir>', 'write <dir>/<input file name>.<format> instead of standard output');
  addReadingOptions(command)
    .option('--jobs <number>', 'documents open at the same time; needs --out (default: 4 a thread)')
    .option('--retry-failed', 'read again what failed in an earlier run; needs --out')
    .option('--report <file>', 'write a line of JSON for each file; needs --out')
    .option('--explain', 'say on standard error what was measured on each page, and how that decided who read it')
    .addHelpText(
      'after',
      `
With --out, a folder or several files are a run that can be stopped at any time and goes on when the same command is
given again: files that were read, with the same content and options, are left. <dir>/.omega remembers them; remove it
to begin anew.

Exit status: 0 everything was read, 1 some of it failed, 2 the command was not understood, 130 interrupted.`,
    )
    .action(async (args: string[], flags: Flags) => {
      process.exitCode = await ocr(args, flags);
    });
}

/** A run of `omega ocr`, and what became of it. */
interface Run {
  readonly engine: Engine;
  readonly choice: ReadingChoice;
  readonly flags: Flags;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly tally: { files: number; resumed: number; pages: number; failures: number };
}

async function ocr(args: readonly string[], flags: Flags): Promise<number> {
  const choice = readReading(flags);
  refuseWithoutOut(choice, flags);
  const out = flags.out === undefined ? undefined : resolve(flags.out);
  // A folder of results inside a folder that is read holds nothing to read; one that is read itself is refused below.
  const leaveOut = out === undefined || args.some((arg) => resolve(arg) === out) ? [] : [out];
  const inputs = await resolveInputs(args, process.cwd(), leaveOut);
  const toPrint = out === undefined ? await collect(inputs) : undefined;
  if (toPrint !== undefined && toPrint.length === 0) return FAILED;
  if (toPrint !== undefined && toPrint.length > 1) refuseMixing(choice.formats);
  if (out !== undefined && inputs.folders.includes(out)) refuseOwnResults(choice);

  const startedAt = Date.now();
  const engine = await openEngines(choice.engine);
  const progress = startProgress(process.stderr);
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const tally = { files: 0, resumed: 0, pages: 0, failures: 0 };
  const run: Run = { engine, choice, flags, progress, signal: interruption.signal, tally };
  try {
    if (choice.options.languages !== undefined) await engine.checkLanguages(choice.options.languages);
    if (out === undefined) await printAll(toPrint ?? [], run);
    else await writeAll(inputs, out, run);
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    progress.stop();
    await engine.close();
  }
  const { aborted } = interruption.signal;
  if (tally.files > 1 || aborted) process.stderr.write(`${summary(run, Date.now() - startedAt)}\n`);
  if (aborted) return INTERRUPTED;
  return tally.failures === 0 && tally.files > 0 ? 0 : FAILED;
}

/** Says what names nothing to read. */
async function collect(inputs: Inputs): Promise<readonly Input[]> {
  const documents: Input[] = [];
  for await (const found of inputs.find()) {
    if ('problem' in found) process.stderr.write(`${found.problem}\n`);
    else if ('path' in found) documents.push(found);
  }
  return documents;
}

async function printAll(inputs: readonly Input[], run: Run): Promise<void> {
  const { engine, choice, progress, tally, signal } = run;
  const [format = 'md'] = choice.formats;
  if (format === 'pdf') return;
  progress.filesCounted(inputs.length, true);
  const request = { inputs, pages: choice.pages, options: choice.options, concurrency: pagesInFlight(engine), signal };
  for await (const document of readDocuments(engine, request, listenerOf(run))) {
    const problems = documentProblems(document);
    for (const problem of problems) progress.say(problem);
    tally.files += 1;
    tally.failures += problems.length === 0 ? 0 : 1;
    const pages = document.pages.filter(({ page }) => page !== undefined).length;
    tally.pages += pages;
    progress.fileDone(document.input, { failed: problems.length > 0, resumed: false });
    if (pages > 0) await print(document, format, { words: choice.words, several: inputs.length > 1 }, progress);
  }
}

async function writeAll(inputs: Inputs, out: string, run: Run): Promise<void> {
  const { engine, choice, flags, progress, signal } = run;
  await mkdir(out, { recursive: true });
  const state = inputs.isSingleFile && flags.retryFailed !== true ? undefined : openBatchState(out);
  const report = flags.report === undefined ? undefined : openSync(flags.report, 'w');
  try {
    const batch: Batch = {
      engine,
      reading: { pages: choice.pages, options: choice.options, gate: createGate(pagesInFlight(engine)), signal },
      files: { ...choice, out, password: choice.options.password, partialFolder: state?.partialFolder },
      state,
      retryFailed: flags.retryFailed === true,
      remakeResults: true,
    };
    void count(inputs, progress, signal);
    const found = inputs.find();
    const lane = async () => {
      // The lanes share one walk: each takes the next file when it is free.
      for await (const next of found) {
        signal.throwIfAborted();
        if ('problem' in next) told(next, run);
        else if ('noDocument' in next) progress.fileLeftOut();
        else {
          const end = await processFile(batch, next, listenerOf(run));
          ended(next, end, run);
          // Whole lines, at once: a run that is killed leaves no half of one.
          if (report !== undefined) writeSync(report, `${JSON.stringify({ path: next.name, ...end })}\n`);
        }
      }
    };
    const lanes = Array.from({ length: choice.jobs ?? JOBS_A_THREAD * engine.status().threads }, lane);
    try {
      await Promise.all(lanes);
    } catch (error) {
      // What the other lanes wait for ends with the engine; they must not outlive the state.
      await engine.close();
      await Promise.allSettled(lanes);
      throw error;
    }
  } finally {
    if (report !== undefined) closeSync(report);
    state?.close();
  }
}

function pagesInFlight(engine: Engine): number {
  return PAGES_A_THREAD * engine.status().threads;
}

function told({ problem }: Problem, { progress, tally }: Run): void {
  progress.say(problem);
  tally.failures += 1;
}

function ended(input: Input, end: FileEnd, { progress, tally }: Run): void {
  for (const problem of end.problems) progress.say(problem);
  const failed = end.outcome !== 'done';
  tally.files += 1;
  if (failed) tally.failures += 1;
  if (end.resumed) tally.resumed += 1;
  else tally.pages += end.pages - end.pages_failed;
  progress.fileDone(input, { failed, resumed: end.resumed });
}

/** Beside the reading, which it is far ahead of; what cannot be walked is told there. */
async function count(inputs: Inputs, progress: Progress, signal: AbortSignal): Promise<void> {
  let files = 0;
  for await (files of inputs.count()) {
    if (signal.aborted) return;
    progress.filesCounted(files, false);
  }
  progress.filesCounted(files, true);
}

function listenerOf({ flags, progress }: Run) {
  return {
    opened: (input: Input, pageCount: number) => progress.documentOpened(input, pageCount),
    pageDone(input: Input, outcome: PageOutcome) {
      progress.pageDone(input, outcome.page === undefined);
      if (flags.explain && outcome.page !== undefined) progress.say(explainPage(input.name, outcome.page));
    },
  };
}

/** @throws OcrError request.option-invalid */
function refuseWithoutOut({ formats, figures }: ReadingChoice, flags: Flags): void {
  if (flags.out !== undefined) return;
  const what =
    formats.length > 1
      ? 'Several formats need'
      : formats.includes('pdf')
        ? 'A PDF needs'
        : figures
          ? 'Figures need'
          : flags.report !== undefined
            ? 'A report needs'
            : flags.retryFailed || flags.jobs !== undefined
              ? `${flags.retryFailed ? '--retry-failed' : '--jobs'} needs`
              : undefined;
  if (what === undefined) return;
  throw new OcrError('request.option-invalid', `${what} a folder to be written to: give --out`);
}

/** @throws OcrError request.option-invalid where results would be read as documents by the next run */
function refuseOwnResults({ formats, figures }: ReadingChoice): void {
  if (!formats.includes('pdf') && !figures) return;
  throw new OcrError(
    'request.option-invalid',
    'PDFs and figures written into the folder that is read would be read themselves: give --out another folder',
  );
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

function summary({ flags, tally, signal }: Run, ms: number): string {
  const { files, resumed, pages, failures } = tally;
  const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
  const before = resumed === 0 ? '' : ` (${resumed} of them read before)`;
  const rate = pages === 0 ? '' : `, ${((1000 * pages) / ms).toFixed(1)} pages/s`;
  const retry = failures > 0 && resumed > 0 && !flags.retryFailed ? ' (--retry-failed reads them again)' : '';
  const failed = failures === 0 ? '' : `; ${failures} failed${retry}`;
  const goOn = flags.out === undefined ? '' : '; the same command goes on from there';
  const interrupted = signal.aborted ? `Interrupted after ` : '';
  return `${interrupted}${counted(files, 'file')}${before}, ${counted(pages, 'page')} in ${formatDuration(ms)}${rate}${failed}${signal.aborted ? goOn : ''}`;
}
