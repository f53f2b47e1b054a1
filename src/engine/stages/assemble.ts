/**
 * Stage assemble: lines and regions -> blocks in reading order. Every line comes out in exactly one block.
 *
 * Regions of the layout model mark tables, figures, equations and the kinds of text where it saw them; everything
 * else, on pages read from a text layer all of it, is told by geometry.
 */
import type { Block, Page, Rect, StageTimings } from '../../schema/document.js';
import { blocksOfFlow, layHeadingLevels, type TypedBlock } from './block-types.js';
import type { Region } from './layout.js';
import {
  type Box,
  boundsOf,
  type LineBox,
  levelLines,
  median,
  type StyledLine,
  shareInside,
  unionOf,
  weightedMedian,
} from './line-box.js';
import { pageMargins } from './page-margins.js';
import type { FlowLine } from './paragraphs.js';
import { type Flow, type OrderItem, readingOrder, rowsOf } from './reading-order.js';
import { type Route, routingOf } from './route.js';

export interface PageFrame {
  readonly pageIndex: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpi: number | undefined;
  /** Degrees clockwise that the page image was turned by to stand upright. */
  readonly rotation: number;
}

/** A line belongs to the region that holds most of it, if that is more than this. */
const LINE_IN_REGION = 0.5;
/** Scores below are dropped for the kinds that take lines out of the flow: a wrong table costs more than a missed one. */
const ATOM_SCORE = 0.5;
/** A "figure" whose area is text to this share is a text page or form that the model mistook. */
const FIGURE_TEXT_SHARE = 0.3;

/** A "figure" of more of the page than this is the photograph of a page. */
const MAX_FIGURE_SHARE = 0.85;
/** Labels of a figure are short; a title and a note may be sentences. A form that was taken for one has more. */
const FIGURE_PROSE_LINES = 3;
/** Lines this wide, and this share of them, in columns are prose: cells are seldom wider than 25 Latin letters. */
const PROSE_EM = 12;
const PROSE_SHARE = 0.6;
/** Line numbers in the margin are narrower, and say nothing of the text beside them. */
const NUMBER_EM = 3;

interface Atom extends OrderItem {
  readonly atom: true;
  readonly type: 'table' | 'figure' | 'equation';
  readonly region: Region;
  readonly lines: readonly LineBox[];
}

type Item = Atom | FlowLine;

export function assemblePage(
  frame: PageFrame,
  route: Route,
  lines: readonly StyledLine[],
  regions: readonly Region[],
  timings: StageTimings,
): Page {
  const { level, turned, toLevel } = levelLines(lines, frame.widthPx, frame.heightPx);
  const boxes = regions.map((region) => toLevel(region.rect));
  const letterHeight = weightedMedian(level.map((line) => ({ value: line.height, weight: line.line.text.length })));
  const { atoms, rest } = takeAtoms(level, regions, boxes, letterHeight || frame.heightPx / 60, frame);
  const { header, body, footer } = pageMargins(rest, regions, frame, letterHeight);

  const context = { letterHeight, boldShare: boldShare(lines), frame };
  const flowBlocks = readingOrder<Item>([...body, ...atoms]).flatMap((flow) =>
    splitAtAtoms(flow).flatMap((part) => ('atom' in part ? [atomBlock(part)] : blocksOfFlow(part, regions, context))),
  );
  const typed = [
    ...marginBlocks('header', header),
    ...layHeadingLevels(flowBlocks, letterHeight),
    ...turnedBlocks(turned),
    ...marginBlocks('footer', footer),
  ];
  const blocks = typed.map(toBlock);
  return {
    pageIndex: frame.pageIndex,
    widthPx: frame.widthPx,
    heightPx: frame.heightPx,
    ...(frame.dpi === undefined ? {} : { dpi: frame.dpi }),
    ...(frame.rotation === 0 ? {} : { rotation: frame.rotation }),
    routing: routingOf(route),
    blocks,
    confidence: meanConfidence(lines),
    timings,
  };
}

/** Tables, figures and equations of the model with the lines inside them; each line goes to one at most. */
function takeAtoms(
  level: readonly LineBox[],
  regions: readonly Region[],
  boxes: readonly Box[],
  letterHeight: number,
  frame: PageFrame,
): { readonly atoms: Atom[]; readonly rest: FlowLine[] } {
  const owners = level.map((line) => bestRegion(line, regions, boxes));
  const atoms: Atom[] = [];
  const taken = new Set<LineBox>();
  regions.forEach((region, i) => {
    if (region.type !== 'table' && region.type !== 'figure' && region.type !== 'equation') return;
    if (region.score < ATOM_SCORE) return;
    const { width, height } = region.rect;
    if (region.type === 'figure' && width * height > MAX_FIGURE_SHARE * frame.widthPx * frame.heightPx) return;
    const box = boxes[i] as Box;
    const inside = level.filter((_, at) => owners[at] === i);
    const covered = level.filter((line) => shareInside(line, box) > LINE_IN_REGION);
    const type = typeOfAtom(region.type, box, covered);
    if (type === undefined || (type !== 'figure' && inside.length === 0)) return;
    for (const line of inside) taken.add(line);
    atoms.push({
      ...(inside.length === 0 ? box : unionOf([box, ...inside])),
      height: letterHeight,
      widthEm: (box.right - box.left) / letterHeight,
      atom: true,
      type,
      region,
      lines: rowsOf(inside.map((line) => ({ ...line, atom: false }))).flat(),
    });
  });
  const rest: FlowLine[] = [];
  level.forEach((line, at) => {
    if (taken.has(line)) return;
    const owner = owners[at];
    const type = owner === undefined ? undefined : (regions[owner] as Region).type;
    const isText = type !== undefined && type !== 'table' && type !== 'figure' && type !== 'equation';
    rest.push({ ...line, atom: false, region: isText ? owner : undefined });
  });
  return { atoms, rest };
}

function bestRegion(line: LineBox, regions: readonly Region[], boxes: readonly Box[]): number | undefined {
  let best: number | undefined;
  let bestShare = LINE_IN_REGION;
  for (let i = 0; i < regions.length; i++) {
    // Regions come best first; a later one must hold clearly more of the line.
    const share = shareInside(line, boxes[i] as Box);
    if (share > bestShare + (best === undefined ? 0 : 0.2)) {
      best = i;
      bestShare = share;
    }
  }
  return best;
}

/** What a table or figure of the model is by the text it covers; undefined where it is running text. */
function typeOfAtom(type: Atom['type'], box: Box, lines: readonly LineBox[]): Atom['type'] | undefined {
  if (type === 'equation' || lines.length < 2) return type;
  const words = lines.filter((line) => line.widthEm > NUMBER_EM);
  const prose = words.filter((line) => line.widthEm > PROSE_EM);
  const area = (box.right - box.left) * (box.bottom - box.top);
  const text = lines.reduce((sum, line) => sum + (line.right - line.left) * (line.bottom - line.top), 0);
  if (type === 'figure' && text < FIGURE_TEXT_SHARE * area && prose.length <= FIGURE_PROSE_LINES) return 'figure';
  const flows = readingOrder(lines.map((line) => ({ ...line, atom: false as const })));
  if (type === 'table') return flows.length > 1 && prose.length > PROSE_SHARE * words.length ? undefined : 'table';
  const rows = flows.flat();
  return flows.length === 1 && rows.length >= 3 && lines.length >= 2.5 * rows.length ? 'table' : undefined;
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

function atomBlock(atom: Atom): TypedBlock {
  return { type: atom.type, lines: atom.lines, height: 0, rect: atom.region.rect };
}

/** Running heads and feet: one block a row, as their cells are read across. */
function marginBlocks(type: 'header' | 'footer', lines: readonly FlowLine[]): TypedBlock[] {
  return rowsOf(lines).map((row) => ({ type, lines: row, height: median(row.map((line) => line.height)) }));
}

/** Turned lines that stand side by side are one block, in the order of their reading direction. */
function turnedBlocks(turned: readonly LineBox[]): TypedBlock[] {
  const groups: LineBox[][] = [];
  for (const line of [...turned].sort((a, b) => a.left - b.left)) {
    const group = groups.find((members) => {
      const last = members[members.length - 1] as LineBox;
      const overlap = Math.min(last.bottom, line.bottom) - Math.max(last.top, line.top);
      return line.left - last.right < line.height && overlap > 0;
    });
    if (group === undefined) groups.push([line]);
    else group.push(line);
  }
  return groups.map((lines) => ({ type: 'text', lines, height: median(lines.map((line) => line.height)) }));
}

function toBlock(block: TypedBlock): Block {
  const lines = block.lines.map(({ line: { style: _, ...line } }) => line);
  return {
    type: block.type,
    rect: rectAround(block),
    lines,
    confidence: meanConfidence(lines),
    ...(block.level === undefined ? {} : { level: block.level }),
  };
}

function rectAround(block: TypedBlock): Rect {
  const points = block.lines.flatMap((line) => line.line.quad);
  if (block.rect !== undefined) {
    const { x, y, width, height } = block.rect;
    points.push({ x, y }, { x: x + width, y: y + height });
  }
  const { left, top, right, bottom } = boundsOf(points);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function boldShare(lines: readonly StyledLine[]): number {
  const characters = lines.reduce((sum, line) => sum + line.text.length, 0);
  const bold = lines.reduce((sum, line) => sum + (line.style?.bold === true ? line.text.length : 0), 0);
  return characters === 0 ? 0 : bold / characters;
}

/** Over the characters; 1 where there are none, as nothing was misread. */
function meanConfidence(lines: readonly StyledLine[]): number {
  let characters = 0;
  let sum = 0;
  for (const line of lines) {
    characters += line.text.length;
    sum += line.confidence * line.text.length;
  }
  return characters === 0 ? 1 : sum / characters;
}
