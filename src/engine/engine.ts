/**
 * The engine's only face. `openEngine` forks and supervises one engine process (`host.ts`), which hosts the Piscina
 * pool; callers see documents and pages, never processes, threads, pixels or tensors.
 *
 * A native crash, a hang or runaway memory costs one engine process: it is killed and replaced, and the pages it held
 * are tried once more, one at a time, so that a poisonous page is found and fails alone (`page.crashed`,
 * `page.timeout`).
 */
import type { Page, Routing } from '../schema/document.js';
import type { DocumentKind } from '../schema/document-kind.js';
import type { OcrOptions } from '../schema/options.js';

export interface DocumentInfo {
  readonly kind: DocumentKind;
  readonly pageCount: number;
}

/** The options a page is read by. The password travels to the engine and is never logged or stored in a result. */
export type PageOptions = Omit<OcrOptions, 'pages'>;

export interface PageTask {
  /** Absolute path of the document on this machine. */
  readonly path: string;
  readonly pageIndex: number;
  readonly options: PageOptions;
}

export interface EngineStatus {
  /** False while the engine process starts or is being replaced. */
  readonly ready: boolean;
  readonly pid: number | undefined;
  readonly restarts: number;
  /** Tasks accepted and not yet answered. */
  readonly inFlight: number;
  readonly threads: number;
  readonly rssBytes: number;
}

export interface EngineConfig {
  readonly modelsDir: string;
  /** Piscina threads; one page each. */
  readonly threads: number;
  /** Wall-clock limit of one page, retries not included. */
  readonly pageTimeoutMs: number;
  /** The engine process is replaced, between pages, when it grows past this. */
  readonly memoryLimitBytes: number;
  /** Largest page image that is decoded or rendered. */
  readonly maxPagePixels: number;
}

export interface Engine {
  /**
   * Sniffs the type from the bytes, opens the document and counts its pages.
   * @throws OcrError file.unsupported-type, file.unreadable, file.encrypted, file.no-pages
   */
  inspect(path: string, password?: string): Promise<DocumentInfo>;
  /** Complexity and provider of a page, without reading it; what it will cost. @throws OcrError page.* */
  analyze(task: PageTask, signal?: AbortSignal): Promise<Routing>;
  /** Reads one page. An aborted task rejects with `job.cancelled`; a running page is finished and dropped. */
  read(task: PageTask, signal?: AbortSignal): Promise<Page>;
  status(): EngineStatus;
  close(): Promise<void>;
}
