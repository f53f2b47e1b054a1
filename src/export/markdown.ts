/**
 * Pages → Markdown as a person would write it (CommonMark, GitHub's tables).
 *
 * Running headers and footers are left out, as they stand between the text of two pages; they are in the page's
 * blocks and in the plain text. Everything else that was read is here.
 */
import type { Block, Cell, Page, Table } from '../schema/document.js';
import { tableHtml, tableRows } from './html-table.js';
import { joinLines, type Vocabulary, vocabularyOf } from './join-lines.js';
import { type ListItem, listParts, withoutBullet } from './lists.js';
import { escapeCell, escapeInline, escapeLine } from './markdown-escape.js';
import { linewise, type Paragraph, paragraphs } from './paragraphs.js';
import { blockRows, type Row } from './rows.js';

/** A paragraph that may go on in the next block is kept as text until that block is seen. */
type Part =
  | { readonly kind: 'prose'; readonly text: string; readonly wrapped: boolean }
  | { readonly kind: 'list' | 'fixed'; readonly markdown: string };

export function pageMarkdown(page: Page): string {
  return documentMarkdown([page]);
}

export function documentMarkdown(pages: readonly Page[]): string {
  const blocks = pages.flatMap((page) => mainBlocks(page));
  const vocabulary = vocabularyOf(blocks.flatMap((block) => block.lines.map((line) => line.text)));
  const parts = mergeSplitProse(
    mergeListBlocks(blocks).flatMap((block) => blockParts(block, vocabulary)),
    vocabulary,
  );
  return parts
    .map((part, index) => {
      const tight = part.kind === 'list' && parts[index - 1]?.kind === 'list';
      const separator = index === 0 ? '' : tight ? '\n' : '\n\n';
      return separator + (part.kind === 'prose' ? escapeLine(part.text) : part.markdown);
    })
    .join('');
}

/** Without running headers and footers, unless the page has nothing else. */
function mainBlocks(page: Page): readonly Block[] {
  const main = page.blocks.filter((block) => block.type !== 'header' && block.type !== 'footer');
  return main.some((block) => block.lines.length > 0 || block.table !== undefined) ? main : page.blocks;
}

/** One list that the layout found in pieces, one below the other, is one list; its depths need all of it. */
function mergeListBlocks(blocks: readonly Block[]): Block[] {
  const merged: Block[] = [];
  for (const block of blocks) {
    const previous = merged.at(-1);
    if (previous?.type === 'list' && block.type === 'list' && isBelow(previous, block)) {
      const right = Math.max(previous.rect.x + previous.rect.width, block.rect.x + block.rect.width);
      const x = Math.min(previous.rect.x, block.rect.x);
      const height = block.rect.y + block.rect.height - previous.rect.y;
      const rect = { x, y: previous.rect.y, width: right - x, height };
      merged[merged.length - 1] = { ...previous, rect, lines: [...previous.lines, ...block.lines] };
    } else merged.push(block);
  }
  return merged;
}

function isBelow(above: Block, below: Block): boolean {
  const overlaps = above.rect.x < below.rect.x + below.rect.width && below.rect.x < above.rect.x + above.rect.width;
  return overlaps && below.rect.y >= above.rect.y + above.rect.height / 2;
}

function blockParts(block: Block, vocabulary: Vocabulary): Part[] {
  const rows = blockRows(block);
  if (rows.length === 0 && block.table === undefined) return [];
  switch (block.type) {
    case 'title':
    case 'heading':
      return heading(rows, block.level ?? (block.type === 'title' ? 1 : 2), vocabulary);
    case 'table':
      return block.table === undefined || block.table.cells.length === 0
        ? proseParts(linewise(rows), vocabulary)
        : [{ kind: 'fixed', markdown: tableMarkdown(block.table) }];
    case 'caption':
      return proseParts([[rows]], vocabulary);
    case 'list':
    case 'text': {
      const list = listParts(rows, block.type === 'list');
      if (list === undefined) return proseParts(paragraphs(rows), vocabulary);
      return [
        ...proseParts(paragraphs(list.lead), vocabulary),
        { kind: 'list', markdown: listMarkdown(list.items, vocabulary) },
        ...proseParts(paragraphs(list.tail), vocabulary),
      ];
    }
    case 'figure':
    case 'reference':
    case 'footnote':
    case 'header':
    case 'footer':
      return proseParts(paragraphs(rows), vocabulary);
    case 'equation':
    case 'seal':
    case 'form_field':
      return proseParts(linewise(rows), vocabulary);
  }
}

function heading(rows: readonly Row[], level: number, vocabulary: Vocabulary): Part[] {
  const text = escapeInline(withoutBullet(joinRows(rows, vocabulary)));
  return [{ kind: 'fixed', markdown: `${'#'.repeat(level)} ${text}` }];
}

function proseParts(groups: readonly Paragraph[], vocabulary: Vocabulary): Part[] {
  return groups.map((lines): Part => {
    const texts = lines.map((rows) => joinRows(rows, vocabulary));
    return texts.length === 1
      ? { kind: 'prose', text: texts[0] ?? '', wrapped: (lines[0]?.length ?? 0) > 1 }
      : { kind: 'fixed', markdown: texts.map(escapeLine).join('  \n') };
  });
}

/** A sentence cut by a column's or page's end: no end in the one paragraph, a small letter at the next one's start. */
function mergeSplitProse(parts: readonly Part[], vocabulary: Vocabulary): Part[] {
  const merged: Part[] = [];
  for (const part of parts) {
    const previous = merged.at(-1);
    const isSplit =
      previous?.kind === 'prose' &&
      part.kind === 'prose' &&
      previous.wrapped &&
      /[\p{L}\p{N},–—‐-]$/u.test(previous.text) &&
      /^\p{Ll}/u.test(part.text);
    if (isSplit) {
      const text = joinLines([previous.text, part.text], vocabulary);
      merged[merged.length - 1] = { kind: 'prose', text, wrapped: true };
    } else merged.push(part);
  }
  return merged;
}

function joinRows(rows: readonly Row[], vocabulary: Vocabulary): string {
  return joinLines(
    rows.map((row) => row.text),
    vocabulary,
  );
}

/** Bullets become "-"; a number stays as it is; any other label is kept as text behind a "-", as Markdown has none. */
function listMarkdown(items: readonly ListItem[], vocabulary: Vocabulary): string {
  const indents: number[] = [];
  return items
    .map((item) => {
      const isNumber = /^\d+[.)]$/.test(item.label);
      const marker = isNumber ? item.label : '-';
      const text = joinRows(item.rows, vocabulary);
      const depth = Math.min(item.depth, indents.length);
      indents.length = depth;
      const indent = indents.reduce((sum, width) => sum + width, 0);
      indents.push(marker.length + 1);
      const body = isNumber || item.label === '' ? escapeLine(text) : `${item.label} ${escapeInline(text)}`;
      return `${' '.repeat(indent)}${marker} ${body}`;
    })
    .join('\n');
}

/** A pipe table, which always has one header row and no spans; HTML for a table that has any. */
function tableMarkdown(table: Table): string {
  if (table.cells.some((cell) => cell.rowSpan > 1 || cell.columnSpan > 1)) return tableHtml(table);
  const rows = tableRows(table).map((cells) => pipeRow(cells, table.columns));
  const rule = `|${' --- |'.repeat(table.columns)}`;
  return [rows[0], rule, ...rows.slice(1)].join('\n');
}

function pipeRow(cells: readonly Cell[], columns: number): string {
  const texts = Array.from({ length: columns }, () => '');
  for (const cell of cells) texts[cell.column] = escapeCell(cell.text);
  return `| ${texts.join(' | ')} |`;
}
