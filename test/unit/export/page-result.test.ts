import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { failedPageResult, pageResult as result } from '../../../src/export/page-result.js';
import type { Page } from '../../../src/schema/document.js';
import { FailedPageResult, ReadPageResult } from '../../../src/schema/job.js';
import { block, cell, line, page } from './page.js';

const pageResult = (page: Page) => result(page, { words: true });

describe('pageResult', () => {
  it('has the exact shape of the contract', () => {
    const result = pageResult(
      page([block('text', ['Invoice #12345'], { rect: { x: 100, y: 400, width: 800, height: 100 } })], {
        pageIndex: 4,
        widthPx: 1000.4,
        heightPx: 1999.6,
        confidence: 0.95,
      }),
    );
    expect(result).toEqual({
      page_number: 5,
      document_metadata: {
        source_model: 'paddle',
        page_dimensions: { width: 1000, height: 2000 },
        global_confidence: 0.95,
      },
      content_blocks: [
        {
          block_id: 1,
          type: 'text',
          geometry: { x: 0.09996, y: 0.20004, width: 0.79968, height: 0.05001 },
          text: 'Invoice #12345',
          confidence: 0.9,
          lines: [
            {
              text: 'Invoice #12345',
              polygon: [
                [0.09996, 0.20004],
                [0.239904, 0.20004],
                [0.239904, 0.210042],
                [0.09996, 0.210042],
              ],
              confidence: 0.9,
            },
          ],
        },
      ],
      raw_markdown: 'Invoice #12345',
      pipeline_metadata: { complexity_score: 8.5, provider_used: 'paddle', provider_reason: 'Simple page.' },
    });
    expect(Value.Check(ReadPageResult, result)).toBe(true);
  });

  it('numbers blocks from 1 in reading order and joins their lines by line ends', () => {
    const blocks = pageResult(page([block('title', ['A']), block('text', ['b', 'c'])])).content_blocks;
    expect(blocks.map(({ block_id, text }) => [block_id, text])).toEqual([
      [1, 'A'],
      [2, 'b\nc'],
    ]);
  });

  it('tells what was measured on the page and the points it gave', () => {
    const edges = { name: 'edges', unit: 'px', value: 1.34567, from: 1.28, to: 1.4, points: 19.70123, maxPoints: 36 };
    const routing = { provider: 'paddle' as const, complexityScore: 19.7, reason: 'Simple page.', features: [edges] };
    const result = pageResult(page([], { routing }));
    expect(result.pipeline_metadata.features).toEqual([{ name: 'edges', value: 1.346, points: 19.701 }]);
    expect(Value.Check(ReadPageResult, result)).toBe(true);
  });

  it('rounds confidences to four decimals', () => {
    const lines = [line('a', 0, 0, 0.123456)];
    const [first] = pageResult(page([block('text', [], { lines, confidence: 0.99996 })])).content_blocks;
    expect(first?.confidence).toBe(1);
    expect(first?.lines[0]?.confidence).toBe(0.1235);
  });

  it('clips what reaches past the page', () => {
    const rect = { x: -10, y: 1990, width: 1020, height: 20 };
    const [first] = pageResult(page([block('text', [], { rect })])).content_blocks;
    expect(first?.geometry).toEqual({ x: 0, y: 0.995, width: 1, height: 0.005 });
  });

  it('has words where the page was read with word boxes', () => {
    const { quad } = line('Hi', 0, 0);
    const lines = [{ ...line('Hi'), words: [{ text: 'Hi', quad, confidence: 0.87654 }] }];
    const [first] = pageResult(page([block('text', [], { lines })])).content_blocks;
    const polygon = [
      [0, 0],
      [0.02, 0],
      [0.02, 0.01],
      [0, 0.01],
    ];
    expect(first?.lines[0]?.words).toEqual([{ text: 'Hi', polygon, confidence: 0.8765 }]);
  });

  it('has the cells and the HTML of a table', () => {
    const table = { rows: 1, columns: 2, cells: [cell(0, 0, 'a', { confidence: 0.5 }), cell(0, 1, '')] };
    const [first] = pageResult(page([block('table', [], { table })])).content_blocks;
    const position = { row: 0, row_span: 1, column_span: 1, header: false };
    expect(first?.table).toEqual({
      rows: 1,
      columns: 2,
      cells: [
        { ...position, column: 0, text: 'a', confidence: 0.5, geometry: { x: 0, y: 0, width: 0.1, height: 0.025 } },
        { ...position, column: 1, text: '', geometry: { x: 0.1, y: 0, width: 0.1, height: 0.025 } },
      ],
      html: '<table>\n<tr><td>a</td><td></td></tr>\n</table>',
    });
  });
});

describe('failedPageResult', () => {
  it('names the page and the public part of its error', () => {
    const result = failedPageResult(2, { code: 'page.timeout', message: 'The page took over 60 s.', stage: 'read' });
    expect(result).toEqual({
      page_number: 3,
      error: { code: 'page.timeout', title: 'Page took too long', detail: 'The page took over 60 s.' },
    });
    expect(Value.Check(FailedPageResult, result)).toBe(true);
  });
});
