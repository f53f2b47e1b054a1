/**
 * Stage table: regions and lines -> tables with rows, columns, spans and the text of their cells. The structure is read
 * off the picture by a table model; the text is that of the lines.
 */
import type { Table } from '../../schema/document.js';
import type { Native, RgbImage } from '../native.js';
import type { Model, Models } from '../session.js';
import type { Region } from './layout.js';
import { boxOf, type StyledLine, shareInside } from './line-box.js';
import type { TableArea } from './table-areas.js';
import { fillCells, fillRuledCells } from './table-cells.js';
import { type TableFrame, tableFrame } from './table-frame.js';
import { boxOfRuled, type RuledTable } from './table-ruled.js';
import { type Grid, readStructure } from './table-structure.js';

/**
 * The regions, those of tables with the table that was read there. Tables come first, since what they hold belongs to
 * nothing else.
 */
export async function readTables(
  image: RgbImage,
  areas: readonly TableArea[],
  regions: readonly Region[],
  models: Models,
  native: Native,
): Promise<readonly Region[]> {
  const tables = areas.flatMap(({ ruled }) => (ruled?.complete === true ? [readRuledTable(ruled)] : []));
  const replaced = new Set(regions.filter((region) => tables.some((table) => isCovered(region, table))));
  const unruled = areas.filter(({ ruled }) => ruled?.complete !== true);
  const model = unruled.length === 0 ? undefined : await models.load('table');
  for (const { lines, region, rect } of unruled) {
    if (model === undefined) break;
    const table = await readTable(image, lines, model, native, MAX_HALVINGS);
    if (!isTable(table) || (region?.type === 'figure' && !isDense(table))) continue;
    tables.push({ type: 'table', rect, score: region?.score ?? 1, table });
    if (region !== undefined) replaced.add(region);
  }
  return [...tables, ...regions.filter((region) => !replaced.has(region))];
}

/** Of a table whose lines part all its cells. */
export function readRuledTable(ruled: RuledTable): Region {
  const { grid, lines, frame } = ruled;
  const { rows, columns } = grid;
  const table = { rows, columns, cells: fillRuledCells(grid, lines, frame) };
  return { type: 'table', rect: frame.rectOf(boxOfRuled(ruled)), score: 1, table };
}

/** What the model saw where a ruled table is, or in it. */
function isCovered({ type, rect }: Region, { rect: table }: Region): boolean {
  return (type === 'table' || type === 'figure') && shareInside(boxOf(rect), boxOf(table)) > 0.5;
}

/** With less than this, what was taken for a table is text. */
const MIN_ROWS = 2;
const MIN_COLUMNS = 2;
/** Fewer cells with text, and the model saw a grid where there is none: forms, drawings. Sparse tables have a third. */
const MIN_FILLED = 0.2;

function isTable({ rows, columns, cells }: Table): boolean {
  const filled = cells.filter((cell) => cell.text !== '').length;
  return rows >= MIN_ROWS && columns >= MIN_COLUMNS && filled >= MIN_FILLED * cells.length;
}

/** Of the cells, and of the rows those with two cells or more, that have text in a table; labels of a chart have fewer. */
const DENSE = { cells: 0.6, rows: 0.8 } as const;

function isDense({ rows, cells }: Table): boolean {
  const filled = cells.filter((cell) => cell.text !== '');
  const perRow = Array.from({ length: rows }, (_, row) => filled.filter((cell) => cell.row === row).length);
  const full = perRow.filter((count) => count > 1).length;
  return filled.length >= DENSE.cells * cells.length && full >= DENSE.rows * rows;
}

/** Eighths of 500 steps each hold any table that can be printed on a page; a picture without end costs 15 readings. */
const MAX_HALVINGS = 3;

/** A table that is longer than the model has steps is read in halves. */
async function readTable(
  image: RgbImage,
  lines: readonly StyledLine[],
  model: Model,
  native: Native,
  halvings: number,
): Promise<Table> {
  const frame = tableFrame(lines);
  const structure = await readStructure(image, frame, model, native);
  const halves = structure.complete || halvings === 0 ? undefined : cutBetweenRows(lines, frame);
  if (halves !== undefined) {
    const [upper, lower] = halves;
    return below(
      await readTable(image, upper, model, native, halvings - 1),
      await readTable(image, lower, model, native, halvings - 1),
    );
  }
  const { rows, columns, cells } = structure.cells.length === 0 ? singleCell(frame) : structure;
  return { rows, columns, cells: fillCells({ rows, columns, cells }, lines, frame) };
}

/** What holds the text where the model saw no cell. */
function singleCell({ width, height }: TableFrame): Grid {
  const box = { left: 0, top: 0, right: width, bottom: height };
  return { rows: 1, columns: 1, cells: [{ row: 0, column: 0, rowSpan: 1, columnSpan: 1, header: false, box }] };
}

/** The lines above and below the white between two rows that is nearest to the middle. */
function cutBetweenRows(
  lines: readonly StyledLine[],
  frame: TableFrame,
): readonly [readonly StyledLine[], readonly StyledLine[]] | undefined {
  const sorted = lines
    .map((line) => ({ line, box: frame.boundsIn(line.quad) }))
    .sort((a, b) => a.box.top + a.box.bottom - b.box.top - b.box.bottom);
  let best: number | undefined;
  let reached = -Infinity;
  sorted.forEach(({ box }, at) => {
    // Boxes of neighbouring lines may overlap by their margins: what counts is where their middles lie.
    const isCut = at > 0 && (box.top + box.bottom) / 2 > reached;
    if (isCut && (best === undefined || Math.abs(at - sorted.length / 2) < Math.abs(best - sorted.length / 2)))
      best = at;
    reached = Math.max(reached, box.bottom);
  });
  if (best === undefined) return undefined;
  return [sorted.slice(0, best).map(({ line }) => line), sorted.slice(best).map(({ line }) => line)];
}

/** The rows of `lower` under those of `upper`; what its model took for a head is none. */
function below(upper: Table, lower: Table): Table {
  return {
    rows: upper.rows + lower.rows,
    columns: Math.max(upper.columns, lower.columns),
    cells: [...upper.cells, ...lower.cells.map((cell) => ({ ...cell, row: cell.row + upper.rows, header: false }))],
  };
}
