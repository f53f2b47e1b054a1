import { settlingOf } from '../../../src/export/document.js';
import { type TextFormat, textWriter } from '../../../src/export/formats.js';
import type { FigureLink } from '../../../src/export/markdown.js';
import { writeDocument } from '../../../src/export/writer.js';
import type { Block, Cell, Page, TextLine } from '../../../src/schema/document.js';

/** Height of the lines made here, and the width of each of their characters. */
export const LINE_HEIGHT = 20;
export const CHARACTER_WIDTH = 10;

export function line(text: string, left = 0, top = 0, confidence = 0.9): TextLine {
  const right = left + text.length * CHARACTER_WIDTH;
  const bottom = top + LINE_HEIGHT;
  const quad = [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ];
  return { text, quad, confidence, source: 'test' };
}

/** A block whose lines stand below each other, 30 pixels apart, from its top-left corner on. */
export function block(type: Block['type'], texts: readonly string[], more: Partial<Block> = {}): Block {
  const { x, y } = more.rect ?? { x: 0, y: 0 };
  const lines = texts.map((text, index) => line(text.trimStart(), x + indentOf(text), y + index * 30));
  const width = Math.max(0, ...lines.map(({ quad }) => (quad[1]?.x ?? 0) - x));
  return { type, rect: { x, y, width, height: lines.length * 30 }, lines, confidence: 0.9, ...more };
}

export function page(blocks: readonly Block[], more: Partial<Page> = {}): Page {
  return {
    pageIndex: 0,
    widthPx: 1000,
    heightPx: 2000,
    routing: { provider: 'paddle', complexityScore: 8.5, reason: 'Simple page.' },
    blocks: [...blocks],
    confidence: 0.9,
    timings: {},
    ...more,
  };
}

export function cell(row: number, column: number, text: string, more: Partial<Cell> = {}): Cell {
  const rect = { x: column * 100, y: row * 50, width: 100, height: 50 };
  return { row, column, rowSpan: 1, columnSpan: 1, text, rect, header: false, ...more };
}

/** Leading spaces of a text place its line to the right. */
function indentOf(text: string): number {
  return (text.length - text.trimStart().length) * CHARACTER_WIDTH;
}

export function written(format: TextFormat, pages: readonly Page[], link?: FigureLink): string {
  const settling = settlingOf(pages);
  return writeDocument(pages.map(settling.settle), textWriter(format, settling, link));
}

export function documentMarkdown(pages: readonly Page[], link?: FigureLink): string {
  return written('md', pages, link);
}
