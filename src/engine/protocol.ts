/** What the engine and its process say to each other. Plain data, sent by structured clone. */
import type { SerializedError } from '../errors.js';
import type { Page, Routing, Tier } from '../schema/document.js';
import type { Device } from './devices.js';
import type { DocumentInfo, PageTask, PdfTask, PictureTask } from './engine.js';
import type { ModelFloor, ModelTime } from './model-floor.js';
import type { ModelEntry } from './models.js';
import type { TurnstileState } from './turnstile.js';

/** What a process is started with; handed over on its command line, so nothing secret. */
export interface ProcessSettings {
  readonly modelsDir: string;
  /** Installed, and checked against the manifest's schema. */
  readonly models: readonly ModelEntry[];
  readonly threads: number;
  readonly device: Device;
  /** Models are run on the shapes of their grids alone, and prepared for each at the start. */
  readonly fixedShapes: boolean;
  readonly maxPagePixels: number;
}

/** What the host gives its threads. */
export interface ThreadSettings extends ProcessSettings {
  /** Of large inferences. */
  readonly turnstile: TurnstileState;
}

export type Request =
  | { readonly kind: 'inspect'; readonly path: string; readonly password: string | undefined }
  | { readonly kind: 'analyze'; readonly task: PageTask }
  | {
      readonly kind: 'read';
      readonly task: PageTask;
      /** No other page is being read or waits: it may have every core. */
      readonly alone: boolean;
    }
  | { readonly kind: 'cut-pictures'; readonly task: PictureTask }
  | { readonly kind: 'make-pdf'; readonly task: PdfTask }
  | { readonly kind: 'measure-models' };

export type Answer<T = DocumentInfo | Routing | Page | readonly Uint8Array[] | readonly ModelTime[] | null> = (
  | { readonly value: T; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: SerializedError }
) & {
  /** The thread that answered cannot go on: the process wants to be replaced once its other pages are done. */
  readonly retire: boolean;
};

/** Thread to host. */
export interface SealedAnswer {
  /** An `Answer`, serialized once: taken apart and put together again on the way, a page would cost as much as its reading. */
  readonly sealed: Uint8Array;
  /** Of a page that was read by models. */
  readonly tier?: Tier;
}

/** Engine to process. */
export interface RequestMessage {
  readonly id: number;
  readonly request: Request;
}

/** Thread to host, each time that it prepared a model for a shape. */
export const PREPARED = 'prepared';

/** Process to engine. */
export type ProcessMessage =
  /** Before it is ready, on a device whose models are prepared for shapes: of these and all threads. */
  | { readonly type: 'preparing'; readonly done: number; readonly total: number }
  /** Models are loaded; pages may come. */
  | { readonly type: 'ready' }
  /** The process cannot serve and ends. */
  | { readonly type: 'failed'; readonly error: SerializedError }
  | { readonly type: 'answer'; readonly id: number; readonly sealed: Uint8Array }
  /** Measured once a process and tier, after the first page that the tier read. */
  | { readonly type: 'floor'; readonly tier: Tier; readonly floor: ModelFloor }
  | { readonly type: 'heartbeat'; readonly rssBytes: number };

/** Threads that inspect and analyse: with one, a document that is slow to open would hold up every other submission. */
export const INSPECTORS = 2;

export const HEARTBEAT_MS = 500;
