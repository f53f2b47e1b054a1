/** Pages → one HTML document for people: headings, lists, tables, figures, an anchor a page. Nothing is loaded by it. */
import type { Settling } from './document.js';
import { documentFlow, type Figure, type Item, type Part } from './flow.js';
import { tableHtml } from './html-table.js';
import { isForm, labelled } from './labels.js';
import { gapBehind } from './lists.js';
import type { FigureLink } from './markdown.js';
import { escapeMarkup } from './markup.js';
import type { DocumentWriter } from './writer.js';

const STYLE = `
body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif;color-scheme:light dark}
table{border-collapse:collapse}th,td{border:1px solid;padding:.2rem .5rem;text-align:left;vertical-align:top}
figure{margin:1rem 0}figcaption,.caption,.footnote{font-size:.9em}img{max-width:100%}
ul.labelled,ul.tasks{list-style:none}.equation{white-space:pre-wrap;font-family:serif}
[role=doc-pagebreak]{display:block;border-top:1px dotted;margin:1.5rem 0;font-size:.75em;text-align:right}
[role=doc-pagebreak]::before{content:attr(aria-label)}
`;

export function htmlWriter(
  { vocabulary, title }: Pick<Settling, 'vocabulary' | 'title'>,
  link: FigureLink = () => undefined,
): DocumentWriter {
  const flow = documentFlow(vocabulary);
  const write = (parts: readonly Part[]) => parts.map((part) => `${partHtml(part, link)}\n`).join('');
  return {
    begin: () =>
      '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n' +
      '<meta name="viewport" content="width=device-width">\n<meta name="generator" content="OCR Omega">\n' +
      `<title>${escapeMarkup(title ?? 'Document')}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n<main>\n`,
    push: (page) => write(flow.push(page)),
    end: () => `${write(flow.end())}</main>\n</body>\n</html>\n`,
  };
}

function partHtml(part: Part, link: FigureLink): string {
  switch (part.kind) {
    case 'page': {
      const number = part.pageIndex + 1;
      return `<span role="doc-pagebreak" id="page-${number}" aria-label="${number}"></span>`;
    }
    case 'heading':
      return `<h${part.level}>${escapeMarkup(part.text)}</h${part.level}>`;
    case 'paragraph': {
      const isFormText = part.role === 'text' && isForm(part.lines);
      const lines = linkMarks(part.lines.map(isFormText ? formLine : escapeMarkup).join('<br>\n'));
      return part.role === 'text' ? `<p>${lines}</p>` : `<p class="${part.role}">${lines}</p>`;
    }
    case 'list':
      return listHtml(part.items);
    case 'table':
      return part.caption === undefined
        ? tableHtml(part.table)
        : tableHtml(part.table).replace(
            '<table>',
            () => `<table>\n<caption>${escapeMarkup(part.caption ?? '')}</caption>`,
          );
    case 'note':
      return `<p class="footnote" role="doc-footnote" id="note-${part.label}"><sup>${part.label}</sup> ${escapeMarkup(part.text)}</p>`;
    case 'figure':
      return figureHtml(part.figure, link(part.figure));
  }
}

/** Marks of notes become links to them. */
function linkMarks(html: string): string {
  return html.replace(/\[\^((?:\d+-)?\d{1,3})\]/g, '<sup><a href="#note-$1">$1</a></sup>');
}

function figureHtml({ caption = '', pageIndex, index }: Figure, path: string | undefined): string {
  const image = path === undefined ? '' : `<img src="${escapeMarkup(path)}" alt="${escapeMarkup(caption)}">`;
  const text = caption === '' ? '' : `<figcaption>${escapeMarkup(caption)}</figcaption>`;
  return `<figure id="figure-${pageIndex + 1}-${index + 1}">${image}${text}</figure>`;
}

function formLine(line: string): string {
  const parts = labelled(line);
  if (parts === undefined) return escapeMarkup(line);
  return `<strong>${escapeMarkup(parts.label)}</strong> ${escapeMarkup(parts.value)}`.trimEnd();
}

interface OpenList {
  readonly kind: ListKind;
  readonly end: string;
}

type ListKind = 'ordered' | 'bullets' | 'labelled' | 'tasks';

const LISTS: Readonly<Record<ListKind, readonly [string, string]>> = {
  ordered: ['<ol>', '</ol>'],
  bullets: ['<ul>', '</ul>'],
  labelled: ['<ul class="labelled">', '</ul>'],
  tasks: ['<ul class="tasks">', '</ul>'],
};

/** A deeper list stands in the item above it; a list of another kind at the same depth is another list. */
function listHtml(items: readonly Item[]): string {
  const open: OpenList[] = [];
  let html = '';
  const close = (depth: number) => {
    while (open.length > depth) html += `</li>${open.pop()?.end}`;
  };
  for (const item of items) {
    const kind = kindOf(item);
    const depth = Math.min(item.depth, open.length);
    close(depth + 1);
    if (open.length === depth + 1 && open[depth]?.kind !== kind) close(depth);
    if (open.length === depth + 1) html += '</li>\n';
    else {
      const [start, end] = LISTS[kind];
      open.push({ kind, end });
      html += `${start}\n`;
    }
    html += itemHtml(item, kind);
  }
  close(0);
  return html;
}

function kindOf({ label, isTicked }: Item): ListKind {
  if (isTicked !== undefined) return 'tasks';
  if (label === '') return 'bullets';
  return /^\d+[.)]$/.test(label) ? 'ordered' : 'labelled';
}

function itemHtml({ label, text, isTicked }: Item, kind: ListKind): string {
  const body = linkMarks(escapeMarkup(text));
  switch (kind) {
    case 'ordered':
      return `<li value="${Number.parseInt(label, 10)}">${body}`;
    case 'tasks':
      return `<li><input type="checkbox" disabled${isTicked ? ' checked' : ''}> ${body}`;
    case 'labelled':
      return `<li>${escapeMarkup(label)}${gapBehind(label)}${body}`;
    case 'bullets':
      return `<li>${body}`;
  }
}
