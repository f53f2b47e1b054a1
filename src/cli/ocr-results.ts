/** A document that was read → the text of its results, one format each. */
import { randomUUID } from 'node:crypto';
import { settleDocument } from '../export/document.js';
import { documentMarkdown } from '../export/markdown.js';
import { failedPageResult, pageResult } from '../export/page-result.js';
import { documentText } from '../export/text.js';
import { CREDITS_BY_PROVIDER } from '../schema/complexity.js';
import type { Page } from '../schema/document.js';
import type { Job } from '../schema/job.js';
import type { DocumentOutcome } from './read-documents.js';

export const FORMATS = ['md', 'txt', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/** Without a line end behind the last line. */
export function formatDocument(document: DocumentOutcome, format: Format): string {
  switch (format) {
    case 'md':
      return documentMarkdown(readPages(document));
    case 'txt':
      return documentText(readPages(document));
    case 'json':
      return JSON.stringify(completedJob(document), undefined, 2);
  }
}

/** What `GET /v1/jobs/{jobId}/result?format=json` would answer about the document. */
export function completedJob(document: DocumentOutcome): Job {
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
      page === undefined ? failedPageResult(pageIndex, error) : pageResult(settled.get(pageIndex) ?? page),
    ),
  };
}

function readPages({ pages }: DocumentOutcome): Page[] {
  return pages.flatMap(({ page }) => (page === undefined ? [] : [page]));
}
