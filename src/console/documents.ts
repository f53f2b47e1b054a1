/**
 * The documents of this tab: those being sent, and the key's jobs with the pages that have come.
 *
 * A browser opens six connections to a server at most, and an event stream holds one: two uploads, three streams, and
 * one is left for everything else. Which streams are open is decided in `schedule` alone.
 */
import { type Signal, signal } from '@preact/signals';
import type { Job, PageResult } from '../schema/job.js';
import type { Problem } from '../schema/problem.js';
import { api, asProblem, ConnectionLost, Refusal, submit } from './api.js';
import { formatNumber, plural } from './format.js';
import { type JobWatch, type Link, watchJob } from './job-watch.js';
import { type ReadingOptions, submissionForm } from './options.js';

const MAX_UPLOADS = 2;
/** Beside the document that is open. */
const MAX_BACKGROUND_WATCHES = 2;
/** Pages of documents that are not open, kept for when they are opened again; tens of kilobytes each. */
const MAX_KEPT_PAGES = 2_000;
const CONNECTION_RETRY_MS = 5_000;

export interface Source {
  readonly file: File;
  readonly options: ReadingOptions;
}

export type DocumentState =
  | { readonly phase: 'waiting' }
  /** `sent` from 0 to 1. */
  | { readonly phase: 'sending'; readonly sent: number }
  | { readonly phase: 'refused'; readonly problem: Problem }
  | { readonly phase: 'job'; readonly job: Job };

export interface DocumentEntry {
  /** Of this tab. */
  readonly id: string;
  /** Known where it was sent from this tab, or opened here beside its result. */
  readonly source: Signal<Source | undefined>;
  readonly state: Signal<DocumentState>;
  /** Those that have come, in page order. */
  readonly pages: Signal<readonly PageResult[]>;
  readonly link: Signal<Link | undefined>;
}

/** Newest first. */
export const documents = signal<readonly DocumentEntry[]>([]);

/** Sending is held back until then (epoch milliseconds), because of `problem`. */
export const holdBack = signal<{ readonly until: number; readonly problem: Problem } | undefined>(undefined);

/** The rest of the server's list; undefined before it was asked for, null at its end. */
const cursor = signal<string | null | undefined>(undefined);
export const listState = signal<'idle' | 'loading' | Problem>('idle');

let opened: DocumentEntry | undefined;
const watches = new Map<DocumentEntry, JobWatch>();
const uploads = new Map<DocumentEntry, AbortController>();
/** Documents whose pages are held, the one opened last at the end. */
const kept = new Set<DocumentEntry>();

export function jobOf(entry: DocumentEntry): Job | undefined {
  const state = entry.state.value;
  return state.phase === 'job' ? state.job : undefined;
}

export function hasEnded(job: Job): boolean {
  return job.status !== 'pending' && job.status !== 'processing';
}

/** Of a job that has not ended. */
export function progressOf(job: Job, read: number): string {
  if (read === 0) return 'In the queue';
  // A searchable PDF is written after the last page.
  if (read >= job.page_count) return 'Finishing';
  return `${formatNumber(read)} of ${plural(job.page_count, 'page')}`;
}

export function nameOf(entry: DocumentEntry): string {
  const job = jobOf(entry);
  if (entry.source.value !== undefined) return entry.source.value.file.name;
  if (job === undefined) return 'Document';
  // The beginning of its id tells it from others that were sent from elsewhere.
  return names().get(job.id) ?? `Document ${job.id.slice(0, 8)}`;
}

/** Whether every page there will be is here. */
export function isComplete(entry: DocumentEntry): boolean {
  const job = jobOf(entry);
  return job !== undefined && hasEnded(job) && entry.link.value === undefined && completed.has(entry);
}

/** Entries whose stream was read to its end. */
const completed = new WeakSet<DocumentEntry>();

function createEntry(state: DocumentState, source?: Source): DocumentEntry {
  return {
    id: randomId(),
    source: signal(source),
    state: signal(state),
    pages: signal<readonly PageResult[]>([]),
    link: signal<Link | undefined>(undefined),
  };
}

export function addFiles(files: readonly File[], options: ReadingOptions): void {
  const added = files.map((file) => createEntry({ phase: 'waiting' }, { file, options }));
  // The list is newest first, and files are read in the order in which they were given.
  documents.value = [...added.reverse(), ...documents.value];
  schedule();
}

/** With the options as they are now. */
export function sendAgain(entry: DocumentEntry, options: ReadingOptions): void {
  const source = entry.source.value;
  if (source === undefined) return;
  entry.source.value = { ...source, options };
  entry.state.value = { phase: 'waiting' };
  schedule();
}

/** Takes an entry that is no job from the list, ending its upload. */
export function discard(entry: DocumentEntry): void {
  uploads.get(entry)?.abort();
  documents.value = documents.value.filter((other) => other !== entry);
  schedule();
}

/** @throws Refusal, ConnectionLost */
export async function deleteJob(entry: DocumentEntry, job: Job): Promise<void> {
  await api.deleteJob(job.id);
  watches.get(entry)?.close();
  watches.delete(entry);
  kept.delete(entry);
  documents.value = documents.value.filter((other) => other !== entry);
  schedule();
}

export async function listJobs(): Promise<void> {
  if (cursor.value === undefined) await listMoreJobs();
}

export function isMoreToList(): boolean {
  return cursor.value !== null;
}

export async function listMoreJobs(): Promise<void> {
  if (listState.value === 'loading' || cursor.value === null) return;
  listState.value = 'loading';
  try {
    const { jobs, next_cursor } = await api.listJobs(cursor.value);
    const known = new Map(documents.value.map((entry) => [jobOf(entry)?.id, entry]));
    const fresh = jobs.filter((job) => !known.has(job.id) && job.results_erased !== true);
    for (const job of jobs) setJob(known.get(job.id), job);
    documents.value = [...documents.value, ...fresh.map((job) => createEntry({ phase: 'job', job }))];
    cursor.value = next_cursor;
    listState.value = 'idle';
    schedule();
  } catch (error) {
    listState.value = asProblem(error);
  }
}

/** The entry of a job that may not be in the list (yet). Its envelope comes with its events. */
export function openDocument(jobId: string): DocumentEntry {
  let entry = documents.value.find((candidate) => jobOf(candidate)?.id === jobId);
  if (entry === undefined) {
    const job: Job = {
      id: jobId,
      status: 'pending',
      page_count: 1,
      pages_processed: 0,
      credits_used: 0,
      created_at: 0,
    };
    entry = createEntry({ phase: 'job', job });
    documents.value = [...documents.value, entry];
  }
  opened = entry;
  schedule();
  return entry;
}

export function closeDocument(): void {
  opened = undefined;
  schedule();
}

export function hurry(entry: DocumentEntry): void {
  watches.get(entry)?.hurry();
}

/** Nothing of one key is left for the next. */
export function forgetDocuments(): void {
  for (const watch of watches.values()) watch.close();
  for (const upload of uploads.values()) upload.abort();
  watches.clear();
  uploads.clear();
  kept.clear();
  opened = undefined;
  documents.value = [];
  cursor.value = undefined;
  listState.value = 'idle';
  holdBack.value = undefined;
  sessionStorage.removeItem(STORED_NAMES);
}

function schedule(): void {
  const oldestFirst = [...documents.value].reverse();
  for (const entry of oldestFirst) {
    if (uploads.size >= MAX_UPLOADS || holdBack.value !== undefined) break;
    if (entry.state.value.phase === 'waiting') void upload(entry);
  }
  if (opened !== undefined) {
    kept.delete(opened);
    kept.add(opened);
    if (jobOf(opened) !== undefined && !completed.has(opened)) watch(opened);
  }
  const background = () => [...watches.keys()].filter((entry) => entry !== opened).length;
  for (const entry of oldestFirst) {
    if (background() >= MAX_BACKGROUND_WATCHES) break;
    const job = jobOf(entry);
    if (entry !== opened && job !== undefined && !hasEnded(job)) watch(entry);
  }
  forgetOldPages();
}

function watch(entry: DocumentEntry): void {
  const job = jobOf(entry);
  if (job === undefined || watches.has(entry)) return;
  const watching = watchJob(job.id, entry.pages.value.at(-1)?.page_number, {
    onLink: (link) => {
      entry.link.value = link;
    },
    onJob: (latest) => setJob(entry, latest),
    onPages: (pages) => {
      kept.add(entry);
      entry.pages.value = [...entry.pages.value, ...pages];
    },
  });
  watches.set(entry, watching);
  watching.done.then(() => {
    // Closed from outside, it is another's by now.
    if (watches.get(entry) !== watching) return;
    watches.delete(entry);
    completed.add(entry);
    if (entry.link.value?.kind !== 'refused') entry.link.value = undefined;
    schedule();
  });
}

async function upload(entry: DocumentEntry): Promise<void> {
  const source = entry.source.value;
  if (source === undefined) return;
  const abort = new AbortController();
  uploads.set(entry, abort);
  entry.state.value = { phase: 'sending', sent: 0 };
  try {
    const receipt = await submit(submissionForm(source.file, source.options), {
      idempotencyKey: entry.id,
      signal: abort.signal,
      onProgress: (sent) => {
        entry.state.value = { phase: 'sending', sent };
      },
    });
    rememberName(receipt.jobId, source.file.name);
    const { jobId: id, status, pageCount } = receipt;
    const job = { id, status, page_count: pageCount, pages_processed: 0, credits_used: 0, created_at: Date.now() };
    entry.state.value = { phase: 'job', job };
    // The list may have been asked for in between.
    documents.value = documents.value.filter((other) => other === entry || jobOf(other)?.id !== id);
  } catch (error) {
    if (abort.signal.aborted) return;
    const retryMs = laterMs(error);
    if (retryMs === undefined) entry.state.value = { phase: 'refused', problem: asProblem(error) };
    else {
      entry.state.value = { phase: 'waiting' };
      waitBeforeSending(retryMs, asProblem(error));
    }
  } finally {
    uploads.delete(entry);
    schedule();
  }
}

/** How long to wait before the same is worth trying again; undefined where it is not. */
function laterMs(error: unknown): number | undefined {
  if (error instanceof ConnectionLost) return CONNECTION_RETRY_MS;
  if (error instanceof Refusal && error.retryAfterSeconds !== undefined) return error.retryAfterSeconds * 1000;
  return undefined;
}

function waitBeforeSending(ms: number, problem: Problem): void {
  const until = Date.now() + ms;
  holdBack.value = { until, problem };
  setTimeout(() => {
    if (holdBack.value?.until !== until) return;
    holdBack.value = undefined;
    schedule();
  }, ms);
}

function setJob(entry: DocumentEntry | undefined, job: Job): void {
  if (entry !== undefined) entry.state.value = { phase: 'job', job };
}

function forgetOldPages(): void {
  let held = [...kept].reduce((sum, entry) => sum + entry.pages.value.length, 0);
  for (const entry of kept) {
    if (held <= MAX_KEPT_PAGES) return;
    if (entry === opened || watches.has(entry)) continue;
    held -= entry.pages.value.length;
    kept.delete(entry);
    completed.delete(entry);
    entry.pages.value = [];
  }
}

const STORED_NAMES = 'omega.names';
const MAX_NAMES = 1_000;

/** The server keeps no names of files; this tab knows those of its own. */
function names(): Map<string, string> {
  return new Map(JSON.parse(sessionStorage.getItem(STORED_NAMES) ?? '[]') as [string, string][]);
}

function rememberName(jobId: string, name: string): void {
  const entries = [...names(), [jobId, name] as const];
  sessionStorage.setItem(STORED_NAMES, JSON.stringify(entries.slice(-MAX_NAMES)));
}

/** `crypto.randomUUID` is there over HTTPS alone. */
function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
