/** What the server works with. Everything comes from the composition root; nothing is read from the process. */

import type { Nodes } from '../jobs/nodes.js';
import type { PdfFiles } from '../jobs/pdf-files.js';
import type { Runner } from '../jobs/runner.js';
import type { Store } from '../jobs/store.js';
import type { Uploads } from '../jobs/uploads.js';
import type { Routing, Tier } from '../schema/document.js';
import type { OcrOptions } from '../schema/options.js';

export interface ServerSettings {
  readonly maxUploadBytes: number;
  readonly maxPages: number;
  readonly maxQueuedPages: number;
  /** Who may read /metrics. */
  readonly metrics: 'open' | 'admin' | 'off';
  /** Folder of the built web console; without it none is served. */
  readonly consoleDir?: string;
}

/** What pricing and readiness need of the engine (`engine/engine.ts`). */
export interface Appraiser {
  inspect(path: string, password?: string): Promise<{ readonly pageCount: number }>;
  checkLanguages(languages: readonly string[]): Promise<void>;
  analyze(
    task: { readonly path: string; readonly pageIndex: number; readonly options: Omit<OcrOptions, 'pages'> },
    signal?: AbortSignal,
  ): Promise<Routing>;
  status(): {
    readonly ready: boolean;
    readonly restarts: number;
    readonly inFlight: number;
    readonly threads: number;
    readonly rssBytes: number;
    /** One for each device. */
    readonly processes: readonly {
      readonly device: string;
      readonly ready: boolean;
      readonly restarts: number;
      readonly inFlight: number;
      readonly threads: number;
      readonly rssBytes: number;
      /** Milliseconds that the bare models of a tier take on a fixed input. */
      readonly modelFloors: ReadonlyMap<Tier, { readonly detect: number; readonly recognize: number }>;
    }[];
  };
}

export interface ServerContext {
  readonly settings: ServerSettings;
  readonly store: Store;
  readonly uploads: Pick<Uploads, 'receive' | 'lend' | 'erase'>;
  readonly pdfs: Pick<PdfFiles, 'open'>;
  readonly runner: Pick<Runner, 'wake' | 'subscribe' | 'cancel'>;
  readonly engine: Appraiser;
  readonly nodes: Nodes;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Aborted when the server begins to shut down; who waits for a job is answered then. */
  readonly closing: AbortSignal;
}
