/** A document that was read → the text of its results, one format each. */
import { randomUUID } from 'node:crypto';
import { settleDocument, settlingOf } from '../export/document.js';
import { type TextFormat, textWriter } from '../export/formats.js';
import type { FigureLink } from '../export/markdown.js';
import { failedPageResult, pageResult, type ResultDetail } from '../export/page-result.js';
import { writeDocument } from '../export/writer.js';
import { CREDITS_BY_PROVIDER } from '../schema/complexity.js';
import type { Page } from '../schema/document.js';
import type { Job } from '../schema/job.js';
import type { DocumentOutcome } from './read-documents.js';

export interface ResultOptions extends ResultDetail {
  /** Where the pictures of figures were written. */
  readonly link?: FigureLink;
}

/** Without a line end behind the last line. */
export function formatDocument(
  document: DocumentOutcome,
  format: TextFormat | 'json',
  { link, ...detail }: ResultOptions,
): string {
  const text =
    format === 'json' ? JSON.stringify(completedJob(document, detail), undefined, 2) : textOf(document, format, link);
  return text.replace(/\n$/, '');
}

function textOf(document: DocumentOutcome, format: TextFormat, link?: FigureLink): string {
  const pages = readPages(document);
  const settling = settlingOf(pages);
  return writeDocument(pages.map(settling.settle), textWriter(format, settling, link));
}

/** What `GET /v1/jobs/{jobId}/result?format=json` would answer about the document. */
export function completedJob(document: DocumentOutcome, detail: ResultDetail): Job {
  const pages = settleDocument(readPages(document));
  const settled = new Map(pages.map((page) => [page.pageIndex, page]));
  return {
    id: randomUUID(),
    status: 'completed',
    page_count: document.pages.length,
    pages_processed: pages.length,
    credits_used: pages.reduce((sum, page) => sum + CREDITS_BY_PROVIDER[page.routing.provider], 0),
    created_at: document.startedAt,
    completed_at: document.endedAt,
    results: document.pages.map(({ pageIndex, page, error }) =>
      page === undefined ? failedPageResult(pageIndex, error) : pageResult(settled.get(pageIndex) ?? page, detail),
    ),
  };
}

export function readPages({ pages }: DocumentOutcome): Page[] {
  return pages.flatMap(({ page }) => (page === undefined ? [] : [page]));
}
