import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { completedJob, formatDocument } from '../../../src/reading/ocr-results.js';
import type { DocumentOutcome } from '../../../src/reading/read-documents.js';
import { Job } from '../../../src/schema/job.js';
import { block, page } from '../export/page.js';

const routing = { provider: 'paddle-plus', complexityScore: 40, reason: 'Two columns.' } as const;
const document: DocumentOutcome = {
  input: { path: '/scan.pdf', name: 'scan.pdf' },
  startedAt: 1000,
  endedAt: 2500,
  error: undefined,
  pages: [
    { pageIndex: 0, page: page([block('title', ['Report'])]), error: undefined },
    { pageIndex: 1, page: undefined, error: { code: 'page.timeout', message: 'It took too long.' } },
    { pageIndex: 2, page: page([block('text', ['End.'])], { pageIndex: 2, routing }), error: undefined },
  ],
};

describe('completedJob', () => {
  it('is a completed job of the API, with failed pages uncharged', () => {
    const job = completedJob(document, { words: false });
    expect(job).toMatchObject({
      status: 'completed',
      page_count: 3,
      pages_processed: 2,
      credits_used: 4,
      created_at: 1000,
      completed_at: 2500,
    });
    expect(job.results?.map((result) => ('error' in result ? result.error.code : result.page_number))).toEqual([
      1,
      'page.timeout',
      3,
    ]);
    expect(Value.Check(Job, job)).toBe(true);
  });
});

describe('formatDocument', () => {
  it('writes the pages that were read as Markdown, plain text and JSON', () => {
    expect(formatDocument(document, 'md', { words: false })).toBe('# Report\n\nEnd.');
    expect(formatDocument(document, 'txt', { words: false })).toBe('Report\n\nEnd.');
    expect(Value.Check(Job, JSON.parse(formatDocument(document, 'json', { words: false })))).toBe(true);
  });
});
