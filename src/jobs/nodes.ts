/** The processes that work on a store, as they tell each other of themselves. */
import type { NodeRole } from '../schema/node.js';

export interface NodeDescription {
  readonly id: string;
  readonly host: string;
  readonly role: NodeRole;
  readonly version: string;
  /** Pages it reads at the same time; 0 for one that leaves them to others. */
  readonly threads: number;
  /** What its models run on; none where it reads nothing. */
  readonly devices: readonly string[];
}

export interface NodeRecord extends NodeDescription {
  /** Milliseconds since it came, and since it was last seen. */
  readonly ageMs: number;
  readonly unseenMs: number;
  /** Pages that it holds now. */
  readonly pagesHeld: number;
  /** Measured on the pages that it read, all its threads together; undefined where it does not say. */
  readonly secondsPerPage: number | undefined;
}

export interface Nodes {
  /** Whether others than this process can take part. */
  readonly shared: boolean;
  /** Who takes part, this process too, the longest there first. @throws OcrError storage.failed */
  list(): Promise<readonly NodeRecord[]>;
}
