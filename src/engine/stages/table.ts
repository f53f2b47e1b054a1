/**
 * Stage table: regions and lines -> tables with rows, columns, spans and the text of their cells. The structure is read
 * off the picture by a table model; the text is that of the lines.
 */
import type { Rect } from '../../schema/document.js';
import type { Native, RgbImage } from '../native.js';
import type { Models } from '../session.js';
import type { Region } from './layout.js';
import { boundsOf, type StyledLine } from './line-box.js';
import type { TableArea } from './table-areas.js';
import { fillCells } from './table-cells.js';
import { tableFrame } from './table-frame.js';
import { readStructure } from './table-structure.js';

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
  if (areas.length === 0) return regions;
  const model = await models.load('table');
  const tables: Region[] = [];
  for (const { lines, region } of areas) {
    const frame = tableFrame(lines);
    const structure = await readStructure(image, frame, model, native);
    if (structure.rows * structure.columns < MIN_CELLS) continue;
    const { rows, columns } = structure;
    const table = { rows, columns, cells: fillCells(structure, lines, frame) };
    tables.push({ type: 'table', rect: rectOf(lines, region?.rect), score: region?.score ?? 1, table });
  }
  const replaced = new Set(areas.map((area) => area.region));
  return [...tables, ...regions.filter((region) => !replaced.has(region))];
}

/** A table of fewer cells is a line of text. */
const MIN_CELLS = 2;

function rectOf(lines: readonly StyledLine[], rect: Rect | undefined): Rect {
  const points = lines.flatMap((line) => line.quad);
  if (rect !== undefined) points.push(rect, { x: rect.x + rect.width, y: rect.y + rect.height });
  const { left, top, right, bottom } = boundsOf(points);
  return { x: left, y: top, width: right - left, height: bottom - top };
}
