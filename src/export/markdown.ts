/** Pages → Markdown as a person would write it (CommonMark, GitHub's tables and task lists). */
import type { Cell, Page, Table } from '../schema/document.js';
import { documentFlow, type Figure, type Flow, type Item, type Part } from './flow.js';
import { tableHtml, tableRows } from './html-table.js';
import { type Vocabulary, vocabularyOf } from './join-lines.js';
import { isForm, labelled } from './labels.js';
import { gapBehind } from './lists.js';
import { escapeCell, escapeInline, escapeLine } from './markdown-escape.js';
import { type DocumentWriter, writeDocument } from './writer.js';

/** Where the picture of a figure was written, as a link; undefined where it was not. */
export type FigureLink = (figure: Figure) => string | undefined;

const NO_LINKS: FigureLink = () => undefined;

/** Of one page by itself. */
export function pageMarkdown(page: Page): string {
  const vocabulary = vocabularyOf(page.blocks.flatMap((block) => block.lines.map((line) => line.text)));
  return writeDocument([page], flowWriter(documentFlow(vocabulary, { notes: false }), NO_LINKS));
}

export function markdownWriter(vocabulary: Vocabulary, link: FigureLink = NO_LINKS): DocumentWriter {
  return flowWriter(documentFlow(vocabulary), link);
}

function flowWriter(flow: Flow, link: FigureLink): DocumentWriter {
  let previous: Part['kind'] | undefined;
  const write = (parts: readonly Part[]) =>
    parts
      .map((part) => {
        const markdown = partMarkdown(part, link);
        if (markdown === '') return '';
        const tight = part.kind === 'list' && previous === 'list';
        const separator = previous === undefined ? '' : tight ? '\n' : '\n\n';
        previous = part.kind;
        return separator + markdown;
      })
      .join('');
  return { begin: () => '', push: (page) => write(flow.push(page)), end: () => write(flow.end()) };
}

/** Empty for a part that Markdown has no words for. */
function partMarkdown(part: Part, link: FigureLink): string {
  switch (part.kind) {
    case 'page':
      return '';
    case 'heading':
      return `${'#'.repeat(part.level)} ${escapeInline(part.text)}`;
    case 'paragraph':
      return part.lines.map(isForm(part.lines) && part.role === 'text' ? formLine : escapeLine).join('  \n');
    case 'list':
      return listMarkdown(part.items);
    case 'table':
      return (part.caption === undefined ? '' : `${escapeLine(part.caption)}\n\n`) + tableMarkdown(part.table);
    case 'note':
      return `[^${part.label}]: ${escapeInline(part.text)}`;
    case 'figure':
      return figureMarkdown(part.figure, link(part.figure));
  }
}

/** A picture and what is written below it; without the picture's file, the words alone. */
function figureMarkdown({ caption }: Figure, path: string | undefined): string {
  const text = caption === undefined ? '' : escapeLine(caption);
  if (path === undefined) return text;
  const image = `![${escapeInline(caption ?? '').replace(/[[\]]/g, '\\$&')}](${path})`;
  return text === '' ? image : `${image}\n\n${text}`;
}

function formLine(line: string): string {
  const parts = labelled(line);
  if (parts === undefined) return escapeLine(line);
  const label = `**${escapeInline(parts.label)}**`;
  return parts.value === '' ? label : `${label} ${escapeInline(parts.value)}`;
}

/** Bullets become "-"; a number stays as it is; any other label is kept as text behind a "-", as Markdown has none. */
function listMarkdown(items: readonly Item[]): string {
  const indents: number[] = [];
  return items
    .map((item) => {
      const isNumber = /^\d+[.)]$/.test(item.label);
      const marker = isNumber ? item.label : '-';
      const depth = Math.min(item.depth, indents.length);
      indents.length = depth;
      const indent = indents.reduce((sum, width) => sum + width, 0);
      indents.push(marker.length + 1);
      const box = item.isTicked === undefined ? '' : item.isTicked ? '[x] ' : '[ ] ';
      const body =
        isNumber || item.label === ''
          ? escapeLine(item.text)
          : `${item.label}${gapBehind(item.label)}${escapeInline(item.text)}`;
      return `${' '.repeat(indent)}${marker} ${box}${body}`;
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
