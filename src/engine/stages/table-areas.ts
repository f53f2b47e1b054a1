/** Where a page has tables: the layout model's, those it took for figures, and grids of short lines that it missed. */
import { takeAtoms } from './atoms.js';
import type { Region } from './layout.js';
import { levelLines, type StyledLine, weightedMedian } from './line-box.js';
import { pageMargins } from './page-margins.js';
import { groupRows, looksLikeTable } from './paragraphs.js';
import { readingOrder } from './reading-order.js';

export interface TableArea {
  /** In reading order. Not empty. */
  readonly lines: readonly StyledLine[];
  /** Of the layout model, where it saw one. */
  readonly region: Region | undefined;
}

export function findTableAreas(
  lines: readonly StyledLine[],
  regions: readonly Region[],
  page: { readonly widthPx: number; readonly heightPx: number },
): readonly TableArea[] {
  const { level, toLevel } = levelLines(lines, page.widthPx, page.heightPx);
  const boxes = regions.map((region) => toLevel(region.rect));
  const letterHeight = weightedMedian(level.map((line) => ({ value: line.height, weight: line.line.text.length })));
  const { atoms, rest } = takeAtoms(level, regions, boxes, letterHeight || page.heightPx / 60, page);
  const { body } = pageMargins(rest, regions, page, letterHeight);
  const seen = atoms
    .filter((atom) => atom.type === 'table')
    .map((atom) => ({ lines: atom.lines.map(({ line }) => line), region: atom.region }));
  const missed = readingOrder(body)
    .flatMap(groupRows)
    .filter(looksLikeTable)
    .map((group) => ({ lines: group.rows.flat().map(({ line }) => line), region: undefined }));
  return [...seen, ...missed];
}
