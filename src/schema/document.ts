/**
 * What a recognised document is: Document > Page > Block > TextLine > Word, and Table > Cell.
 *
 * Coordinates, stated once for the whole project: origin top-left, x to the right, y down, floats, in pixels of the
 * upright page image (`Page.widthPx` × `Page.heightPx`), whether or not that image was ever rendered. Only the API's
 * results turn them into fractions of the page (`export/page-result.ts`).
 *
 * `score` is a raw model number, `confidence` (0 to 1) is public. `pageIndex` counts from 0, `pageNumber` from 1.
 */
import { type Static, Type } from 'typebox';
import { oneOf } from './one-of.js';
import { TIERS } from './tiers.js';

export const Point = Type.Object({ x: Type.Number(), y: Type.Number() });
export type Point = Static<typeof Point>;

export const Rect = Type.Object({
  x: Type.Number(),
  y: Type.Number(),
  width: Type.Number(),
  height: Type.Number(),
});
export type Rect = Static<typeof Rect>;

/** Four points clockwise from the top-left corner of the text as it is read (not of the page). */
export const Quad = Type.Array(Point, { minItems: 4, maxItems: 4 });
export type Quad = Static<typeof Quad>;

export const Word = Type.Object({ text: Type.String(), quad: Quad, confidence: Type.Number() });
export type Word = Static<typeof Word>;

export const TextLine = Type.Object({
  text: Type.String(),
  quad: Quad,
  confidence: Type.Number(),
  /** Where the text came from: the PDF's own text layer, or a recognizer (its model id). */
  source: Type.String(),
  /** Absent where the page was read without word boxes. */
  words: Type.Optional(Type.Array(Word)),
});
export type TextLine = Static<typeof TextLine>;

export const BLOCK_TYPES = [
  'title',
  'heading',
  'text',
  'list',
  'table',
  'figure',
  'caption',
  'header',
  'footer',
  'footnote',
  'equation',
  'reference',
  'seal',
  'form_field',
] as const;
export const BlockType = oneOf(BLOCK_TYPES);
export type BlockType = (typeof BLOCK_TYPES)[number];

export const Cell = Type.Object({
  row: Type.Integer({ minimum: 0 }),
  column: Type.Integer({ minimum: 0 }),
  rowSpan: Type.Integer({ minimum: 1 }),
  columnSpan: Type.Integer({ minimum: 1 }),
  text: Type.String(),
  /** Absent for a cell without text. */
  confidence: Type.Optional(Type.Number()),
  rect: Rect,
  header: Type.Boolean(),
});
export type Cell = Static<typeof Cell>;

export const Table = Type.Object({
  rows: Type.Integer({ minimum: 0 }),
  columns: Type.Integer({ minimum: 0 }),
  cells: Type.Array(Cell),
});
export type Table = Static<typeof Table>;

export const Block = Type.Object({
  type: BlockType,
  rect: Rect,
  /** In reading order. Empty for a figure without text. */
  lines: Type.Array(TextLine),
  confidence: Type.Number(),
  /** Heading level, 1 to 6; only on `title` and `heading`. */
  level: Type.Optional(Type.Integer({ minimum: 1, maximum: 6 })),
  table: Type.Optional(Table),
  /** It goes on from the page before (a table, a list, a paragraph); told where the whole document is known. */
  continues: Type.Optional(Type.Boolean()),
});
export type Block = Static<typeof Block>;

export const PROVIDERS = ['text-layer', 'paddle', 'paddle-plus', 'paddle-structure'] as const;
export const Provider = oneOf(PROVIDERS);
export type Provider = (typeof PROVIDERS)[number];

export const COMPLEXITIES = ['simple', 'medium', 'complex'] as const;
export type Complexity = (typeof COMPLEXITIES)[number];

/** Of models, from the smallest to the largest; a tier is a pair of detector and recognizer. */
export const Tier = oneOf(TIERS);
export type Tier = Static<typeof Tier>;

/** A feature of the page as it was measured, and what it added to the score. */
export const ScoredFeature = Type.Object({
  name: Type.String(),
  value: Type.Number(),
  /** Absent for counts and ratios. */
  unit: Type.Optional(Type.String()),
  /** Nothing is added up to `from`, `maxPoints` from `to` on, in between in proportion; `from` > `to` where less is worse. */
  from: Type.Number(),
  to: Type.Number(),
  points: Type.Number(),
  maxPoints: Type.Number(),
});
export type ScoredFeature = Static<typeof ScoredFeature>;

/** One of the checks that a PDF's text layer must pass before it may stand for its page. */
export const TextLayerCheck = Type.Object({
  name: Type.String(),
  value: Type.Number(),
  atLeast: Type.Optional(Type.Number()),
  atMost: Type.Optional(Type.Number()),
  passed: Type.Boolean(),
});
export type TextLayerCheck = Static<typeof TextLayerCheck>;

/** What was decided for a page before it was read, and why; see `engine/stages/route.ts`. */
export const Routing = Type.Object({
  provider: Provider,
  /** Of the models that read the page; absent where its text layer is read instead, and for a blank page. */
  tier: Type.Optional(Tier),
  complexityScore: Type.Number({ minimum: 0, maximum: 100 }),
  /** One sentence that names the features that decided. */
  reason: Type.String(),
  /** Tier that reads again what the recognizer of `tier` doubts; absent where nothing is read twice. */
  escalationTier: Type.Optional(Tier),
  /** Tier of the detector that found the lines; absent where it is `tier`. */
  detectorTier: Type.Optional(Tier),
  /** Smaller tier whose recognizer reads the lines first, so that `tier` reads what it doubts; absent where `tier` reads all. */
  screeningTier: Type.Optional(Tier),
  /** Median height of the letters in pixels of the page image; absent where none were measured. */
  letterHeightPx: Type.Optional(Type.Number()),
  /** In the order in which they are measured. */
  features: Type.Optional(Type.Array(ScoredFeature)),
  /** Absent for images, and where the text layer was not looked at. */
  textLayerChecks: Type.Optional(Type.Array(TextLayerCheck)),
});
export type Routing = Static<typeof Routing>;

/** Milliseconds a stage took, by stage name. */
export const StageTimings = Type.Record(Type.String(), Type.Number());
export type StageTimings = Static<typeof StageTimings>;

export const Page = Type.Object({
  pageIndex: Type.Integer({ minimum: 0 }),
  widthPx: Type.Number(),
  heightPx: Type.Number(),
  /** Pixels an inch of the page image, when the source says how large the page is. */
  dpi: Type.Optional(Type.Number()),
  /** Degrees clockwise that the source's page was turned by to stand upright: 90, 180 or 270; absent for none. */
  rotation: Type.Optional(Type.Integer()),
  routing: Routing,
  /** In reading order. Every line that was found is in exactly one block. */
  blocks: Type.Array(Block),
  /** Mean over the characters of all lines; 1 for a page without text. */
  confidence: Type.Number(),
  timings: StageTimings,
});
export type Page = Static<typeof Page>;
