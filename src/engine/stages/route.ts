/** Stage route: evidence -> score, provider, models, resolution. Pure. */
import type { Routing } from '../../schema/document.js';
import type { Tier } from '../models.js';

export interface Route extends Routing {
  /** False where the text layer is read instead. */
  readonly needsImage: boolean;
  /** Resolution of the page image; of a text-layer page, of the coordinates only. Undefined for images. */
  readonly dpi: number | undefined;
  /** Tiers of the detector and recognizer; undefined where no image is read. */
  readonly tier: Tier | undefined;
}
