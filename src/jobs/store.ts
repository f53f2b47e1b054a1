/**
 * What must outlive a crash: keys, jobs, pages, the credit ledger, rate-limit windows, the audit trail.
 *
 * One interface, documented member by member; every implementation runs the contract suite in `test/contract/`.
 * Each member is one transaction: it happened durably (fsync) when its promise resolves, or not at all. Two
 * things alone may be lost to a power loss (not to a crash): claims, which leaves pages to be claimed again, and the
 * last requests of rate-limit windows. Reading may show a write a moment before it is durable.
 * Times are epoch milliseconds and come from the caller, so that a clock is never read twice. No member decides by
 * comparing two times but `takeRequest` and `purgeResults`: a clock that jumps changes no charge.
 *
 * Every member throws OcrError `storage.failed` when the disk is full or fails; the next call tries again.
 */
import type { SerializedError } from '../errors.js';
import type { Page, Routing } from '../schema/document.js';
import type { JobStatus } from '../schema/job.js';
import type { KeyRole } from '../schema/keys.js';
import type { OcrOptions } from '../schema/options.js';
import type { Plan } from '../schema/plans.js';

export interface KeyRecord {
  /** Public part of the key; safe in logs. */
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the secret part; compared in constant time. */
  readonly secretHash: Uint8Array;
  readonly role: KeyRole;
  readonly plan: Plan;
  /** False: credits are counted but never run out, the default of a self-hosted key. */
  readonly metered: boolean;
  readonly createdAt: number;
  readonly revokedAt: number | undefined;
}

export interface Credits {
  /** Invariant, at every moment: granted = available + reserved + used. */
  readonly granted: number;
  readonly available: number;
  readonly reserved: number;
  readonly used: number;
}

export interface NewJob {
  readonly id: string;
  readonly keyId: string;
  /** Name of the upload (`uploads.ts`), which is durable already. */
  readonly uploadName: string;
  /** SHA-256 of the upload and its options, for `Idempotency-Key`. */
  readonly requestHash: string;
  readonly idempotencyKey: string | undefined;
  readonly options: OcrOptions;
  readonly createdAt: number;
  /** One a page asked for, in page order. `reserved` is its price, or the dearest where not known yet. */
  readonly pages: readonly {
    readonly pageIndex: number;
    readonly reserved: number;
    readonly routing: Routing | undefined;
  }[];
}

export interface JobRecord {
  readonly id: string;
  readonly keyId: string;
  readonly status: JobStatus;
  /** Without the password, which only claims carry and which is erased when the job ends. */
  readonly options: OcrOptions;
  readonly uploadName: string;
  readonly createdAt: number;
  readonly completedAt: number | undefined;
  readonly pageCount: number;
  readonly pagesRead: number;
  readonly pagesFailed: number;
  /** What was reserved at submission; it does not shrink as pages are settled. */
  readonly creditsReserved: number;
  readonly creditsUsed: number;
  /** True once the pages are gone: cancelled, erased by the caller or past their retention. */
  readonly resultsErased: boolean;
  /** Of a failed job: the error of its first page. */
  readonly error: SerializedError | undefined;
  /** Of a job that asked for a searchable PDF: `wanted` until it is there; undefined where it cannot be made. */
  readonly pdf: 'wanted' | 'made' | undefined;
  /** Why it cannot. */
  readonly pdfError: SerializedError | undefined;
}

/** A finished page of a job: exactly one of `page` and `error`. */
export type PageRecord =
  | { readonly pageIndex: number; readonly page: Page; readonly error: undefined }
  | { readonly pageIndex: number; readonly page: undefined; readonly error: SerializedError };

/** A page handed out for reading. Writes about it are fenced: they count only while `attempt` is the current one. */
export interface PageClaim {
  readonly jobId: string;
  readonly keyId: string;
  readonly pageIndex: number;
  readonly attempt: number;
  /**
   * Processes that are known to have died while they read it, where several share the store; those of one machine
   * alone are one while other machines read.
   */
  readonly deaths: number;
  readonly uploadName: string;
  readonly options: OcrOptions;
}

/** A job whose pages are all finished and which waits for its searchable PDF to end. */
export interface PdfClaim {
  readonly jobId: string;
  readonly keyId: string;
  readonly uploadName: string;
  readonly password: string | undefined;
  readonly pageCount: number;
}

export type LedgerKind = 'grant' | 'reserve' | 'charge' | 'release';

/** A row of the append-only ledger; `ledger.ts` says what each kind does to a key's credits. */
export interface LedgerEntry {
  /** Ascending; the cursor of `listLedger`. */
  readonly entry: number;
  readonly kind: LedgerKind;
  readonly credits: number;
  /** Whether the job draws on the key's credits: false for jobs of a key that was unmetered when they came. */
  readonly metered: boolean;
  readonly jobId: string | undefined;
  /** Of charge and release: at most one of each a page, whatever crashes or retries happen. */
  readonly pageIndex: number | undefined;
  readonly at: number;
}

export interface AuditEntry {
  readonly at: number;
  /** Key id of the administrator, or `cli`. */
  readonly actor: string;
  readonly action: 'key.create' | 'key.revoke' | 'key.plan' | 'key.grant';
  readonly keyId: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** A fixed window, which begins with its first request: how many requests `limit` allows in `windowMs`. */
export interface RateWindow {
  readonly limit: number;
  readonly windowMs: number;
}

export interface RateDecision {
  readonly allowed: boolean;
  /** Of the tightest window: of a refusal, the one that reopens last; Infinity where there is no window. */
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds from `at` until that window reopens. */
  readonly resetMs: number;
}

export interface Store {
  // --- keys, credits, audit; every change writes its audit entry in the same transaction
  createKey(key: KeyRecord, grant: number, actor: string): Promise<void>;
  /** Revoked keys are not found. */
  findKey(id: string): Promise<KeyRecord | undefined>;
  listKeys(): Promise<readonly (KeyRecord & { readonly credits: Credits })[]>;
  /** @throws OcrError key.not-found */
  revokeKey(id: string, actor: string, at: number): Promise<void>;
  /** @throws OcrError key.not-found */
  setPlan(id: string, plan: Plan, actor: string, at: number): Promise<void>;
  /** Adds credits to a key and makes it metered. @throws OcrError key.not-found */
  grantCredits(id: string, credits: number, actor: string, at: number): Promise<Credits>;
  /** @throws OcrError key.not-found */
  credits(keyId: string): Promise<Credits>;
  /** In the order written, after entry `after` (exclusive; 0 from the start). */
  listLedger(keyId: string, after: number, limit: number): Promise<readonly LedgerEntry[]>;
  /** Newest first. */
  listAudit(limit: number): Promise<readonly AuditEntry[]>;

  // --- submission
  /**
   * Writes job, pages and reservation together. With an idempotency key that this key used before: the same request
   * gives the earlier job back (`replayed`; the caller erases the upload it brought), another one throws. A key is
   * forgotten when the results of its job are purged.
   * @throws OcrError credits.insufficient (details: needed, available), request.idempotency-mismatch, limit.queue-full
   */
  acceptJob(
    job: NewJob,
    limits: { readonly maxQueuedPages: number },
  ): Promise<{ readonly job: JobRecord; readonly replayed: boolean }>;

  // --- reading; a job of another key is as good as none
  getJob(keyId: string, jobId: string): Promise<JobRecord | undefined>;
  /** Finished pages in page order, whose index is greater than `after` (-1 from the start), at most `limit`. */
  listPages(jobId: string, after: number, limit: number): Promise<readonly PageRecord[]>;
  /**
   * Newest first. `cursor` is opaque and comes from the page before; undefined on the last page.
   * @throws OcrError request.invalid for a cursor that is not ours
   */
  listJobs(
    keyId: string,
    query: { readonly status: JobStatus | undefined; readonly limit: number; readonly cursor: string | undefined },
  ): Promise<{ readonly jobs: readonly JobRecord[]; readonly cursor: string | undefined }>;

  // --- working; `limit` pages are taken fairly: keys take turns, then jobs of a key, then pages in order
  claimPages(limit: number, at: number): Promise<readonly PageClaim[]>;
  /** Stores the page and charges its price, never more than was reserved. False when the claim is no longer current. */
  completePage(claim: PageClaim, page: Page, at: number): Promise<boolean>;
  /** Stores the error and releases the page's reservation. False when the claim is no longer current. */
  failPage(claim: PageClaim, error: SerializedError, at: number): Promise<boolean>;
  /** Gives claimed pages back unread, to be claimed again (shutdown). */
  releasePages(claims: readonly PageClaim[]): Promise<void>;
  /**
   * Gives back the pages that this process holds beside those of `known`: of claims that were made and whose answer
   * never came. REQUIRES: no claim is being made. Returns how many.
   */
  releaseLost(known: readonly PageClaim[]): Promise<number>;
  /**
   * Pages claimed by a process that is gone become claimable again. Where one process works on the store, all claimed
   * pages are of one that is gone, or it would not ask; where several share it, one is gone that does not say that it
   * is there, or was not seen for its lease. Returns how many.
   */
  recoverPages(): Promise<number>;
  /**
   * Whether a job that has not ended has this upload; "no" is durable. A job ends in the transaction of its last page,
   * or of its PDF where it wants one and any page was read.
   */
  isUploadNeeded(uploadName: string): Promise<boolean>;
  /**
   * Oldest first; where several processes share the store, the oldest that is the caller's to make. There is nothing to
   * be given back: what a process that is gone has lost is made again.
   */
  listWantedPdfs(): Promise<readonly PdfClaim[]>;
  /** Ends the job: its PDF is made, or cannot be made. False when it no longer waits for one. */
  finishPdf(jobId: string, error: SerializedError | undefined, at: number): Promise<boolean>;
  /** Whether the job with this upload has a PDF, or waits for one; "no" is durable. */
  isPdfNeeded(uploadName: string): Promise<boolean>;
  /**
   * Stops at the next page, releases what is reserved, erases the results. A job that had already ended keeps its
   * status and loses its results. @throws OcrError job.not-found
   */
  cancelJob(keyId: string, jobId: string, at: number): Promise<JobRecord>;
  /** Erases results of jobs that ended before `endedBefore`, of at most `limit` jobs. Returns how many jobs. */
  purgeResults(endedBefore: number, limit: number): Promise<number>;

  // --- limits and figures
  takeRequest(keyId: string, windows: readonly RateWindow[], at: number): Promise<RateDecision>;
  queue(): Promise<{
    readonly pendingPages: number;
    readonly processingPages: number;
    readonly oldestPendingAt: number | undefined;
  }>;
  /** Pages read since the store was made, by how; in the order of the names. */
  pagesRead(): Promise<readonly (Pick<Routing, 'provider' | 'tier'> & { readonly pages: number })[]>;
  /** One trivial write and fsync: whether the store can still accept a job (disk full, read-only). */
  probe(): Promise<void>;
  close(): Promise<void>;
}
