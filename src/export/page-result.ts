/** Page → the API's entry of a page. The only place where pixels turn into fractions of the page. */
import { ERROR_CODES, type SerializedError } from '../errors.js';
import type { Block, Page, Point, Rect, Table, TextLine } from '../schema/document.js';
import type { ContentBlock, FailedPageResult, Geometry, JobError, ReadPageResult, ResultLine } from '../schema/job.js';
import { tableHtml } from './html-table.js';
import { pageMarkdown } from './markdown.js';

/** A millionth of a page is below a tenth of a pixel on any page that is accepted. */
const GEOMETRY_DECIMALS = 6;
const CONFIDENCE_DECIMALS = 4;
const FEATURE_DECIMALS = 3;

export interface ResultDetail {
  /** Whether lines show their words: a page may hold them for other reasons than that they were asked for. */
  readonly words: boolean;
}

export function pageResult(page: Page, detail: ResultDetail): ReadPageResult {
  const { provider, tier, complexityScore, reason, features } = page.routing;
  return {
    page_number: page.pageIndex + 1,
    document_metadata: {
      source_model: provider,
      page_dimensions: { width: Math.round(page.widthPx), height: Math.round(page.heightPx) },
      ...(page.rotation === undefined ? {} : { rotation: page.rotation }),
      global_confidence: roundConfidence(page.confidence),
    },
    content_blocks: page.blocks.map((block, index) => contentBlock(block, index + 1, page, detail)),
    raw_markdown: pageMarkdown(page),
    pipeline_metadata: {
      complexity_score: complexityScore,
      provider_used: provider,
      provider_reason: reason,
      ...(tier === undefined ? {} : { model_tier: tier }),
      ...(features === undefined
        ? {}
        : {
            features: features.map(({ name, value, points }) => ({
              name,
              value: round(value, FEATURE_DECIMALS),
              points: round(points, FEATURE_DECIMALS),
            })),
          }),
    },
  };
}

export function failedPageResult(pageIndex: number, error: SerializedError): FailedPageResult {
  return { page_number: pageIndex + 1, error: jobError(error) };
}

export function jobError(error: SerializedError): JobError {
  return { code: error.code, title: ERROR_CODES[error.code].title, detail: error.message };
}

function contentBlock(block: Block, id: number, page: Page, detail: ResultDetail): ContentBlock {
  return {
    block_id: id,
    type: block.type,
    geometry: fractions(block.rect, page),
    text: block.lines.map((line) => line.text).join('\n'),
    confidence: roundConfidence(block.confidence),
    ...(block.level === undefined ? {} : { level: block.level }),
    lines: block.lines.map((line) => resultLine(line, page, detail)),
    ...(block.table === undefined ? {} : { table: resultTable(block.table, page) }),
    ...(block.continues === undefined ? {} : { continues: block.continues }),
  };
}

function resultLine(line: TextLine, page: Page, detail: ResultDetail): ResultLine {
  return {
    text: line.text,
    polygon: polygon(line.quad, page),
    confidence: roundConfidence(line.confidence),
    ...(line.words === undefined || !detail.words
      ? {}
      : {
          words: line.words.map((word) => ({
            text: word.text,
            polygon: polygon(word.quad, page),
            confidence: roundConfidence(word.confidence),
          })),
        }),
  };
}

function resultTable(table: Table, page: Page): NonNullable<ContentBlock['table']> {
  return {
    rows: table.rows,
    columns: table.columns,
    cells: table.cells.map((cell) => ({
      row: cell.row,
      column: cell.column,
      row_span: cell.rowSpan,
      column_span: cell.columnSpan,
      text: cell.text,
      ...(cell.confidence === undefined ? {} : { confidence: roundConfidence(cell.confidence) }),
      geometry: fractions(cell.rect, page),
      header: cell.header,
    })),
    html: tableHtml(table),
  };
}

/** Clipped to the page: a detector's margin may reach past its edge, a fraction of the page may not. */
function fractions(rect: Rect, page: Page): Geometry {
  const left = fraction(rect.x, page.widthPx);
  const top = fraction(rect.y, page.heightPx);
  return {
    x: left,
    y: top,
    width: round(fraction(rect.x + rect.width, page.widthPx) - left, GEOMETRY_DECIMALS),
    height: round(fraction(rect.y + rect.height, page.heightPx) - top, GEOMETRY_DECIMALS),
  };
}

function polygon(points: readonly Point[], page: Page): [number, number][] {
  return points.map(({ x, y }) => [fraction(x, page.widthPx), fraction(y, page.heightPx)]);
}

function fraction(value: number, whole: number): number {
  return round(Math.min(1, Math.max(0, value / whole)), GEOMETRY_DECIMALS);
}

function roundConfidence(value: number): number {
  return round(value, CONFIDENCE_DECIMALS);
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
