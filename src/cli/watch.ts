/** `omega watch`: reads what arrives in a folder, as a scanner or another program leaves it there. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { access, constants, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import { type Static, Type } from 'typebox';
import { coerceStrings } from '../coerce.js';
import { openEngines } from '../engine/engines.js';
import { releaseMemoryPeriodically } from '../engine/memory.js';
import { OcrError } from '../errors.js';
import { createGate, PAGES_A_THREAD } from '../reading/read-documents.js';
import { type Batch, type FileEnd, processFile, sha256Of } from './batch.js';
import { type BatchState, openBatchState } from './batch-state.js';
import { hasDocumentName, type Input, isDocument } from './inputs.js';
import { moveSource, nameToMoveTo, numberedNames } from './move-source.js';
import { addReadingOptions, JOBS_A_THREAD, type ReadingFlags, readReading } from './reading-options.js';
import { type Arrivals, createArrivals, sight, watchArrivals } from './watch-arrivals.js';

interface Flags extends ReadingFlags {
  readonly done?: string;
  readonly failed?: string;
  readonly settle?: string;
  readonly report?: string;
}

const SettleFlag = Type.Object({ '--settle': Type.Integer({ minimum: 1, maximum: 3600, default: 3 }) });

/** After what may pass by itself, such as a full disk or a share that is away. */
const RETRY_MS = 60_000;

export function addWatchCommand(program: Command): void {
  const command = program
    .command('watch')
    .description('read what arrives in a folder, such as that of a scanner')
    .argument('<in>', 'the folder that documents arrive in; folders below it are watched too')
    .argument('<out>', 'the folder that results are written to, as <out>/<file name>.<format>')
    .option('--done <dir>', 'move documents that were read to this folder (default: they stay)')
    .option('--failed <dir>', 'move documents that could not be read to this folder (default: <in>/failed)')
    .option('--settle <seconds>', 'a file is complete when size and time did not change for so long (default: 3)');
  addReadingOptions(command)
    .option('--jobs <number>', 'documents open at the same time (default: 4 a thread)')
    .option('--report <file>', 'append a line of JSON for each file that was read')
    .addHelpText(
      'after',
      `
Runs until SIGTERM or Ctrl-C, and finishes the documents under way then; a second one is not waited on. It may also be
killed: files that were read, with the same content and options, are not read again. <out>/.omega remembers them.

Left alone: empty files, hidden ones, those called ~…, …~, ….part, ….partial, ….filepart, ….tmp, ….temp,
….crdownload, ….download or ….swp, and whatever is no document.`,
    )
    .action((incoming: string, out: string, flags: Flags) => watch(resolve(incoming), resolve(out), flags));
}

/** Absolute. */
interface Folders {
  readonly incoming: string;
  readonly out: string;
  readonly done: string | undefined;
  readonly failed: string;
}

/** What the lanes share. */
interface Watch {
  readonly folders: Folders;
  readonly batch: Batch & { readonly state: BatchState };
  readonly arrivals: Arrivals;
  /** Where results of files under way go. */
  readonly namesInUse: Set<string>;
  /** What was said of a file that is tried again, so that it is said once. */
  readonly said: Map<string, string>;
  report(line: object): void;
}

async function watch(incoming: string, out: string, flags: Flags): Promise<void> {
  const choice = readReading(flags);
  const { '--settle': settleSeconds }: Static<typeof SettleFlag> = coerceStrings(
    SettleFlag,
    flags.settle === undefined ? {} : { '--settle': flags.settle },
    { code: 'request.option-invalid', noun: 'option' },
  );
  const folders: Folders = {
    incoming,
    out,
    done: flags.done === undefined ? undefined : resolve(flags.done),
    failed: flags.failed === undefined ? join(incoming, 'failed') : resolve(flags.failed),
  };
  await checkFolders(folders);

  const engine = await openEngines(choice.engine);
  const stopping = new AbortController();
  const killing = new AbortController();
  const stop = () => {
    if (stopping.signal.aborted) killing.abort();
    stopping.abort();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const closers: (() => void)[] = [];
  try {
    if (choice.options.languages !== undefined) await engine.checkLanguages(choice.options.languages);
    const state = openBatchState(out);
    closers.push(() => state.close());
    const report = flags.report === undefined ? undefined : openSync(flags.report, 'a');
    if (report !== undefined) closers.push(() => closeSync(report));
    releaseMemoryPeriodically();

    const { threads } = engine.status();
    const arrivals = createArrivals(1000 * settleSeconds);
    const shared: Watch = {
      folders,
      batch: {
        engine,
        reading: {
          pages: choice.pages,
          options: choice.options,
          gate: createGate(PAGES_A_THREAD * threads),
          signal: killing.signal,
        },
        files: { ...choice, out, password: choice.options.password, partialFolder: state.partialFolder },
        state,
        // A file that failed was moved aside: one that is there was put back.
        retryFailed: true,
        remakeResults: false,
      },
      arrivals,
      namesInUse: new Set(),
      said: new Map(),
      report: (line) => report !== undefined && writeSync(report, `${JSON.stringify(line)}\n`),
    };
    const arriving = watchArrivals({
      folder: incoming,
      leaveOut: [out, folders.failed, ...(folders.done === undefined ? [] : [folders.done])],
      settleMs: 1000 * settleSeconds,
      arrivals,
      signal: stopping.signal,
      onListing: listingTeller(incoming),
    });
    say(`watching ${incoming}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`);
    const lane = async () => {
      // The lanes share one watch: each takes the next file when it is free.
      for await (const path of arriving) arrivals.end(path, await take(path, shared));
    };
    const lanes = Array.from({ length: choice.jobs ?? JOBS_A_THREAD * threads }, lane);
    try {
      await Promise.all(lanes);
      say('stopped');
    } catch (error) {
      // What the other lanes wait for ends with the engine; they must not outlive the state.
      stopping.abort();
      await engine.close();
      await Promise.allSettled(lanes);
      if (!killing.signal.aborted) throw error;
      say('stopped; documents that were being read are read at the next start');
    }
  } finally {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
    await engine.close();
    for (const close of closers) close();
  }
}

/** Returns when the file is to be tried again though it did not change, if so. */
async function take(path: string, watch: Watch): Promise<number | undefined> {
  const { folders, batch, namesInUse, said } = watch;
  const name = relative(folders.incoming, path);
  let outputName: string | undefined;
  try {
    if (!hasDocumentName(path) && !(await isDocument(path))) {
      say(`${name}: left alone, it is no PDF, PNG, JPEG, TIFF or WebP file`);
      return undefined;
    }
    outputName = folders.done === undefined ? name : await freeOutputName(path, name, watch);
    namesInUse.add(outputName);
    const input: Input = { path, name, outputName };
    const before = await sight(path);
    const end = await processFile(batch, input, { opened: () => {}, pageDone: () => {} });
    const after = await sight(path);
    // Gone, or written to again: then it is complete once more later.
    if (after === undefined || after.mark !== before?.mark) return undefined;
    // There, but it may not be read, or not at the moment.
    if (end.sha256 === null) return sayAndRetry(name, end.problems[0] ?? '', said);
    if (!end.resumed) tell(input, end, watch);
    await putAway(input, end, folders);
    said.delete(name);
    return undefined;
  } catch (error) {
    if (!mayPass(error)) throw error;
    return sayAndRetry(name, `${name}: ${error.message}`, said);
  } finally {
    if (outputName !== undefined) namesInUse.delete(outputName);
  }
}

/**
 * Where results go when sources are moved away: scanners begin their numbers anew, and what a name stood for last week
 * must keep its results. While the sources stay, a file of the same name is the same file with another content.
 */
async function freeOutputName(path: string, name: string, { batch, namesInUse }: Watch): Promise<string> {
  let sha256: string | undefined;
  for (const candidate of numberedNames(name)) {
    const record = batch.state.find(candidate);
    if (record !== undefined && record.outcome !== 'failed') {
      sha256 ??= await sha256Of(path);
      if (record.sha256 !== sha256) continue;
    }
    if (!namesInUse.has(candidate)) return candidate;
  }
  throw new Error('unreachable: names are numbered without end');
}

/** Moves the source of a document to where such documents go, if anywhere. */
async function putAway({ path, outputName }: Input, end: FileEnd, { done, failed }: Folders): Promise<void> {
  const folder = end.outcome === 'done' ? done : failed;
  if (folder === undefined || end.sha256 === null) return;
  const target = join(folder, await nameToMoveTo(folder, outputName, end.sha256));
  if (end.outcome !== 'done') {
    // First, so that no document is there without its reason.
    const partial = join(dirname(target), `.${basename(target)}.reason.partial`);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(partial, `${[end.error_code, ...end.problems].join('\n')}\n`);
    await rename(partial, `${target}.reason.txt`);
  }
  await moveSource(path, target);
}

function tell({ name }: Input, end: FileEnd, { report }: Watch): void {
  for (const problem of end.problems) say(problem);
  const pages = end.pages - end.pages_failed;
  if (pages > 0) say(`${name}: ${pages} ${pages === 1 ? 'page' : 'pages'} in ${end.seconds.toFixed(1)} s`);
  report({ path: name, ...end });
}

function sayAndRetry(name: string, sentence: string, said: Map<string, string>): number {
  if (said.get(name) !== sentence) say(`${sentence} (tried again every ${RETRY_MS / 1000} s)`);
  said.set(name, sentence);
  return performance.now() + RETRY_MS;
}

/** What the system refuses, as a full disk or a share that is away, and no fault of the program. */
function mayPass(error: unknown): error is Error {
  if (error instanceof OcrError) return error.code === 'storage.failed';
  return error instanceof Error && 'syscall' in error;
}

/** Says once which folders cannot be listed, and once that they can be again. */
function listingTeller(incoming: string): (unreadable: readonly string[]) => void {
  let before: readonly string[] = [];
  return (unreadable) => {
    for (const folder of unreadable) {
      if (!before.includes(folder)) say(`${relative(dirname(incoming), folder)}: the folder cannot be read now`);
    }
    for (const folder of before) {
      if (!unreadable.includes(folder)) say(`${relative(dirname(incoming), folder)}: the folder can be read again`);
    }
    before = unreadable;
  };
}

/** Each line tells when, as those of other programs that run by themselves. */
function say(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(0, 19)}Z ${line}\n`);
}

/** @throws OcrError request.option-invalid */
async function checkFolders({ incoming, out, done, failed }: Folders): Promise<void> {
  const refuse = (sentence: string): never => {
    throw new OcrError('request.option-invalid', sentence);
  };
  if (!(await stat(incoming).catch(() => undefined))?.isDirectory()) {
    refuse('The folder to watch is not there, or is no folder.');
  }
  for (const [name, folder] of [
    ['The folder of results', out],
    ['--done', done],
    ['--failed', failed],
  ] as const) {
    if (folder !== undefined && isInside(incoming, folder)) {
      refuse(`${name} may not be the folder that is watched, nor hold it: what is put there would be read again.`);
    }
  }
  const writable = await access(incoming, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!writable)
    refuse('Documents that cannot be read are moved out of the folder that is watched: let it be written to.');
  for (const folder of [out, failed, ...(done === undefined ? [] : [done])]) await mkdir(folder, { recursive: true });
}

/** Whether `path` is `folder` or anywhere below it. */
function isInside(path: string, folder: string): boolean {
  return relative(folder, path).split(sep)[0] !== '..';
}
