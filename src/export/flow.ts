/**
 * Pages → the parts of running text, in the order in which a person would write them down: what pages and columns cut
 * is whole again. Markdown and HTML are written from them.
 *
 * Running headers and footers are left out, as they stand between the text of two pages; they are in the page's
 * blocks and in the plain text. Everything else that was read is here.
 */
import type { Block, Page, Rect, Table } from '../schema/document.js';
import { compactTable } from './compact-table.js';
import { type Footnotes, footnotesOf, withoutNumber } from './footnotes.js';
import { isCutSentence, joinLines, type Vocabulary } from './join-lines.js';
import { joinTables } from './join-tables.js';
import { type ListItem, listParts, withoutBullet } from './lists.js';
import { linewise, type Paragraph, paragraphs } from './paragraphs.js';
import { blockRows, type Row } from './rows.js';

export type Part =
  | { readonly kind: 'page'; readonly pageIndex: number }
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  /** `lines` as the author broke them; one where the text only wrapped. */
  | { readonly kind: 'paragraph'; readonly role: ProseRole; readonly lines: readonly string[] }
  | { readonly kind: 'list'; readonly items: readonly Item[] }
  | { readonly kind: 'table'; readonly table: Table; readonly caption: string | undefined }
  | { readonly kind: 'figure'; readonly figure: Figure }
  /** A note that the text refers to, by `[^label]` in its text. */
  | { readonly kind: 'note'; readonly label: string; readonly text: string };

export type ProseRole = 'text' | 'caption' | 'footnote' | 'equation';

export interface Item {
  /** As printed: "1.", "(a)"; empty for a bullet. */
  readonly label: string;
  readonly text: string;
  /** 0 for the outermost. */
  readonly depth: number;
  /** Of an item with a box to tick. */
  readonly isTicked: boolean | undefined;
}

export interface Figure {
  readonly pageIndex: number;
  /** Place among the figures of its page, from 0. */
  readonly index: number;
  readonly rect: Rect;
  /** The caption that stands beside it in reading order; it stands nowhere else. */
  readonly caption: string | undefined;
}

export interface Flow {
  /** The parts that are whole by now. REQUIRES: in page order. */
  push(page: Page): Part[];
  end(): Part[];
}

/** What may go on is kept in the pieces it is made of, so that a long chain of them is joined once. */
type Open =
  | { readonly kind: 'prose'; readonly pieces: string[]; readonly wrapped: boolean }
  | { readonly kind: 'list'; readonly items: OpenItem[] }
  | { readonly kind: 'table'; readonly pieces: Table[]; readonly caption: string | undefined }
  | { readonly kind: 'whole'; readonly part: Part };

interface OpenItem extends Omit<Item, 'text'> {
  readonly pieces: string[];
}

/** Parts between two pieces of one sentence or table: figures with their captions, notes, the page's end. */
const MAX_PARTS_BETWEEN = 12;

export interface FlowOptions {
  /**
   * Whether notes are tied to their marks. Their labels are those of the whole document: pages written one by one, to
   * be put together by somebody else, would have the same ones.
   */
  readonly notes: boolean;
}

export function documentFlow(vocabulary: Vocabulary, options: FlowOptions = { notes: true }): Flow {
  let open: Open[] = [];
  const labels = new Set<string>();
  /** A number that an earlier page had is told apart by its page. */
  const noteLabel = (number: string, { pageIndex }: Page) => {
    const label = labels.has(number) ? `${pageIndex + 1}-${number}` : number;
    labels.add(label);
    return label;
  };
  const close = (count: number): Part[] => {
    const closed = open.slice(0, count).map((part) => closePart(part, vocabulary));
    open = open.slice(count);
    return closed;
  };
  return {
    push(page) {
      open.push({ kind: 'whole', part: { kind: 'page', pageIndex: page.pageIndex } });
      const main = mergeListBlocks(mainBlocks(page));
      const notes = footnotesOf(options.notes ? main : [], (number) => noteLabel(number, page));
      const blocks = main.map((block) => withMarks(block, notes));
      const captions = captionsOf(blocks);
      const taken = new Set(captions.values());
      for (const block of blocks) {
        if (taken.has(block)) continue;
        const caption = captions.get(block);
        const text = caption && joinRows(blockRows(caption), vocabulary);
        const label = notes.numbers.get(block);
        const parts =
          label === undefined ? blockParts(block, page, text, vocabulary) : [note(block, label, vocabulary)];
        parts.forEach((part, index) => {
          if (!join(open, part, index === 0 && block.continues === true)) open.push(part);
        });
      }
      return close(lastFlowing(open) ?? open.length);
    },
    end: () => close(open.length),
  };
}

/** Index of the part that what comes next may go on with: behind it stand only parts that text flows around. */
function lastFlowing(open: readonly Open[]): number | undefined {
  const earliest = Math.max(0, open.length - MAX_PARTS_BETWEEN);
  for (let index = open.length - 1; index >= earliest; index--) {
    if (!isFloating(open[index] as Open)) return index;
  }
  return undefined;
}

function isFloating(open: Open): boolean {
  if (open.kind !== 'whole') return false;
  const { part } = open;
  if (part.kind === 'paragraph') return part.role === 'caption' || part.role === 'footnote';
  return part.kind === 'page' || part.kind === 'figure' || part.kind === 'note';
}

/** Adds `next` to the part that it goes on with, if one does. `continues`: it is known to. */
function join(open: readonly Open[], next: Open, continues: boolean): boolean {
  const last = open[lastFlowing(open) ?? -1];
  if (last === undefined) return false;
  if (last.kind === 'table' && next.kind === 'table' && continues) {
    last.pieces.push(...next.pieces);
    return true;
  }
  if (last.kind === 'list' && next.kind === 'list' && continues) {
    last.items.push(...next.items);
    return true;
  }
  if (next.kind !== 'prose') return false;
  const target = last.kind === 'prose' && last.wrapped ? last.pieces : continues ? lastPieces(last) : undefined;
  if (target === undefined || !(continues || isCutSentence(target.at(-1) ?? '', next.pieces[0] ?? ''))) return false;
  target.push(...next.pieces);
  return true;
}

function lastPieces(open: Open): string[] | undefined {
  return open.kind === 'list' ? open.items.at(-1)?.pieces : undefined;
}

function closePart(open: Open, vocabulary: Vocabulary): Part {
  switch (open.kind) {
    case 'prose':
      return { kind: 'paragraph', role: 'text', lines: [joinLines(open.pieces, vocabulary)] };
    case 'list':
      return {
        kind: 'list',
        items: open.items.map(({ pieces, ...item }) => ({ ...item, text: joinLines(pieces, vocabulary) })),
      };
    case 'table':
      return { kind: 'table', table: compactTable(joinTables(open.pieces)), caption: open.caption };
    case 'whole':
      return open.part;
  }
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
      previous.lines.push(...block.lines);
      merged[merged.length - 1] = { ...previous, rect };
    } else merged.push(block.type === 'list' ? { ...block, lines: [...block.lines] } : block);
  }
  return merged;
}

function isBelow(above: Block, below: Block): boolean {
  const overlaps = above.rect.x < below.rect.x + below.rect.width && below.rect.x < above.rect.x + above.rect.width;
  return overlaps && below.rect.y >= above.rect.y + above.rect.height / 2;
}

/** What a caption belongs to: the figure above it or the table below it, else the one on its other side. */
function captionsOf(blocks: readonly Block[]): ReadonlyMap<Block, Block> {
  const captions = new Map<Block, Block>();
  blocks.forEach((caption, index) => {
    if (caption.type !== 'caption' || caption.lines.length === 0) return;
    const isFree = (block: Block | undefined) =>
      block !== undefined && (block.type === 'figure' || hasTable(block)) && !captions.has(block);
    const [above, below] = [blocks[index - 1], blocks[index + 1]];
    const owner = [above?.type === 'figure' ? above : below, above, below].find(isFree);
    if (owner !== undefined) captions.set(owner, caption);
  });
  return captions;
}

function hasTable({ table }: Block): boolean {
  return table !== undefined && table.cells.length > 0;
}

function blockParts(block: Block, page: Page, caption: string | undefined, vocabulary: Vocabulary): Open[] {
  const rows = blockRows(block);
  if (block.type === 'figure') return [figure(block, page, caption), ...proseParts(paragraphs(rows), vocabulary)];
  if (rows.length === 0 && block.table === undefined) return [];
  switch (block.type) {
    case 'title':
    case 'heading': {
      const text = withoutBullet(joinRows(rows, vocabulary));
      return [whole({ kind: 'heading', level: block.level ?? (block.type === 'title' ? 1 : 2), text })];
    }
    case 'table':
      return block.table === undefined || !hasTable(block)
        ? proseParts(linewise(rows), vocabulary)
        : [{ kind: 'table', pieces: [block.table], caption }];
    case 'caption':
      return [paragraph('caption', [joinRows(rows, vocabulary)])];
    case 'footnote':
      return paragraphs(rows).map((lines) =>
        paragraph(
          'footnote',
          lines.map((line) => joinRows(line, vocabulary)),
        ),
      );
    case 'list':
    case 'text': {
      const list = listParts(rows, block.type === 'list');
      if (list === undefined) return proseParts(paragraphs(rows), vocabulary);
      return [
        ...proseParts(paragraphs(list.lead), vocabulary),
        { kind: 'list', items: list.items.map(openItem) },
        ...proseParts(paragraphs(list.tail), vocabulary),
      ];
    }
    case 'reference':
    case 'header':
    case 'footer':
      return proseParts(paragraphs(rows), vocabulary);
    case 'equation':
      return [
        paragraph(
          'equation',
          rows.map(({ text }) => text),
        ),
      ];
    case 'seal':
    case 'form_field':
      return proseParts(linewise(rows), vocabulary);
  }
}

function withMarks(block: Block, notes: Footnotes): Block {
  if (notes.numbers.size === 0 || (block.type !== 'text' && block.type !== 'list')) return block;
  return { ...block, lines: block.lines.map((line) => ({ ...line, text: notes.withMarks(line.text) })) };
}

function note(block: Block, label: string, vocabulary: Vocabulary): Open {
  return whole({ kind: 'note', label, text: withoutNumber(joinRows(blockRows(block), vocabulary)) });
}

function figure(block: Block, page: Page, caption: string | undefined): Open {
  const index = page.blocks.filter(({ type }) => type === 'figure').indexOf(block);
  return whole({ kind: 'figure', figure: { pageIndex: page.pageIndex, index, rect: block.rect, caption } });
}

function openItem({ label, rows, depth, isTicked }: ListItem): OpenItem {
  return { label, depth, isTicked, pieces: rows.map((row) => row.text) };
}

function proseParts(groups: readonly Paragraph[], vocabulary: Vocabulary): Open[] {
  return groups.map((lines): Open => {
    const texts = lines.map((rows) => joinRows(rows, vocabulary));
    return texts.length === 1
      ? { kind: 'prose', pieces: texts, wrapped: (lines[0]?.length ?? 0) > 1 }
      : paragraph('text', texts);
  });
}

function paragraph(role: ProseRole, lines: readonly string[]): Open {
  return whole({ kind: 'paragraph', role, lines });
}

function whole(part: Part): Open {
  return { kind: 'whole', part };
}

function joinRows(rows: readonly Row[], vocabulary: Vocabulary): string {
  return joinLines(
    rows.map((row) => row.text),
    vocabulary,
  );
}
