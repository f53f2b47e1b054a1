/**
 * Stage assemble: arranged lines -> blocks in reading order. Every line comes out in exactly one block.
 *
 * Regions of the layout model mark tables, figures, equations and the kinds of text where it saw them; everything
 * else, on pages read from a text layer all of it, is told by geometry.
 */
import type { Block, Page, Rect, StageTimings, TextLine } from '../../schema/document.js';
import type { Arrangement } from './arrange.js';
import type { Atom } from './atoms.js';
import { blocksOfGroups, layHeadingLevels, type TypedBlock } from './block-types.js';
import { type Box, boundsOf, type LineBox, median, type StyledLine, unionOf, wordsOfLine } from './line-box.js';
import { type FlowLine, isLabelled } from './paragraphs.js';
import { rowsOf } from './reading-order.js';
import { type Route, routingOf } from './route.js';

export interface PageFrame {
  readonly pageIndex: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpi: number | undefined;
  /** Degrees clockwise that the page image was turned by to stand upright. */
  readonly rotation: number;
}

/** `words`: whether lines keep theirs. */
export function assemblePage(
  frame: PageFrame,
  route: Route,
  { lines, regions, level, turned, header, footer, parts, letterHeight }: Arrangement,
  { words }: { readonly words: boolean },
  timings: StageTimings,
): Page {
  const context = { letterHeight, boldShare: boldShare(lines), isForm: isForm(level), frame };
  const flowBlocks = parts.flatMap((part) =>
    'atom' in part ? [atomBlock(part)] : blocksOfGroups(part, regions, context),
  );
  const typed = [
    ...marginBlocks('header', header),
    ...layHeadingLevels(flowBlocks, letterHeight),
    ...turnedBlocks(turned, level, frame.widthPx),
    ...marginBlocks('footer', footer),
  ];
  return {
    pageIndex: frame.pageIndex,
    widthPx: frame.widthPx,
    heightPx: frame.heightPx,
    ...(frame.dpi === undefined ? {} : { dpi: frame.dpi }),
    ...(frame.rotation === 0 ? {} : { rotation: frame.rotation }),
    routing: routingOf(route),
    blocks: typed.map((block) => toBlock(block, words)),
    confidence: meanConfidence(lines),
    timings,
  };
}

function atomBlock(atom: Atom): TypedBlock {
  const { rect, table } = atom.region;
  return { type: atom.type, lines: atom.lines, height: 0, rect, ...(table === undefined ? {} : { table }) };
}

/** Pieces of a running head this many letter heights apart are several: a title at the left, a number at the right. */
const MARGIN_PIECE_GAP = 5;
/** Rows of one piece are closer than this many letter heights. */
const MARGIN_ROW_GAP = 1;

/** Running heads and feet: a block for each of the pieces that stand apart. */
function marginBlocks(type: 'header' | 'footer', lines: readonly FlowLine[]): TypedBlock[] {
  const pieces: LineBox[][] = [];
  let above: LineBox[][] = [];
  for (const row of rowsOf(lines)) {
    const cells: LineBox[][] = [];
    for (const line of row) {
      const cell = cells[cells.length - 1];
      const last = cell?.[cell.length - 1];
      if (cell && last && line.left - last.right < MARGIN_PIECE_GAP * line.height) cell.push(line);
      else cells.push([line]);
    }
    above = cells.map((cell) => {
      const box = unionOf(cell);
      const piece = above.find((lines) => continues(unionOf(lines), box));
      if (piece === undefined) {
        pieces.push(cell);
        return cell;
      }
      piece.push(...cell);
      return piece;
    });
  }
  return pieces.map((lines) => ({ type, lines, height: median(lines.map((line) => line.height)) }));

  function continues(piece: Box, below: Box): boolean {
    const overlap = Math.min(piece.right, below.right) - Math.max(piece.left, below.left);
    return overlap > 0 && below.top - piece.bottom < MARGIN_ROW_GAP * (below.bottom - below.top);
  }
}

/** Groups of turned lines that a line may join: more side by side at once are a pattern. */
const MAX_OPEN_GROUPS = 100;

/** Turned lines that stand side by side are one block, in the order of their reading direction. */
function turnedBlocks(turned: readonly LineBox[], level: readonly LineBox[], widthPx: number): TypedBlock[] {
  const groups: LineBox[][] = [];
  for (const line of [...turned].sort((a, b) => a.left - b.left)) {
    const group = groups.slice(-MAX_OPEN_GROUPS).find((members) => {
      const last = members[members.length - 1] as LineBox;
      const overlap = Math.min(last.bottom, line.bottom) - Math.max(last.top, line.top);
      return line.left - last.right < line.height && overlap > 0;
    });
    if (group === undefined) groups.push([line]);
    else group.push(line);
  }
  return groups.map((lines) => ({
    type: isMarginStamp(lines, level, widthPx) ? 'header' : 'text',
    lines,
    height: median(lines.map((line) => line.height)),
  }));
}

/** Of the page's width, the strip along its sides that stamps of archives and numbers of pages stand in. */
const STAMP_MARGIN = 0.08;
/** And the one in which they do where all other text is further in. */
const FREE_MARGIN = 0.12;
const STAMP_LINES = 2;

function isMarginStamp(lines: readonly LineBox[], level: readonly LineBox[], widthPx: number): boolean {
  if (lines.length > STAMP_LINES) return false;
  const { left, right } = unionOf(lines);
  const isWithin = (margin: number) => right <= margin * widthPx || left >= (1 - margin) * widthPx;
  if (isWithin(STAMP_MARGIN)) return true;
  const text = unionOf(level);
  return isWithin(FREE_MARGIN) && level.length > 0 && (right <= text.left || left >= text.right);
}

function toBlock(block: TypedBlock, words: boolean): Block {
  const lines = block.lines.map(({ line }): TextLine => {
    const { text, quad, confidence, source } = line;
    const found = words ? wordsOfLine(line) : undefined;
    return { text, quad, confidence, source, ...(found === undefined ? {} : { words: [...found] }) };
  });
  return {
    type: block.type,
    rect: rectAround(block),
    lines,
    confidence: meanConfidence(lines),
    ...(block.level === undefined ? {} : { level: block.level }),
    ...(block.table === undefined ? {} : { table: block.table }),
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

/** Lines that begin with a label, and of all of a page's, from which it is a form. */
const FORM_LABELS = { least: 4, share: 0.15 } as const;

function isForm(lines: readonly LineBox[]): boolean {
  const labels = lines.filter(({ line }) => isLabelled(line.text)).length;
  return labels >= FORM_LABELS.least && labels >= FORM_LABELS.share * lines.length;
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
