/** Finds text in a document: without regard to case and accents, over line ends and broken words. */
import type { PageResult, ReadPageResult } from '../schema/job.js';
import { type Reading, type Run, readingOf } from './reading.js';

export interface Span {
  /** Of the unit it lies in. */
  readonly ref: string;
  readonly from: number;
  readonly to: number;
}

export interface Hit {
  readonly pageNumber: number;
  /** More than one where it runs over a line end. */
  readonly spans: readonly Span[];
}

/** More than anyone steps through; a single letter may be on every page a thousand times. */
const MAX_HITS = 5_000;

export function findHits(pages: readonly PageResult[], query: string): Hit[] {
  const wanted = fold(query.replace(/\s+/g, ' ').trim());
  const hits: Hit[] = [];
  if (wanted === '') return hits;
  for (const page of pages) {
    if ('error' in page) continue;
    for (const text of searchTexts(page)) {
      for (let at = text.folded.indexOf(wanted); at >= 0; at = text.folded.indexOf(wanted, at + wanted.length)) {
        hits.push({ pageNumber: page.page_number, spans: spansOf(text, at, at + wanted.length) });
        if (hits.length === MAX_HITS) return hits;
      }
    }
  }
  return hits;
}

/** Lower case without accents, and as long as the text: what is found is shown at the same place. */
export function fold(text: string): string {
  return Array.from({ length: text.length }, (_, index) => foldUnit(text.charAt(index))).join('');
}

function foldUnit(character: string): string {
  if (character < '\x80') return character.toLowerCase();
  const base = character.normalize('NFD').charAt(0);
  const lower = base.toLowerCase();
  return lower.length === 1 ? lower : base;
}

/** Text that runs on, and where its parts come from. */
interface SearchText {
  readonly folded: string;
  readonly parts: readonly { readonly at: number; readonly ref: string; readonly from: number; readonly to: number }[];
}

const textsOfPages = new WeakMap<ReadPageResult, readonly SearchText[]>();

function searchTexts(page: ReadPageResult): readonly SearchText[] {
  const known = textsOfPages.get(page);
  if (known !== undefined) return known;
  const texts = runsOf(readingOf(page)).map(searchText);
  textsOfPages.set(page, texts);
  return texts;
}

function runsOf({ blocks }: Reading): Run[] {
  return blocks.flatMap(({ layouts }) =>
    layouts.flatMap((layout): readonly Run[] => {
      if (layout.kind === 'paragraphs') return layout.paragraphs.flat();
      if (layout.kind === 'list') return layout.items.map(({ run }) => run);
      return layout.rows.flat().map(({ unit }) => [{ unit, from: 0, to: unit.text.length, separator: '' }]);
    }),
  );
}

function searchText(run: Run): SearchText {
  let at = 0;
  const parts = run.map(({ unit, from, to, separator }) => {
    const part = { at, ref: unit.ref, from, to };
    at += to - from + separator.length;
    return part;
  });
  const text = run.map(({ unit, from, to, separator }) => unit.text.slice(from, to) + separator).join('');
  return { folded: fold(text), parts };
}

function spansOf({ parts }: SearchText, start: number, end: number): Span[] {
  return parts.flatMap(({ at, ref, from, to }) => {
    const first = Math.max(start, at);
    const last = Math.min(end, at + to - from);
    return first < last ? [{ ref, from: from + first - at, to: from + last - at }] : [];
  });
}
