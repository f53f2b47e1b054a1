/** Pages of results for the console's own functions. */
import type { ContentBlock, ReadPageResult, ResultLine } from '../../../src/schema/job.js';

const PAGE = { width: 1000, height: 1000 };
const LINE_HEIGHT = 0.02;

/** A line as wide as its text: a hundredth of the page a character. */
export function line(text: string, x: number, y: number): ResultLine {
  const right = x + text.length / 100;
  return {
    text,
    polygon: [
      [x, y],
      [right, y],
      [right, y + LINE_HEIGHT],
      [x, y + LINE_HEIGHT],
    ],
    confidence: 0.99,
  };
}

export function block(type: ContentBlock['type'], lines: readonly ResultLine[]): Omit<ContentBlock, 'block_id'> {
  return {
    type,
    geometry: { x: 0, y: 0, width: 1, height: 1 },
    text: lines.map(({ text }) => text).join('\n'),
    confidence: 0.99,
    lines: [...lines],
  };
}

export function page(...blocks: readonly Omit<ContentBlock, 'block_id'>[]): ReadPageResult {
  return {
    page_number: 1,
    document_metadata: { source_model: 'paddle', page_dimensions: PAGE, global_confidence: 0.99 },
    content_blocks: blocks.map((content, index) => ({ block_id: index + 1, ...content })),
    raw_markdown: '',
    pipeline_metadata: { complexity_score: 1, provider_used: 'paddle', provider_reason: '' },
  };
}
