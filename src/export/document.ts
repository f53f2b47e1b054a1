/**
 * What a document is beyond its pages: running headers and footers, one heading hierarchy, what goes on over a page's
 * end. Two passes over the pages, so that a document of thousands of them never stands in memory: every page is looked
 * at (`add`), then each can be settled by itself. Linear in the pages.
 */
import type { Block, Page } from '../schema/document.js';
import { type HeadingLevel, type HeadingSample, headingLevels, headingSample } from './heading-levels.js';
import { createVocabulary, type Vocabulary } from './join-lines.js';
import { type EdgeBlock, edgeBlock, goesOn } from './page-breaks.js';
import { type MarginLine, marginLine, runningLines } from './running-lines.js';

export interface Survey {
  /** REQUIRES: in page order. */
  add(page: Page): void;
  /** REQUIRES: no page is added any more. */
  finish(): Settling;
}

export interface Settling {
  readonly vocabulary: Vocabulary;
  /** Of the document; else its first heading. Undefined where it has none. */
  readonly title: string | undefined;
  /**
   * The page with the block types and levels it has in the document, and `continues` on a block that goes on from the
   * page before. REQUIRES: the page was added.
   */
  settle(page: Page): Page;
}

/** Blocks at a page's ends that are kept in mind: running ones, known only at the end, are passed over among them. */
const EDGE_BLOCKS = 6;

interface PageNotes {
  readonly pageIndex: number;
  readonly margins: ReadonlyMap<number, MarginLine>;
  /** In reading order, without notes and page furniture. */
  readonly first: readonly EdgeBlock[];
  readonly last: readonly EdgeBlock[];
}

export function settlingOf(pages: readonly Page[]): Settling {
  const survey = surveyDocument();
  for (const page of pages) survey.add(page);
  return survey.finish();
}

export function settleDocument(pages: readonly Page[]): Page[] {
  return pages.map(settlingOf(pages).settle);
}

export function surveyDocument(): Survey {
  const notes: PageNotes[] = [];
  const headings: HeadingSample[] = [];
  const { add: addWords, vocabulary } = createVocabulary();
  return {
    add(page) {
      const margins = new Map<number, MarginLine>();
      const edges: EdgeBlock[] = [];
      page.blocks.forEach((block, index) => {
        const line = marginLine(block, page);
        if (line !== undefined) margins.set(index, line);
        if (isMain(block)) edges.push(edgeBlock(block, index, page));
        if (isHeading(block)) headings.push(headingSample(block, index, page));
        addWords(block.lines.map(({ text }) => text));
      });
      notes.push({
        pageIndex: page.pageIndex,
        margins,
        first: edges.slice(0, EDGE_BLOCKS),
        last: edges.slice(-EDGE_BLOCKS),
      });
    },
    finish() {
      const isRunning = runningLines(
        notes.flatMap(({ margins }) => [...margins.values()]),
        notes.length,
      );
      const running = new Map(notes.map((page) => [page.pageIndex, runningBlocks(page, isRunning)]));
      const standing = headings.filter((sample) => !running.get(sample.pageIndex)?.has(sample.blockIndex));
      const levels = headingLevels(standing);
      const levelsOfPage = new Map<number, Map<number, HeadingLevel>>();
      for (const [{ pageIndex, blockIndex }, level] of levels) {
        const ofPage = levelsOfPage.get(pageIndex) ?? new Map<number, HeadingLevel>();
        levelsOfPage.set(pageIndex, ofPage.set(blockIndex, level));
      }
      const continued = continuedBlocks(notes, running);
      return {
        vocabulary,
        title: (standing.find(({ isTitle }) => isTitle) ?? standing[0])?.text,
        settle: (page) => ({
          ...page,
          blocks: page.blocks.map((block, index) => {
            const zone = running.get(page.pageIndex)?.get(index);
            if (zone !== undefined) return asRunning(block, zone);
            const level = levelsOfPage.get(page.pageIndex)?.get(index);
            if (level !== undefined) return { ...block, ...level };
            return continued.get(page.pageIndex) === index ? { ...block, continues: true } : block;
          }),
        }),
      };
    },
  };
}

function runningBlocks(
  { margins }: PageNotes,
  isRunning: (line: MarginLine) => boolean,
): ReadonlyMap<number, 'header' | 'footer'> {
  return new Map([...margins].filter(([, line]) => isRunning(line)).map(([index, { zone }]) => [index, zone]));
}

function asRunning({ level: _, ...block }: Block, type: 'header' | 'footer'): Block {
  return { ...block, type };
}

/** By page index, the block that goes on from the page before. */
function continuedBlocks(
  notes: readonly PageNotes[],
  running: ReadonlyMap<number, ReadonlyMap<number, unknown>>,
): ReadonlyMap<number, number> {
  const continued = new Map<number, number>();
  for (let index = 1; index < notes.length; index++) {
    const before = notes[index - 1] as PageNotes;
    const after = notes[index] as PageNotes;
    if (after.pageIndex !== before.pageIndex + 1) continue;
    const last = before.last.findLast(({ blockIndex }) => !running.get(before.pageIndex)?.has(blockIndex));
    const next = after.first.find(({ blockIndex }) => !running.get(after.pageIndex)?.has(blockIndex));
    if (last !== undefined && next !== undefined && goesOn(last, next)) continued.set(after.pageIndex, next.blockIndex);
  }
  return continued;
}

/** What the text of a page consists of; notes stand below it whatever it does. */
function isMain({ type, lines, table }: Block): boolean {
  if (type === 'header' || type === 'footer' || type === 'footnote') return false;
  return lines.length > 0 || table !== undefined;
}

function isHeading({ type }: Block): boolean {
  return type === 'title' || type === 'heading';
}
