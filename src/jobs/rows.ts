/** Rows as both databases give them, but for how they write true and false, and the records that they stand for. */
import type { SerializedError } from '../errors.js';
import type { JobStatus } from '../schema/job.js';
import type { OcrOptions } from '../schema/options.js';
import type { Plan } from '../schema/plans.js';
import { inflatePage } from './page-codec.js';
import type { JobRecord, KeyRecord, LedgerEntry, LedgerKind, PageRecord, PdfClaim } from './store.js';

/** PostgreSQL's, SQLite's. */
type Flag = boolean | 0 | 1;

export interface KeyRow<F extends Flag> {
  readonly id: string;
  readonly name: string;
  readonly secret_hash: Buffer;
  readonly role: 'client' | 'admin';
  readonly plan: Plan;
  readonly metered: F;
  readonly created_at: number;
  readonly revoked_at: number | null;
}

export interface LedgerRow<F extends Flag> {
  readonly entry: number;
  readonly kind: LedgerKind;
  readonly credits: number;
  readonly metered: F;
  readonly job_id: string | null;
  readonly page_index: number | null;
  readonly at: number;
}

export interface JobRow<F extends Flag> {
  readonly no: number;
  readonly id: string;
  readonly key_id: string;
  readonly status: JobStatus;
  readonly options: string;
  readonly metered: F;
  readonly upload_name: string;
  readonly request_hash: string;
  readonly created_at: number;
  readonly ended_at: number | null;
  readonly page_count: number;
  readonly pages_read: number;
  readonly pages_failed: number;
  readonly credits_reserved: number;
  readonly credits_used: number;
  readonly results_erased: F;
  readonly error: string | null;
  readonly pending_pages: number;
  readonly pdf: 'wanted' | 'made' | null;
  readonly pdf_error: string | null;
}

export interface ResultRow {
  readonly page_index: number;
  readonly page: Buffer | null;
  readonly error: string | null;
}

/** A job that waits for its searchable PDF. */
export interface WantedRow {
  readonly id: string;
  readonly key_id: string;
  readonly upload_name: string;
  readonly password: string | null;
  readonly page_count: number;
}

export function keyOf(row: KeyRow<Flag>): KeyRecord {
  return {
    id: row.id,
    name: row.name,
    secretHash: row.secret_hash,
    role: row.role,
    plan: row.plan,
    metered: Boolean(row.metered),
    createdAt: row.created_at,
    revokedAt: row.revoked_at ?? undefined,
  };
}

export function ledgerEntryOf(row: LedgerRow<Flag>): LedgerEntry {
  return {
    entry: row.entry,
    kind: row.kind,
    credits: row.credits,
    metered: Boolean(row.metered),
    jobId: row.job_id ?? undefined,
    pageIndex: row.page_index ?? undefined,
    at: row.at,
  };
}

export function jobOf(row: JobRow<Flag>): JobRecord {
  return {
    id: row.id,
    keyId: row.key_id,
    status: row.status,
    options: JSON.parse(row.options) as OcrOptions,
    uploadName: row.upload_name,
    createdAt: row.created_at,
    completedAt: row.ended_at ?? undefined,
    pageCount: row.page_count,
    pagesRead: row.pages_read,
    pagesFailed: row.pages_failed,
    creditsReserved: row.credits_reserved,
    creditsUsed: row.credits_used,
    resultsErased: Boolean(row.results_erased),
    error: row.error === null ? undefined : (JSON.parse(row.error) as SerializedError),
    pdf: row.pdf ?? undefined,
    pdfError: row.pdf_error === null ? undefined : (JSON.parse(row.pdf_error) as SerializedError),
  };
}

export async function pageOf({ page_index: pageIndex, page, error }: ResultRow): Promise<PageRecord> {
  return page === null
    ? { pageIndex, page: undefined, error: JSON.parse(error as string) }
    : { pageIndex, page: await inflatePage(page), error: undefined };
}

export function pdfClaimOf(row: WantedRow): PdfClaim {
  return {
    jobId: row.id,
    keyId: row.key_id,
    uploadName: row.upload_name,
    password: row.password ?? undefined,
    pageCount: row.page_count,
  };
}
