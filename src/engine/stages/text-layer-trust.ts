/**
 * Whether a PDF's text layer may stand for its page. Wrongly trusted, a page is lost; wrongly mistrusted, it costs a
 * second: every test here leans to mistrust.
 */
import { boundsOf } from './line-box.js';
import type { TextLayer, TextLayerLine } from './open.js';

export interface TextLayerTrust {
  readonly trusted: boolean;
  /** A clause that a reason is completed with, such as "the text layer is complete". */
  readonly reason: string;
}

/** Fewer characters than a short sentence may be a stamp or page number on a page drawn as outlines. */
const MIN_CHARACTERS = 24;
/** A broken font maps most of its glyphs to nothing; a stray symbol or logo stays below a few percent. */
const MAX_UNMAPPED = 0.03;
/** Images beyond this cover the page as scans do: what they show is not in the text. */
const SCAN_COVERAGE = 0.75;
/** Below this images are illustrations. */
const FIGURE_COVERAGE = 0.25;
/** Characters a square inch of what images leave free. A page of prose has 25 to 40, a slide or form 3 to 10. */
const MIN_DENSITY = 3;
/** Of the characters; OCR layers are invisible as a whole, a hidden watermark or alternate text is small. */
const MAX_INVISIBLE = 0.1;
/** Letters, numbers, marks, punctuation, symbols and spaces; a layer of a wrong encoding is full of anything else. */
const MIN_PLAUSIBLE = 0.97;
/** Letters and numbers among what is printed. Leaders and rules of a form bring it down to about a third. */
const MIN_ALPHANUMERIC = 0.3;
/** Mean letters a word of alphabetic text. Words without spaces, and letters with spaces between, are a broken layer. */
const WORD_LETTERS = { min: 1.6, max: 18 } as const;
/** Of lines that lie on another line with other text. */
const MAX_OVERLAPPING = 0.15;

const POINTS_PER_INCH = 72;

export function judgeTextLayer(
  layer: TextLayer | undefined,
  imageCoverage: number,
  sizePt: { readonly width: number; readonly height: number } | undefined,
  policy: 'auto' | 'ignore' | 'only',
): TextLayerTrust {
  if (policy === 'ignore') return { trusted: false, reason: 'the text layer is to be ignored' };
  if (policy === 'only') return { trusted: true, reason: 'only the text layer was asked for' };
  if (layer === undefined || layer.characters === 0 || sizePt === undefined) {
    return { trusted: false, reason: 'there is no text layer' };
  }
  const flaw = flawOf(layer, imageCoverage, sizePt);
  return flaw === undefined
    ? { trusted: true, reason: 'the text layer is complete' }
    : { trusted: false, reason: flaw };
}

function flawOf(
  layer: TextLayer,
  imageCoverage: number,
  sizePt: { readonly width: number; readonly height: number },
): string | undefined {
  if (layer.characters < MIN_CHARACTERS) return 'the text layer holds next to nothing';
  if (layer.unmappedCharacters > MAX_UNMAPPED * layer.characters) {
    return 'fonts of the text layer map glyphs to no characters';
  }
  const invisible = layer.lines.reduce((sum, line) => sum + (line.visible ? 0 : line.text.length), 0);
  const characters = layer.lines.reduce((sum, line) => sum + line.text.length, 0);
  if (invisible > MAX_INVISIBLE * characters) return 'the text layer is invisible, as earlier OCR leaves it';
  if (imageCoverage > SCAN_COVERAGE) return 'an image covers the page';
  if (imageCoverage > FIGURE_COVERAGE) {
    const free = ((1 - imageCoverage) * sizePt.width * sizePt.height) / POINTS_PER_INCH ** 2;
    if (layer.characters < MIN_DENSITY * free) return 'images cover much of the page and there is little text';
  }
  if (!isPlausible(layer.lines)) return 'the text layer is not plausible text';
  if (overlappingShare(layer.lines) > MAX_OVERLAPPING) return 'lines of the text layer lie on each other';
  return undefined;
}

function isPlausible(lines: readonly TextLayerLine[]): boolean {
  const text = lines.map((line) => line.text).join(' ');
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const printed = count(/\S/gu);
  if (count(/[\p{L}\p{N}\p{M}\p{P}\p{S}\p{Z}\p{Cf}\n\t]/gu) < MIN_PLAUSIBLE * [...text].length) return false;
  if (count(/[\p{L}\p{N}\p{M}]/gu) < MIN_ALPHANUMERIC * printed) return false;
  // Scripts without spaces between words tell nothing by the length of their words.
  const spaced = count(/[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/gu);
  if (spaced < 0.5 * printed) return true;
  const words = count(/[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]+/gu);
  const unbroken = count(/\S*[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]\S*/gu);
  return spaced / words >= WORD_LETTERS.min && spaced / unbroken <= WORD_LETTERS.max;
}

function overlappingShare(lines: readonly TextLayerLine[]): number {
  const boxes = lines
    .filter((line) => line.text.trim() !== '')
    .map((line) => ({ text: line.text, ...boundsOf(line.quad) }))
    .sort((a, b) => a.top - b.top);
  let overlapping = 0;
  boxes.forEach((box, i) => {
    for (let j = i + 1; j < boxes.length; j++) {
      const other = boxes[j] as typeof box;
      if (other.top > box.bottom) break;
      const width = Math.min(box.right, other.right) - Math.max(box.left, other.left);
      const height = Math.min(box.bottom, other.bottom) - other.top;
      const area = (other.right - other.left) * (other.bottom - other.top);
      if (width > 0 && height > 0 && width * height > 0.6 * area && box.text !== other.text) {
        overlapping++;
        break;
      }
    }
  });
  return boxes.length === 0 ? 0 : overlapping / boxes.length;
}
