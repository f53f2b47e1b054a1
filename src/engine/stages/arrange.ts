/**
 * The lines of a page put in their order: what is set apart from the running text (heads and feet, turned lines, tables and
 * figures) and the text between, in groups as a reader takes them in. What each group is, `assemble.ts` tells.
 */
import { type Atom, takeAtoms } from './atoms.js';
import type { Region } from './layout.js';
import { type LineBox, levelLines, type StyledLine, weightedMedian } from './line-box.js';
import { pageMargins } from './page-margins.js';
import { type FlowLine, type Group, groupRows } from './paragraphs.js';
import { type Flow, readingOrder } from './reading-order.js';

export interface Arrangement {
  readonly lines: readonly StyledLine[];
  readonly regions: readonly Region[];
  /** Lines read along the page's main direction. */
  readonly level: readonly LineBox[];
  readonly turned: readonly LineBox[];
  readonly header: readonly FlowLine[];
  readonly footer: readonly FlowLine[];
  /** In reading order; the groups of a column up to the next table or figure are one part. */
  readonly parts: readonly (Atom | readonly Group[])[];
  /** Letter height of most of the page's text; 0 where there is none. */
  readonly letterHeight: number;
}

type Item = Atom | FlowLine;

export function arrangePage(
  lines: readonly StyledLine[],
  regions: readonly Region[],
  page: { readonly widthPx: number; readonly heightPx: number },
): Arrangement {
  const { level, turned, toLevel } = levelLines(lines, page.widthPx, page.heightPx);
  const boxes = regions.map((region) => toLevel(region.rect));
  const letterHeight = weightedMedian(level.map((line) => ({ value: line.height, weight: line.line.text.length })));
  const { atoms, rest } = takeAtoms(level, regions, boxes, letterHeight || page.heightPx / 60, page);
  const { header, body, footer } = pageMargins(rest, regions, page, letterHeight);
  const parts = readingOrder<Item>([...body, ...atoms]).flatMap(splitAtAtoms);
  return {
    lines,
    regions,
    level,
    turned,
    header,
    footer,
    parts: parts.map((part) => ('atom' in part ? part : groupRows(part))),
    letterHeight,
  };
}

/** Runs of lines between the tables and figures of a flow. */
function splitAtAtoms(flow: Flow<Item>): (Atom | Flow<FlowLine>)[] {
  const parts: (Atom | FlowLine[][])[] = [];
  for (const row of flow) {
    const lines: FlowLine[] = [];
    for (const item of row) {
      if (item.atom) parts.push(item);
      else lines.push(item);
    }
    if (lines.length === 0) continue;
    const last = parts[parts.length - 1];
    if (Array.isArray(last)) last.push(lines);
    else parts.push([lines]);
  }
  return parts;
}
