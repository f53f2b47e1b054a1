/** The API's answers about a job. Field names, casing and units are the contract; nothing here may be renamed. */
import { type Static, Type } from 'typebox';
import { BlockType, Provider, Tier } from './document.js';
import { oneOf } from './one-of.js';
import { Problem } from './problem.js';

export const JOB_STATUSES = ['pending', 'processing', 'completed', 'failed', 'cancelled'] as const;
export const JobStatus = oneOf(JOB_STATUSES);
export type JobStatus = (typeof JOB_STATUSES)[number];

/** The answer to a submission. */
export const JobReceipt = Type.Object({
  jobId: Type.String({ format: 'uuid' }),
  status: JobStatus,
  pageCount: Type.Integer({ minimum: 1 }),
  creditsReserved: Type.Integer({ minimum: 0 }),
  estimatedCompletionSeconds: Type.Integer({ minimum: 0 }),
});
export type JobReceipt = Static<typeof JobReceipt>;

/** Fractions of the page, origin top-left. */
export const Geometry = Type.Object({
  x: Type.Number(),
  y: Type.Number(),
  width: Type.Number(),
  height: Type.Number(),
});
export type Geometry = Static<typeof Geometry>;

/** Corner points as fractions of the page, clockwise from the text's own top-left. */
export const Polygon = Type.Array(Type.Tuple([Type.Number(), Type.Number()]));

export const ResultWord = Type.Object({ text: Type.String(), polygon: Polygon, confidence: Type.Number() });

export const ResultLine = Type.Object({
  text: Type.String(),
  polygon: Polygon,
  confidence: Type.Number(),
  words: Type.Optional(Type.Array(ResultWord)),
});
export type ResultLine = Static<typeof ResultLine>;

export const ResultTable = Type.Object({
  rows: Type.Integer(),
  columns: Type.Integer(),
  cells: Type.Array(
    Type.Object({
      row: Type.Integer(),
      column: Type.Integer(),
      row_span: Type.Integer(),
      column_span: Type.Integer(),
      text: Type.String(),
      confidence: Type.Optional(Type.Number()),
      geometry: Geometry,
      header: Type.Boolean(),
    }),
  ),
  html: Type.String(),
});

export const ContentBlock = Type.Object({
  /** From 1, in reading order. */
  block_id: Type.Integer({ minimum: 1 }),
  type: BlockType,
  geometry: Geometry,
  text: Type.String(),
  confidence: Type.Number(),
  level: Type.Optional(Type.Integer({ minimum: 1, maximum: 6 })),
  lines: Type.Array(ResultLine),
  table: Type.Optional(ResultTable),
  /** True where it goes on from the page before; only in results of the whole document. */
  continues: Type.Optional(Type.Boolean()),
});
export type ContentBlock = Static<typeof ContentBlock>;

/** The result of a page that was read. */
export const ReadPageResult = Type.Object({
  page_number: Type.Integer({ minimum: 1 }),
  document_metadata: Type.Object({
    source_model: Provider,
    /** Pixels of the upright page image. */
    page_dimensions: Type.Object({ width: Type.Integer(), height: Type.Integer() }),
    /** Degrees clockwise that the source's page was turned by to stand upright; absent where it stood upright. */
    rotation: Type.Optional(Type.Integer()),
    global_confidence: Type.Number(),
  }),
  content_blocks: Type.Array(ContentBlock),
  raw_markdown: Type.String(),
  pipeline_metadata: Type.Object({
    complexity_score: Type.Number(),
    provider_used: Provider,
    provider_reason: Type.String(),
    /** Of the models that read the page; absent where its text layer was read instead. */
    model_tier: Type.Optional(Tier),
    /** What was measured on the page, and the points that each added to the complexity score. */
    features: Type.Optional(
      Type.Array(Type.Object({ name: Type.String(), value: Type.Number(), points: Type.Number() })),
    ),
  }),
});
export type ReadPageResult = Static<typeof ReadPageResult>;

/** What went wrong with a job or one of its pages: the members of a problem that outlive the request. */
export const JobError = Type.Pick(Problem, ['code', 'title', 'detail']);
export type JobError = Static<typeof JobError>;

/** The entry of a page that failed; it costs nothing. */
export const FailedPageResult = Type.Object({ page_number: Type.Integer({ minimum: 1 }), error: JobError });
export type FailedPageResult = Static<typeof FailedPageResult>;

export const PageResult = Type.Union([ReadPageResult, FailedPageResult]);
export type PageResult = Static<typeof PageResult>;

export const Job = Type.Object({
  id: Type.String({ format: 'uuid' }),
  status: JobStatus,
  /** Of the pages asked for. */
  page_count: Type.Integer({ minimum: 1 }),
  /** Pages that were read; failed ones are not counted. */
  pages_processed: Type.Integer({ minimum: 0 }),
  credits_used: Type.Integer({ minimum: 0 }),
  /** Epoch milliseconds. */
  created_at: Type.Integer(),
  completed_at: Type.Optional(Type.Integer()),
  /** Pages done so far, in page order; all of them once completed. */
  results: Type.Optional(Type.Array(PageResult)),
  error: Type.Optional(JobError),
  /** True once the results are gone: erased by the caller, cancelled, or older than they are kept. */
  results_erased: Type.Optional(Type.Boolean()),
});
export type Job = Static<typeof Job>;
