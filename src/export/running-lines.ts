/**
 * Running headers, footers and page numbers: what stands at the same place of several pages with the same words, where
 * a number may count with the pages. Odd and even pages are told apart by their words alone.
 */
import type { Block, Page } from '../schema/document.js';

/** A short block in the margin of a page: what may be running. */
export interface MarginLine {
  readonly pageIndex: number;
  readonly zone: 'header' | 'footer';
  /** The words without their numbers: equal for two lines that differ in their numbers alone. */
  readonly pattern: string;
  readonly numbers: readonly number[];
  /** Of its centre from the page's top, as a fraction of the page's height. */
  readonly at: number;
  /** The page calls it a title or heading, which may well begin several pages alike (invoices in one file). */
  readonly isHeading: boolean;
}

/** Fraction of the page's height at either end. Heads of books stand within an eighth; body text may begin there too. */
const ZONE = 0.14;
const MAX_LINES = 3;
const MAX_CHARACTERS = 160;
/** How far the same line may move from page to page, as a fraction of the height: scans shift by a few millimetres. */
const MAX_SHIFT = 0.02;
/** Pages that have to agree: two alike may be chance, unless their numbers count or the document has no more. */
const MIN_PAGES = 3;
const MIN_COUNTING_PAGES = 2;
/** Of the pages with the line; the others' numbers were misread. */
const MIN_AGREEING = 0.75;

const ROMAN = /^(?=[ivxlc])(?:c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})$/;

export function marginLine(block: Block, page: Page): MarginLine | undefined {
  if (block.table !== undefined || block.lines.length === 0 || block.lines.length > MAX_LINES) return undefined;
  if (block.type === 'figure' || block.type === 'equation' || block.type === 'seal') return undefined;
  const top = block.rect.y / page.heightPx;
  const bottom = (block.rect.y + block.rect.height) / page.heightPx;
  const zone = bottom <= ZONE ? 'header' : top >= 1 - ZONE ? 'footer' : undefined;
  if (zone === undefined) return undefined;
  const text = block.lines.map((line) => line.text).join(' ');
  if (text.length > MAX_CHARACTERS) return undefined;
  const { pattern, numbers } = takeNumbers(text);
  if (pattern === '') return undefined;
  const isHeading = block.type === 'title' || block.type === 'heading';
  return { pageIndex: page.pageIndex, zone, pattern, numbers, at: (top + bottom) / 2, isHeading };
}

function takeNumbers(text: string): { pattern: string; numbers: number[] } {
  const numbers: number[] = [];
  const take = (value: number) => {
    numbers.push(value);
    return '#';
  };
  const folded = text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
  const bare = folded.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
  if (bare !== '' && ROMAN.test(bare)) return { pattern: take(romanValue(bare)), numbers };
  return { pattern: folded.replace(/\d{1,9}/g, (digits) => take(Number(digits))), numbers };
}

function romanValue(numeral: string): number {
  const values: Readonly<Record<string, number>> = { i: 1, v: 5, x: 10, l: 50, c: 100 };
  return [...numeral].reduce((sum, letter, index, letters) => {
    const value = values[letter] ?? 0;
    return sum + (value < (values[letters[index + 1] ?? ''] ?? 0) ? -value : value);
  }, 0);
}

/** Returns whether a line is running, by all that was seen. `pageCount` is that of the pages looked at. */
export function runningLines(lines: readonly MarginLine[], pageCount: number): (line: MarginLine) => boolean {
  const groups = new Map<string, MarginLine[]>();
  for (const line of lines) {
    const key = `${line.zone} ${line.pattern}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [line]);
    else group.push(line);
  }
  const running = new Set<MarginLine>();
  for (const group of groups.values()) {
    for (const cluster of byPlace(group)) {
      if (isRunning(cluster, pageCount)) for (const line of cluster) running.add(line);
    }
  }
  return (line) => running.has(line);
}

function byPlace(group: readonly MarginLine[]): MarginLine[][] {
  const clusters: MarginLine[][] = [];
  for (const line of [...group].sort((a, b) => a.at - b.at)) {
    const last = clusters.at(-1);
    if (last !== undefined && line.at - (last.at(-1)?.at ?? 0) <= MAX_SHIFT) last.push(line);
    else clusters.push([line]);
  }
  return clusters;
}

function isRunning(lines: readonly MarginLine[], pageCount: number): boolean {
  const pages = new Set(lines.map((line) => line.pageIndex)).size;
  let counts = false;
  for (let place = 0; place < (lines[0]?.numbers.length ?? 0); place++) {
    const kind = progression(lines, place);
    if (kind === 'none') return false;
    counts ||= kind === 'counting';
  }
  const headings = lines.filter((line) => line.isHeading).length;
  // "Exercise 1", "Exercise 2", each at the top of its page.
  if (counts && 2 * headings > lines.length) return false;
  const wholeDocument = pageCount === 2 && headings === 0;
  return pages >= (counts || wholeDocument ? MIN_COUNTING_PAGES : MIN_PAGES);
}

/** How the numbers at one place of the line go from page to page. */
function progression(lines: readonly MarginLine[], place: number): 'constant' | 'counting' | 'none' {
  const needed = MIN_AGREEING * lines.length;
  if (mostFrequent(lines.map((line) => line.numbers[place] ?? 0)) >= needed) return 'constant';
  return mostFrequent(lines.map((line) => (line.numbers[place] ?? 0) - line.pageIndex)) >= needed ? 'counting' : 'none';
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}
