/**
 * Words of a table -> its cells. Every word ends in exactly one cell; a line that spans several is cut at its words.
 */
import type { Cell, Quad } from '../../schema/document.js';
import { type Box, median, type StyledLine, shareInside, unionOf, wordsOfLine } from './line-box.js';
import type { TableFrame } from './table-frame.js';
import type { RuledGrid } from './table-grid.js';
import { markHead } from './table-head.js';
import type { Grid, StructureCell } from './table-structure.js';

interface Piece {
  readonly text: string;
  readonly confidence: number;
  readonly box: Box;
  readonly line: number;
  readonly bold: boolean;
}

/** Cells of a grid that a model guessed from the picture. REQUIRES: a grid of at least one cell. */
export function fillCells(grid: Grid, lines: readonly StyledLine[], frame: TableFrame): Cell[] {
  const places = placesOf(grid);
  return fill(grid, lines, frame, (box) => bestPlace(box, places));
}

/** Cells between ruling lines: a word is where its middle is. */
export function fillRuledCells(grid: RuledGrid, lines: readonly StyledLine[], frame: TableFrame): Cell[] {
  const cells = fill(grid, lines, frame, (box) => grid.cellAt((box.left + box.right) / 2, (box.top + box.bottom) / 2));
  return cells.map((cell, at) => ({ ...cell, rect: frame.rectOf((grid.cells[at] as StructureCell).box) }));
}

function fill(grid: Grid, lines: readonly StyledLine[], frame: TableFrame, cellOf: (box: Box) => number): Cell[] {
  const contents = grid.cells.map((): Piece[] => []);
  lines.forEach((line, index) => {
    for (const piece of piecesOf(line, index, frame)) (contents[cellOf(piece.box)] as Piece[]).push(piece);
  });
  const cells = grid.cells.map(({ row, column, rowSpan, columnSpan, header, box }, at) => {
    const pieces = contents[at] as Piece[];
    return {
      row,
      column,
      rowSpan,
      columnSpan,
      text: textOf(pieces),
      ...(pieces.length === 0 ? {} : { confidence: meanConfidence(pieces) }),
      rect: frame.rectOf(pieces.length === 0 ? box : unionOf(pieces.map((piece) => piece.box))),
      header,
      bold: pieces.length > 0 && pieces.every(({ bold }) => bold),
    };
  });
  return markHead(cells);
}

function piecesOf(line: StyledLine, index: number, frame: TableFrame): Piece[] {
  const words = wordsOfLine(line) ?? [];
  const parts = words.length === 0 ? [line] : words;
  return parts.map(({ text, confidence, quad }: { text: string; confidence: number; quad: Quad }) => ({
    text,
    confidence,
    box: frame.boundsIn(quad),
    line: index,
    bold: line.style?.bold === true,
  }));
}

/** Where text of a cell may stand: in the model's box, and in the place that its row and columns leave it. */
interface Place {
  readonly box: Box;
  readonly slot: Box;
}

/** Cells of which the middle one is no stray. */
const MIN_LANE = 3;
/** Where a box and a slot disagree, the slot has more cells that speak for it. */
const SLOT_WEIGHT = 1.5;

/** Boxes of single cells stray; the middle ones of a row and of a column do not. */
function placesOf({ rows, columns, cells }: Grid): Place[] {
  // Of a row or column of few cells, the cell's own box tells as much as the others'.
  const own = (lanes: readonly (readonly StructureCell[])[], side: number) =>
    lanes.every((lane) => lane.length >= MIN_LANE) && lanes.length > 0 ? [] : [side];
  const middle = (members: readonly StructureCell[], side: keyof Box) => median(members.map(({ box }) => box[side]));
  const rowOf = Array.from({ length: rows }, (_, row) =>
    cells.filter((cell) => cell.row === row && cell.rowSpan === 1),
  );
  const columnOf = Array.from({ length: columns }, (_, column) =>
    cells.filter((cell) => cell.column === column && cell.columnSpan === 1),
  );
  return cells.map(({ row, column, rowSpan, columnSpan, box }) => {
    const span = (lanes: readonly (readonly StructureCell[])[], first: number, count: number) =>
      lanes.slice(first, first + count).filter((lane) => lane.length > 0);
    const inRows = span(rowOf, row, rowSpan);
    const inColumns = span(columnOf, column, columnSpan);
    return {
      box,
      slot: {
        left: Math.min(...own(inColumns, box.left), ...inColumns.map((lane) => middle(lane, 'left'))),
        right: Math.max(...own(inColumns, box.right), ...inColumns.map((lane) => middle(lane, 'right'))),
        top: Math.min(...own(inRows, box.top), ...inRows.map((lane) => middle(lane, 'top'))),
        bottom: Math.max(...own(inRows, box.bottom), ...inRows.map((lane) => middle(lane, 'bottom'))),
      },
    };
  });
}

/** The cell that holds most of the piece; where none does, the nearest one. */
function bestPlace(piece: Box, places: readonly Place[]): number {
  let best = 0;
  let bestShare = 0;
  let bestDistance = Infinity;
  places.forEach(({ box, slot }, at) => {
    const share = shareInside(piece, box) + SLOT_WEIGHT * shareInside(piece, slot);
    const distance = share > 0 ? 0 : distanceBetween(piece, slot);
    if (share > bestShare || (bestShare === 0 && distance < bestDistance)) {
      best = at;
      bestShare = share;
      bestDistance = distance;
    }
  });
  return best;
}

function distanceBetween(a: Box, b: Box): number {
  const x = Math.max(0, a.left - b.right, b.left - a.right);
  const y = Math.max(0, a.top - b.bottom, b.top - a.bottom);
  return Math.hypot(x, y);
}

/** Scripts that set no space between words, nor where a line wraps. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uff60]/u;

/** Line by line, the words of each from left to right; a cell is one text however often it wraps. */
function textOf(pieces: readonly Piece[]): string {
  const byLine = new Map<number, Piece[]>();
  for (const piece of pieces) byLine.set(piece.line, [...(byLine.get(piece.line) ?? []), piece]);
  const lines = readingLines([...byLine.values()]);
  return lines
    .map((line) => line.map((piece) => piece.text).join(' '))
    .reduce((text, line) => {
      const unspaced = UNSPACED.test(text.slice(-1)) && UNSPACED.test(line.slice(0, 1));
      return text === '' ? line : text + (unspaced ? '' : ' ') + line;
    }, '');
}

/** Top to bottom; parts that stand level, left to right. */
function readingLines(lines: readonly (readonly Piece[])[]): (readonly Piece[])[] {
  const boxed = lines.map((pieces) => ({ pieces, box: unionOf(pieces.map((piece) => piece.box)) }));
  const middle = ({ box }: (typeof boxed)[number]) => (box.top + box.bottom) / 2;
  const rows: (typeof boxed)[] = [];
  for (const line of boxed.sort((a, b) => middle(a) - middle(b))) {
    const row = rows.at(-1);
    const last = row?.at(-1);
    // Half of the lower one's height: enough for sub- and superscripts, too much for the next line.
    const reach =
      last === undefined ? 0 : 0.5 * Math.min(last.box.bottom - last.box.top, line.box.bottom - line.box.top);
    if (row !== undefined && last !== undefined && middle(line) - middle(last) < reach) row.push(line);
    else rows.push([line]);
  }
  return rows.flatMap((row) => row.sort((a, b) => a.box.left - b.box.left).map(({ pieces }) => pieces));
}

/** Over the words. */
function meanConfidence(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + piece.confidence, 0) / pieces.length;
}
