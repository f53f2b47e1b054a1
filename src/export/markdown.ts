/** Page → Markdown as a person would write it. */
import type { Block, Page } from '../schema/document.js';

export function pageMarkdown(page: Page): string {
  return page.blocks
    .filter((block) => block.type !== 'header' && block.type !== 'footer')
    .map(blockMarkdown)
    .filter((text) => text !== '')
    .join('\n\n');
}

function blockMarkdown(block: Block): string {
  return block.lines.map((line) => line.text).join('\n');
}
