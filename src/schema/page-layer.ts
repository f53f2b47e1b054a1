/** What a searchable PDF needs to know of a page that was read: its words and where they stand. */
import type { Quad } from './document.js';

export interface LayerWord {
  readonly text: string;
  /** Pixels of the upright page image, clockwise from the top-left corner of the text as it is read. */
  readonly quad: Quad;
  /** Whether a space parts it from the next word of its line; scripts without spaces have none. */
  readonly spaced: boolean;
}

export interface PageLayer {
  readonly pageIndex: number;
  /** Of the upright page image. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** Degrees clockwise that the source's page was turned by to stand upright. */
  readonly rotation: number;
  /** The words of each line. */
  readonly lines: readonly (readonly LayerWord[])[];
}
