/**
 * One heading hierarchy a document: levels by the headings' numbers where these are consistent, by the height of their
 * letters, compared over all pages, where they have none.
 */
import type { Block, Page, Point } from '../schema/document.js';

export interface HeadingSample {
  readonly pageIndex: number;
  readonly blockIndex: number;
  readonly isTitle: boolean;
  readonly text: string;
  /** Of its letters, in points where the page's resolution is known, else as if the page were 8.5 inches wide. */
  readonly height: number;
  /** Whether the type comes from a text layer, whose sizes are exact; a detector's boxes are not. */
  readonly exact: boolean;
  readonly number: SectionNumber | undefined;
}

export interface SectionNumber {
  /** 1 for "2", 2 for "2.1". */
  readonly depth: number;
  /** "2.10" as [2, 10]. */
  readonly path: readonly number[];
}

export interface HeadingLevel {
  readonly type: 'title' | 'heading';
  readonly level: number;
}

const POINTS_PER_INCH = 72;
const LETTER_WIDTH_INCHES = 8.5;
const MAX_LEVEL = 6;
/** Level 1 is the title's, whether or not the document has one. */
const FIRST_LEVEL = 2;
/** Sizes of one level differ by less than this ratio: as within a page (engine), plus what a scan changes between pages. */
const SAME_SIZE = { exact: 1.06, detected: 1.2 } as const;
/** Numbers decide only where this share of them follows on what came before; else they are part of lists or of forms. */
const MIN_ASCENDING = 0.8;

const DECIMAL = /^(\d{1,2}(?:\.\d{1,2}){0,4})[.)]?\s+(?=\D)/;
const CHINESE_DIGITS = '零一二三四五六七八九十';
const CHAPTER =
  /^(?:(?:chapter|part|kapitel|teil|chapitre)\s+(\d{1,2}|[ivx]{1,5})\b|第\s*([一二三四五六七八九十]|\d{1,2})\s*[章编編篇])/iu;

export function headingSample(block: Block, blockIndex: number, page: Page): HeadingSample {
  const inches = page.dpi === undefined ? LETTER_WIDTH_INCHES / page.widthPx : 1 / page.dpi;
  const text = block.lines.map((line) => line.text.trim()).join(' ');
  return {
    pageIndex: page.pageIndex,
    blockIndex,
    isTitle: block.type === 'title',
    text,
    height: median(block.lines.map((line) => lineHeight(line.quad))) * inches * POINTS_PER_INCH,
    exact: block.lines.every((line) => line.source === 'text-layer'),
    number: sectionNumber(text),
  };
}

/** REQUIRES: in reading order. */
export function headingLevels(samples: readonly HeadingSample[]): ReadonlyMap<HeadingSample, HeadingLevel> {
  const title = findTitle(samples);
  const headings = samples.filter((sample) => sample !== title);
  const numbered = headings.filter((sample) => sample.number !== undefined);
  const byNumber = isConsistent(numbered);
  // Within one page the engine has told them apart by what it knows of the type.
  if (!byNumber && samples.every(({ pageIndex }) => pageIndex === samples[0]?.pageIndex)) return new Map();
  const sizes = sizeClasses(headings);
  const depthOfSize = byNumber ? depthsOfNumbered(numbered, sizes) : new Map<number, number>();

  const depths = new Map<HeadingSample, number>();
  for (const sample of headings) {
    const size = sizes.get(sample) ?? 0;
    const own = byNumber ? sample.number?.depth : undefined;
    depths.set(sample, own ?? (byNumber ? depthBeside(size, depthOfSize) : size + 1));
  }
  // No level is left out, though a document may have numbers of depth 1 and 3 alone.
  const used = [...new Set(depths.values())].sort((a, b) => a - b);
  const levels = new Map<HeadingSample, HeadingLevel>();
  if (title !== undefined) levels.set(title, { type: 'title', level: 1 });
  for (const [sample, depth] of depths) {
    levels.set(sample, { type: 'heading', level: Math.min(MAX_LEVEL, FIRST_LEVEL + used.indexOf(depth)) });
  }
  return levels;
}

/** What the first page with headings calls its title; titles of later pages are headings of the one document. */
function findTitle(samples: readonly HeadingSample[]): HeadingSample | undefined {
  const first = samples[0]?.pageIndex;
  return samples.find((sample) => sample.isTitle && sample.pageIndex === first);
}

/** The class of each sample, 0 for the largest letters. */
function sizeClasses(samples: readonly HeadingSample[]): Map<HeadingSample, number> {
  const ratio = samples.every((sample) => sample.exact) ? SAME_SIZE.exact : SAME_SIZE.detected;
  const classes = new Map<HeadingSample, number>();
  let largest = Number.POSITIVE_INFINITY;
  let index = -1;
  for (const sample of [...samples].sort((a, b) => b.height - a.height)) {
    if (largest / sample.height > ratio) {
      largest = sample.height;
      index += 1;
    }
    classes.set(sample, index);
  }
  return classes;
}

/** The depth that most of the numbered headings of a size have. */
function depthsOfNumbered(
  numbered: readonly HeadingSample[],
  sizes: ReadonlyMap<HeadingSample, number>,
): Map<number, number> {
  const counts = new Map<number, Map<number, number>>();
  for (const sample of numbered) {
    const size = sizes.get(sample) ?? 0;
    const depth = sample.number?.depth ?? 1;
    const ofSize = counts.get(size) ?? new Map<number, number>();
    counts.set(size, ofSize.set(depth, (ofSize.get(depth) ?? 0) + 1));
  }
  return new Map(
    [...counts].map(([size, ofSize]) => [
      size,
      [...ofSize].reduce((best, next) => (next[1] > best[1] ? next : best))[0],
    ]),
  );
}

/** Of an unnumbered heading among numbered ones: as those of its size, else one below the next larger ones. */
function depthBeside(size: number, depthOfSize: ReadonlyMap<number, number>): number {
  const same = depthOfSize.get(size);
  if (same !== undefined) return same;
  const larger = [...depthOfSize].filter(([other]) => other < size).sort((a, b) => b[0] - a[0])[0];
  return larger === undefined ? 1 : larger[1] + 1;
}

function sectionNumber(text: string): SectionNumber | undefined {
  const decimal = DECIMAL.exec(text);
  if (decimal?.[1] !== undefined) {
    const path = decimal[1].split('.').map(Number);
    // "1.0 Scope" is a first section.
    const trimmed = path.length === 2 && path[1] === 0 ? path.slice(0, 1) : path;
    return { depth: trimmed.length, path: trimmed };
  }
  const chapter = CHAPTER.exec(text);
  if (chapter === null) return undefined;
  return { depth: 1, path: [ordinal(chapter[1] ?? chapter[2] ?? '')] };
}

function ordinal(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const chinese = CHINESE_DIGITS.indexOf(text);
  if (chinese >= 0) return chinese;
  const roman: Readonly<Record<string, number>> = { i: 1, v: 5, x: 10 };
  return [...text.toLowerCase()].reduce((sum, letter, index, letters) => {
    const value = roman[letter] ?? 0;
    return sum + (value < (roman[letters[index + 1] ?? ''] ?? 0) ? -value : value);
  }, 0);
}

/** Whether there are several numbers and they go up. */
function isConsistent(numbered: readonly HeadingSample[]): boolean {
  if (numbered.length < 2) return false;
  let ascending = 0;
  for (let index = 1; index < numbered.length; index++) {
    if (follows(numbered[index - 1]?.number?.path ?? [], numbered[index]?.number?.path ?? [])) ascending += 1;
  }
  return ascending >= MIN_ASCENDING * (numbered.length - 1);
}

function follows(before: readonly number[], after: readonly number[]): boolean {
  for (let index = 0; index < after.length; index++) {
    const earlier = before[index];
    const later = after[index] ?? 0;
    if (earlier === undefined) return true;
    if (later !== earlier) return later > earlier;
  }
  return false;
}

function lineHeight(quad: readonly Point[]): number {
  const [a, b, c, d] = quad as readonly [Point, Point, Point, Point];
  return (Math.hypot(d.x - a.x, d.y - a.y) + Math.hypot(c.x - b.x, c.y - b.y)) / 2;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
