/**
 * A page's blocks laid out for reading, by the same rules as its Markdown (`export/`), but with every piece of text
 * still knowing where on the page it stands.
 *
 * A unit is what is pointed at: a line, or a cell of a table. Its `ref` names it in the text and on the picture alike.
 */
import { joinLines, type Vocabulary, vocabularyOf } from '../export/join-lines.js';
import { listParts } from '../export/lists.js';
import { linewise, paragraphs } from '../export/paragraphs.js';
import { blockRows, type Row } from '../export/rows.js';
import type { Block } from '../schema/document.js';
import type { ContentBlock, Geometry, ReadPageResult } from '../schema/job.js';

export type Polygon = readonly (readonly [number, number])[];

export interface Word {
  readonly ref: string;
  /** Where in the unit's text it stands. */
  readonly from: number;
  readonly to: number;
  /** Fractions of the page. */
  readonly polygon: Polygon;
  readonly confidence: number;
}

export interface Unit {
  readonly ref: string;
  readonly text: string;
  /** Fractions of the page. */
  readonly polygon: Polygon;
  /** Undefined for an empty cell. */
  readonly confidence: number | undefined;
  /** In the order of the text; empty where the page was read without word boxes. */
  readonly words: readonly Word[];
}

/** Part of a unit's text, and what stands between it and the next piece. */
export interface Piece {
  readonly unit: Unit;
  readonly from: number;
  readonly to: number;
  readonly separator: string;
}

/** Text that runs on, whatever lines it was set in. */
export type Run = readonly Piece[];

export interface TableCell {
  readonly unit: Unit;
  readonly header: boolean;
  readonly rowSpan: number;
  readonly columnSpan: number;
}

export type Layout =
  /** A paragraph is its lines as the author broke them. */
  | { readonly kind: 'paragraphs'; readonly paragraphs: readonly (readonly Run[])[] }
  | { readonly kind: 'list'; readonly items: readonly { label: string; depth: number; run: Run }[] }
  | { readonly kind: 'table'; readonly rows: readonly (readonly TableCell[])[] };

export interface ReadingBlock {
  readonly ref: string;
  readonly type: ContentBlock['type'];
  readonly level: number | undefined;
  /** Fractions of the page. */
  readonly geometry: Geometry;
  readonly units: readonly Unit[];
  /** Several where a list stands among text. */
  readonly layouts: readonly Layout[];
}

export interface Reading {
  readonly blocks: readonly ReadingBlock[];
  readonly units: readonly Unit[];
}

const readings = new WeakMap<ReadPageResult, Reading>();

export function readingOf(page: ReadPageResult): Reading {
  const known = readings.get(page);
  if (known !== undefined) return known;
  const vocabulary = vocabularyOf(page.content_blocks.flatMap((block) => block.lines.map(({ text }) => text)));
  const blocks = page.content_blocks.map((block) => readingBlock(block, page, vocabulary));
  const reading = { blocks, units: blocks.flatMap(({ units }) => units) };
  readings.set(page, reading);
  return reading;
}

function readingBlock(block: ContentBlock, page: ReadPageResult, vocabulary: Vocabulary): ReadingBlock {
  const ref = String(block.block_id);
  const { type, geometry, level } = block;
  const shared = { ref, type, geometry, level };
  if (block.table !== undefined && block.table.cells.length > 0) {
    const cells = tableCells(ref, block.table);
    return { ...shared, units: cells.flat().map(({ unit }) => unit), layouts: [{ kind: 'table', rows: cells }] };
  }
  const units = block.lines
    .map((line, index): Unit => {
      const text = line.text.replace(/\s+/g, ' ').trim();
      const lineRef = `${ref}.${index + 1}`;
      return { ...line, ref: lineRef, text, words: findWords(lineRef, text, line.words ?? []) };
    })
    .filter(({ text }) => text !== '');
  return { ...shared, units, layouts: layOut(engineBlock(block, page), units, vocabulary) };
}

function findWords(
  ref: string,
  text: string,
  words: readonly { readonly text: string; readonly polygon: Polygon; readonly confidence: number }[],
): Word[] {
  let from = 0;
  return words.flatMap(({ text: word, polygon, confidence }, index) => {
    const at = text.indexOf(word, from);
    if (word === '' || at < 0) return [];
    from = at + word.length;
    return [{ ref: `${ref}.${index + 1}`, from: at, to: from, polygon, confidence }];
  });
}

type ResultTable = NonNullable<ContentBlock['table']>;

/** Rows of cells, left to right. */
function tableCells(ref: string, table: ResultTable): TableCell[][] {
  const rows: TableCell[][] = Array.from({ length: table.rows }, () => []);
  const leftToRight = table.cells.map((cell, index) => ({ cell, index })).sort((a, b) => a.cell.column - b.cell.column);
  for (const { cell, index } of leftToRight) {
    const { text, geometry, confidence, header, row_span: rowSpan, column_span: columnSpan } = cell;
    const unit = { ref: `${ref}.${index + 1}`, text, polygon: corners(geometry), confidence, words: [] };
    rows[cell.row]?.push({ unit, header, rowSpan, columnSpan });
  }
  return rows;
}

export function corners({ x, y, width, height }: Geometry): Polygon {
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}

/** Where part of a unit's text stands: its words, or as much of the line as it has of the characters. */
export function placesOf({ text, polygon, words }: Unit, from: number, to: number): readonly Polygon[] {
  if (words.length > 0) return words.filter((word) => word.from < to && word.to > from).map((word) => word.polygon);
  const [topLeft, topRight, bottomRight, bottomLeft] = polygon;
  if (topLeft === undefined || topRight === undefined || bottomRight === undefined || bottomLeft === undefined)
    return [];
  const [start, end] = [from / text.length, to / text.length];
  return [
    [
      between(topLeft, topRight, start),
      between(topLeft, topRight, end),
      between(bottomLeft, bottomRight, end),
      between(bottomLeft, bottomRight, start),
    ],
  ];
}

function between([x, y]: Polygon[number], [toX, toY]: Polygon[number], share: number): Polygon[number] {
  return [x + (toX - x) * share, y + (toY - y) * share];
}

/** As the export's rules have it: in pixels of the page. */
function engineBlock(block: ContentBlock, page: ReadPageResult): Block {
  const { width, height } = page.document_metadata.page_dimensions;
  return {
    type: block.type,
    rect: { x: 0, y: 0, width, height },
    confidence: block.confidence,
    lines: block.lines.map(({ text, polygon, confidence }) => ({
      text,
      quad: polygon.map(([x, y]) => ({ x: x * width, y: y * height })),
      confidence,
      source: '',
    })),
  };
}

function layOut(block: Block, units: readonly Unit[], vocabulary: Vocabulary): Layout[] {
  const rows = blockRows(block);
  const pieces = piecesOf(rows, units);
  const run = (some: readonly Row[]) => joinPieces(some, pieces, vocabulary);
  const prose = (groups: readonly (readonly (readonly Row[])[])[]): Layout[] =>
    groups.length === 0 ? [] : [{ kind: 'paragraphs', paragraphs: groups.map((lines) => lines.map(run)) }];
  if (rows.length === 0) return [];
  switch (block.type) {
    case 'title':
    case 'heading':
    case 'caption':
      return prose([[rows]]);
    case 'list':
    case 'text': {
      const list = listParts(rows, block.type === 'list');
      if (list === undefined) return prose(paragraphs(rows));
      // A row of an item is a copy without its label; the order tells which one it was.
      const inOrder = [...list.lead, ...list.items.flatMap((item) => item.rows), ...list.tail];
      inOrder.forEach((row, index) => {
        const original = rows[index];
        if (original !== undefined && row !== original) pieces.set(row, withoutLabel(original, row, pieces));
      });
      return [
        ...prose(paragraphs(list.lead)),
        { kind: 'list', items: list.items.map(({ label, depth, rows: own }) => ({ label, depth, run: run(own) })) },
        ...prose(paragraphs(list.tail)),
      ];
    }
    case 'table':
    case 'equation':
    case 'seal':
    case 'form_field':
      return prose(linewise(rows));
    default:
      return prose(paragraphs(rows));
  }
}

type Pieces = Map<Row, Piece[]>;

/** A row is one line or several side by side, which it takes in order. */
function piecesOf(rows: readonly Row[], units: readonly Unit[]): Pieces {
  let next = 0;
  return new Map(
    rows.map((row) => {
      const pieces: Piece[] = [];
      for (let length = -1; length < row.text.length && next < units.length; next++) {
        const unit = units[next] as Unit;
        pieces.push({ unit, from: 0, to: unit.text.length, separator: ' ' });
        length += unit.text.length + 1;
      }
      return [row, pieces];
    }),
  );
}

function withoutLabel(original: Row, row: Row, pieces: Pieces): Piece[] {
  let cut = original.text.length - row.text.length;
  return (pieces.get(original) ?? []).flatMap((piece) => {
    const from = Math.min(cut, piece.to);
    cut = Math.max(0, cut - piece.to - 1);
    return from < piece.to ? [{ ...piece, from }] : [];
  });
}

function joinPieces(rows: readonly Row[], pieces: Pieces, vocabulary: Vocabulary): Run {
  return rows.flatMap((row, index) => {
    const own = pieces.get(row) ?? [];
    const last = own.at(-1);
    const next = rows[index + 1];
    if (last === undefined || next === undefined) return own.map((piece) => ({ ...piece }));
    const joined = joinLines([row.text, next.text], vocabulary);
    const dropsHyphen = joined.length < row.text.length + next.text.length;
    const separator = joined.length > row.text.length + next.text.length ? ' ' : '';
    return [...own.slice(0, -1), { ...last, to: dropsHyphen ? last.to - 1 : last.to, separator }];
  });
}
