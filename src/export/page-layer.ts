/** A page → the words that a searchable PDF lays over it. */
import type { Page, TextLine } from '../schema/document.js';
import type { LayerWord, PageLayer } from '../schema/page-layer.js';
import { wordsOf } from './words.js';

/** What lines of the PDF's own text have as their source: it is in the PDF already. */
const OWN_TEXT = 'text-layer';

export function pageLayer({ pageIndex, widthPx, heightPx, rotation = 0, blocks }: Page): PageLayer {
  const lines = blocks.flatMap((block) => block.lines).filter(({ source }) => source !== OWN_TEXT);
  return {
    pageIndex,
    widthPx,
    heightPx,
    rotation,
    lines: lines.map(layerWords),
  };
}

function layerWords(line: TextLine): LayerWord[] {
  let at = 0;
  return wordsOf(line).map(({ text, quad }) => {
    const found = line.text.indexOf(text, at);
    at = found < 0 ? at : found + text.length;
    return { text, quad, spaced: found < 0 || /^\s/u.test(line.text.slice(at, at + 1)) };
  });
}
