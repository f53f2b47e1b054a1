/** One file after another into an output folder: what was read already is left, what is read is recorded. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Engine } from '../engine/engine.js';
import type { ErrorCode, SerializedError } from '../errors.js';
import { type DocumentOutcome, type Reading, type ReadListener, readDocument } from '../reading/read-documents.js';
import type { BatchState, FileOutcome } from './batch-state.js';
import type { Input } from './inputs.js';
import { haveResults, type ResultFiles, saveResults } from './result-files.js';

/** What is told of a file: the columns of a line of the report beside its name. Names as clients of the API know them. */
export interface FileReport {
  /** Of the content, in hexadecimal; null where it could not be read. */
  readonly sha256: string | null;
  readonly outcome: FileOutcome;
  /** Of the first thing that failed. */
  readonly error_code?: ErrorCode;
  /** One sentence for each thing that failed. */
  readonly problems: readonly string[];
  /** Asked for; 0 where the document could not be opened. */
  readonly pages: number;
  readonly pages_failed: number;
  /** Pages that each provider, and the models of each tier, read. */
  readonly providers: Readonly<Record<string, number>>;
  readonly tiers: Readonly<Record<string, number>>;
  /** From opening the document to having its results on the disk, other documents being read beside it. */
  readonly seconds: number;
}

export interface FileEnd extends FileReport {
  /** It was read by an earlier run. */
  readonly resumed: boolean;
}

export interface Batch {
  readonly engine: Pick<Engine, 'inspect' | 'read' | 'cutPictures' | 'makePdf'>;
  readonly reading: Reading;
  readonly files: ResultFiles;
  /** Undefined: nothing is remembered. */
  readonly state: BatchState | undefined;
  /** Whether files and pages that failed are read again. */
  readonly retryFailed: boolean;
  /** Whether results that are gone are made again: not where another program takes them away. */
  readonly remakeResults: boolean;
}

/** @throws what is no fault of the file: a full disk, an engine that is gone */
export async function processFile(batch: Batch, input: Input, listener: ReadListener): Promise<FileEnd> {
  const { state } = batch;
  if (state === undefined) return { ...(await read(batch, input, null, listener)), resumed: false };

  const options = optionsHash(batch);
  const record = state.find(input.outputName);
  let stamp: string | undefined;
  let sha256: string;
  try {
    stamp = await stampOf(input.path);
    sha256 = record !== undefined && record.stamp === stamp ? record.sha256 : await sha256Of(input.path);
  } catch {
    // Not recorded: it costs nothing to look again.
    return { ...missing(input), resumed: false };
  }
  if (record !== undefined && record.sha256 === sha256 && record.options === options) {
    const isEnd =
      (record.outcome === 'done' || !batch.retryFailed) &&
      (record.outcome === 'failed' || !batch.remakeResults || (await haveResults(input.outputName, batch.files)));
    if (isEnd) {
      if (record.stamp !== stamp) state.save({ ...record, stamp });
      return { ...(JSON.parse(record.report) as FileReport), resumed: true };
    }
  }
  const report = await read(batch, input, sha256, listener);
  // What was hashed must be what was read.
  if ((await stampOf(input.path).catch(() => undefined)) === stamp) {
    state.save({
      outputName: input.outputName,
      sha256,
      stamp,
      options,
      outcome: report.outcome,
      report: JSON.stringify(report),
    });
    return { ...report, resumed: false };
  }
  const problem = `${input.name}: The file was changed while it was read.`;
  return {
    ...report,
    outcome: report.outcome === 'done' ? 'incomplete' : report.outcome,
    error_code: report.error_code ?? 'file.unreadable',
    problems: [...report.problems, problem],
    resumed: false,
  };
}

async function read(batch: Batch, input: Input, sha256: string | null, listener: ReadListener): Promise<FileReport> {
  const document = await readDocument(batch.engine, input, batch.reading, listener);
  const pages = document.pages.flatMap(({ page }) => (page === undefined ? [] : [page]));
  const problems = documentProblems(document);
  let written = false;
  if (pages.length > 0) {
    try {
      problems.push(...(await saveResults(batch.engine, input, document, batch.files)));
      written = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') throw error;
      problems.push(`${input.name}: The name is too long for its results to be called after it.`);
    }
  }
  const failure = document.error ?? document.pages.find(({ error }) => error !== undefined)?.error;
  const outcome = problems.length === 0 ? 'done' : written ? 'incomplete' : 'failed';
  return {
    sha256,
    outcome,
    ...(outcome === 'done' ? {} : { error_code: failure?.code ?? 'storage.failed' }),
    problems,
    pages: document.pages.length,
    pages_failed: document.pages.length - pages.length,
    providers: countBy(pages.map(({ routing }) => routing.provider)),
    tiers: countBy(pages.flatMap(({ routing }) => (routing.tier === undefined ? [] : [routing.tier]))),
    seconds: Math.round(Date.now() - document.startedAt) / 1000,
  };
}

export function documentProblems({ input, error, pages }: DocumentOutcome): string[] {
  if (error !== undefined) return [`${input.name}: ${advised(error)}`];
  return pages.flatMap(({ pageIndex, error: pageError }) =>
    pageError === undefined ? [] : [`${input.name}, page ${pageIndex + 1}: ${pageError.message}`],
  );
}

/** With what can be done about it here. */
function advised({ code, message }: SerializedError): string {
  return code === 'file.encrypted' && !message.includes('--password') ? `${message} (--password opens it)` : message;
}

function missing(input: Input): FileReport {
  return {
    sha256: null,
    outcome: 'failed',
    error_code: 'file.missing',
    problems: [`${input.name}: The document is not there or may not be read.`],
    pages: 0,
    pages_failed: 0,
    providers: {},
    tiers: {},
    seconds: 0,
  };
}

/** Of all that decides what is written. */
function optionsHash({ reading: { pages, options }, files: { formats, words, figures } }: Batch): string {
  const all = { ...options, pages, formats: [...formats].sort(), words, figures };
  const sorted = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

/** The change time tells of a content that was put under old times. */
export async function stampOf(path: string): Promise<string> {
  const { size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return `${size} ${mtimeNs} ${ctimeNs}`;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
