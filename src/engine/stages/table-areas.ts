/** Where a page has tables: the layout model's, those it took for figures, and grids of short lines that it missed. */
import type { Rect } from '../../schema/document.js';
import type { Arrangement } from './arrange.js';
import { ATOM_SCORE, type Atom, LINE_IN_REGION, takeAtoms } from './atoms.js';
import type { Region } from './layout.js';
import {
  type Box,
  boundsOf,
  boxOf,
  type LineBox,
  levelLines,
  median,
  type StyledLine,
  shareInside,
  unionOf,
  weightedMedian,
} from './line-box.js';
import { pageMargins } from './page-margins.js';
import { type FlowLine, type Group, groupRows, looksLikeTable } from './paragraphs.js';
import { readingOrder, rowsOf } from './reading-order.js';
import { type Part, wholeTables } from './table-extent.js';
import type { RuledTable } from './table-ruled.js';

export interface TableArea {
  /** In reading order. Not empty. */
  readonly lines: readonly StyledLine[];
  /** Of the layout model, where it saw a table, or a figure that is one or several. */
  readonly region: Region | undefined;
  /** Around the lines; as far as the model saw the table, where it saw no other line in it. */
  readonly rect: Rect;
  /** Of a table between ruling lines. */
  readonly ruled?: RuledTable;
}

/** The ruled tables first. */
export function findTableAreas(
  lines: readonly StyledLine[],
  regions: readonly Region[],
  ruled: readonly RuledTable[],
  page: { readonly widthPx: number; readonly heightPx: number },
): readonly TableArea[] {
  const whole = ruled.filter((table) => !isPartOfRegion(table, ruled, lines, regions));
  const claimed = linesOf(whole);
  return [
    ...whole.map((table) => ({ ...areaOf(table.lines), ruled: table })),
    ...unruledAreas(
      lines.filter((line) => !claimed.has(line)),
      regions.filter((region) => !isCovered(region, lines, claimed)),
      page,
    ),
  ];
}

/** Of the text of the model's table: with less between ruling lines, these part only a piece of it. */
const RULED_SHARE = 0.6;

function isPartOfRegion(
  table: RuledTable,
  ruled: readonly RuledTable[],
  lines: readonly StyledLine[],
  regions: readonly Region[],
): boolean {
  const box = boundsOf(table.lines.flatMap((line) => line.quad));
  return regions.some((region) => {
    if (region.type !== 'table' || region.score < ATOM_SCORE) return false;
    const seen = boxOf(region.rect);
    if (shareInside(box, seen) < LINE_IN_REGION) return false;
    const inside = lines.filter((line) => shareInside(boundsOf(line.quad), seen) > LINE_IN_REGION);
    const claimed = linesOf(ruled);
    return inside.filter((line) => claimed.has(line)).length < RULED_SHARE * inside.length;
  });
}

function linesOf(tables: readonly RuledTable[]): ReadonlySet<StyledLine> {
  return new Set(tables.flatMap((table) => table.lines));
}

/** Whether the text of a table or figure of the model is that of ruled tables. */
function isCovered(region: Region, lines: readonly StyledLine[], claimed: ReadonlySet<StyledLine>): boolean {
  if (region.type !== 'table' && region.type !== 'figure') return false;
  const inside = lines.filter((line) => shareInside(boundsOf(line.quad), boxOf(region.rect)) > LINE_IN_REGION);
  return inside.length > 0 && 2 * inside.filter((line) => claimed.has(line)).length > inside.length;
}

function unruledAreas(
  lines: readonly StyledLine[],
  regions: readonly Region[],
  page: { readonly widthPx: number; readonly heightPx: number },
): readonly TableArea[] {
  const { level, toLevel } = levelLines(lines, page.widthPx, page.heightPx);
  if (isPictureOfTable(level, page)) return [areaOf(lines)];
  const boxes = regions.map((region) => toLevel(region.rect));
  const letterHeight = weightedMedian(level.map((line) => ({ value: line.height, weight: line.line.text.length })));
  const { atoms, rest } = takeAtoms(level, regions, boxes, letterHeight || page.heightPx / 60, page);
  const { body } = pageMargins(rest, regions, page, letterHeight);
  const seen = atoms.flatMap((atom) => (atom.type === 'figure' ? gridsOfFigure(atom) : tableOf(atom)));
  const contested = regions.flatMap((region, i) =>
    region.type !== 'table' || region.score < ATOM_SCORE || atoms.some((atom) => atom.region === region)
      ? []
      : contestedTable(region, boxes[i] as Box, body),
  );
  const claimed = new Set(contested.flatMap((area) => area.lines));
  const missed = gridsOf(body.filter((line) => !claimed.has(line))).map((lines) => ({ lines, region: undefined }));
  const parts = [...seen, ...contested, ...missed];
  const found = new Set(parts.flatMap((part) => part.lines));
  const free = body.filter((line) => !found.has(line));
  return wholeTables(parts, free, letterHeight).map(({ lines, region }) => {
    const own = new Set(lines.map(({ line }) => line));
    const others = level.filter(({ line }) => !own.has(line));
    return areaOf([...own], region, region?.type === 'table' && !holdsAny(toLevel(region.rect), others));
  });
}

const holdsAny = (box: Box, lines: readonly LineBox[]) => lines.some((line) => shareInside(line, box) > LINE_IN_REGION);

function areaOf(lines: readonly StyledLine[], region?: Region, withRegion = false): TableArea {
  const boxes = lines.map((line) => boundsOf(line.quad));
  if (region !== undefined && withRegion) boxes.push(boxOf(region.rect));
  const { left, top, right, bottom } = unionOf(boxes);
  return { lines, region, rect: { x: left, y: top, width: right - left, height: bottom - top } };
}

function tableOf({ type, lines, region }: Atom): Part[] {
  return type === 'table' && lines.length >= MIN_LINES ? [{ lines, region }] : [];
}

/** A table where the model saw text as well: it is one if its rows have gutters in common. */
function contestedTable(region: Region, box: Box, lines: readonly FlowLine[]): Part[] {
  const inside = lines.filter((line) => shareInside(line, box) > LINE_IN_REGION);
  const rows = rowGroupsOf(inside);
  const tabular = rows.flatMap((group) => (group.tabular ? group.rows.flat() : []));
  return inside.length < MIN_LINES || 2 * tabular.length < inside.length
    ? []
    : [{ lines: rows.flatMap((group) => group.rows.flat()), region }];
}

/** Tables that the model took for one figure: grids that hold nearly all of its text. */
function gridsOfFigure({ lines, region }: Atom): Part[] {
  const free = new Set(lines);
  const grids = gridsOf(lines.map(toFlowLine)).map((grid) => {
    // Labels that wrap stand beside rows without being level with them.
    const { top, bottom } = unionOf(grid);
    const members = lines.filter((line) => free.has(line) && line.bottom > top && line.top < bottom);
    for (const line of members) free.delete(line);
    return members;
  });
  const inGrids = lines.length - free.size;
  return inGrids < FIGURE_GRID_SHARE * lines.length
    ? []
    : grids.filter((grid) => grid.length > 0).map((grid) => ({ lines: grid, region }));
}

function gridsOf(lines: readonly FlowLine[]): FlowLine[][] {
  return rowGroupsOf(lines)
    .filter(looksLikeTable)
    .map((group) => group.rows.flat());
}

/** Of the text of a chart or drawing, less stands in rows and columns: besides the numbers on its axes it has labels. */
const FIGURE_GRID_SHARE = 0.8;

/** How captions of tables begin, in the languages whose tables were at hand: "Table IV", but not "table in". */
const TABLE_CAPTION = /^\s*(?:table|tab\.|tabelle|tableau|tabla|tabela|tabella|表)\s*(?:\d|[IVX]+(?!\p{L}))/iu;

/**
 * Whether it is worth looking at the page for tables beside the ruled ones: some rows have common gutters, or a caption
 * announces one more. Formulas stand in rows and columns too; they are none.
 */
export function mayHaveTables({ lines, parts }: Arrangement, ruled: readonly RuledTable[]): boolean {
  if (ruled.some(({ complete }) => !complete)) return true;
  if (lines.filter((line) => TABLE_CAPTION.test(line.text)).length > ruled.length) return true;
  const claimed = linesOf(ruled);
  return parts.some((part) => {
    if (!('atom' in part)) return part.some(({ tabular }) => tabular);
    // What is drawn behind a table is taken for a figure.
    const labels = part.type === 'figure' ? part.lines.filter(({ line }) => !claimed.has(line)) : [];
    return rowGroupsOf(labels.map(toFlowLine)).some(({ tabular }) => tabular);
  });
}

function toFlowLine(line: LineBox): FlowLine {
  return { ...line, atom: false, region: undefined };
}

function rowGroupsOf(lines: readonly FlowLine[]): Group[] {
  return readingOrder(lines).flatMap(groupRows);
}

/** The model takes single lines of text for tables; the least of a table is two rows of two cells, one of them empty. */
const MIN_LINES = 3;

/** Letter heights of white around the text of a picture that was cut out closely. */
const CROP_MARGIN = 1.5;
/** Cells a row, on average, of a picture that is a table all of it; labels with one value each are a form or receipt. */
const MEAN_CELLS = 2.2;
/** Of the lines, in rows of several. */
const SHARE_IN_ROWS = 0.7;

/** Whether the page is a table and nothing else, cut out of another page. */
function isPictureOfTable(
  lines: readonly LineBox[],
  page: { readonly widthPx: number; readonly heightPx: number },
): boolean {
  if (lines.length < 4) return false;
  const text = unionOf(lines);
  const margin = CROP_MARGIN * median(lines.map((line) => line.height));
  const fills =
    text.left < margin &&
    text.top < margin &&
    page.widthPx - text.right < margin &&
    page.heightPx - text.bottom < margin;
  if (!fills) return false;
  const rows = rowsOf(lines.map((line) => ({ ...line, atom: false })));
  const inRows = rows.reduce((sum, row) => sum + (row.length > 1 ? row.length : 0), 0);
  return rows.length > 1 && lines.length >= MEAN_CELLS * rows.length && inRows >= SHARE_IN_ROWS * lines.length;
}
