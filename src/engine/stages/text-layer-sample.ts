/**
 * Whether a text layer that is not seen says what the page shows, as the layer of a scan should: where the print stands
 * is found by the detector, some of its lines are read from the pixels, and both are compared with the layer. Where they
 * agree, the lines of the page are those of the print with the words of the layer: type that is not seen has sizes and
 * gaps of its own making, which tell nothing of paragraphs and headings.
 */
import { distance } from 'fastest-levenshtein';
import type { Point, Quad, TextLayerCheck, TextLine } from '../../schema/document.js';
import type { RgbImage } from '../native.js';
import type { DetectedLine } from './detect.js';
import { type Box, boundsOf, type StyledLine, wordsOfLine } from './line-box.js';
import { linesFromTextLayer } from './lines-from-text-layer.js';
import type { TextLayer } from './open.js';

export interface LayerSample {
  /** A clause such as "it misses lines of the page"; undefined where the layer says what the print does. */
  readonly flaw?: string;
  readonly checks: readonly TextLayerCheck[];
  /** Of the page, in pixels of the image; empty where there is a flaw. */
  readonly lines: readonly TextLine[];
}

/** How the sample is read: the smallest models do. */
export interface PrintReader {
  detect(image: RgbImage, scale: number): Promise<readonly DetectedLine[]>;
  /** A reading of each box; undefined where it holds no text. */
  read(image: RgbImage, boxes: readonly DetectedLine[]): Promise<readonly (TextLine | undefined)[]>;
}

/** Lines that are compared, from all over the page. */
const SAMPLED_LINES = 8;
/** Shorter lines, in their heights, say little; they are compared where there are no others. */
const MIN_SAMPLE_LENGTH = 5;
/** Lines without text in the layer, of the length of all, that are read to see whether there is any in them. */
const MAX_DOUBTFUL = 0.1;

/**
 * Letters of this height are enough to tell where print stands: what detection costs goes by its square, and the
 * boxes that are read are cut from the whole picture.
 */
const LETTER_HEIGHT_PX = 10;

/** Of a line's length, below which it has no text in the layer. */
const MIN_COVERED = 0.5;
/** Of a line's height, that its text in the layer may begin, end or stand elsewhere by. */
const MAX_OFFSET = { along: 1, across: 0.4 } as const;

/** The first that fails gives the reason. */
const CHECKS = {
  printWithoutText: {
    // Of the length of all lines: the number of a page may be missing, but no line of it.
    name: 'print without text',
    atMost: 0.01,
    flaw: 'it misses lines of the page',
  },
  textWithoutPrint: {
    // Of all characters. Readers of scans find letters in pictures; a layer of another page has whole lines elsewhere.
    name: 'text without print',
    atMost: 0.05,
    flaw: 'it has text where the page has none',
  },
  agreement: {
    // Of the characters of the lines compared. Two readings of clear print differ in one of a hundred.
    name: 'agreement with the print',
    atLeast: 0.95,
    flaw: 'it says something else than the page',
  },
} as const;

/** A line of the page, near to level. */
interface Print {
  readonly detected: DetectedLine;
  readonly left: number;
  readonly right: number;
  readonly height: number;
  /** Of the middle between its edges, at a place along it. */
  readonly middleAt: (x: number) => number;
  /** Of the layer's, in the order of reading. */
  readonly words: readonly LayerWord[];
}

interface LayerWord extends Box {
  readonly text: string;
  /** In points, as the layer has it. */
  readonly quad: Quad;
}

/** `image`: of the whole page, `scale` pixels a point; its letters are `letterHeightPx` high. */
export async function compareWithPrint(
  layer: TextLayer,
  image: RgbImage,
  scale: number,
  letterHeightPx: number,
  reader: PrintReader,
): Promise<LayerSample> {
  const detected = await reader.detect(image, Math.min(1, LETTER_HEIGHT_PX / letterHeightPx));
  const words = wordsOf(layer, scale);
  const print = printOf(detected, words);
  const checks: TextLayerCheck[] = [];
  const failed = (name: keyof typeof CHECKS, value: number) => {
    const { flaw, ...check } = CHECKS[name];
    const passed = 'atLeast' in check ? value >= check.atLeast : value <= check.atMost;
    checks.push({ ...check, value, passed });
    return passed ? undefined : { flaw, checks, lines: [] };
  };

  const placed = new Set(print.flatMap((line) => line.words));
  const stray = words.filter((word) => !placed.has(word));
  const elsewhere = failed('textWithoutPrint', share(sum(stray, charactersOf), sum(words, charactersOf)));
  if (elsewhere !== undefined) return elsewhere;

  const covered = print.filter((line) => coveredShare(line) >= MIN_COVERED);
  const bare = print.filter((line) => !covered.includes(line));
  const bareShare = share(sum(bare, lengthOf), sum(print, lengthOf));
  const incomplete = bareShare > MAX_DOUBTFUL ? failed('printWithoutText', bareShare) : undefined;
  if (incomplete !== undefined) return incomplete;

  const sampled = spread(covered);
  const read = [...sampled, ...bare];
  const readings = await reader.read(
    image,
    read.map((line) => line.detected),
  );
  const readingOf = (line: Print) => readings[read.indexOf(line)];
  const missed = bare.filter((line) => readingOf(line) !== undefined);
  const lacking = failed('printWithoutText', share(sum(missed, lengthOf), sum(print, lengthOf)));
  if (lacking !== undefined) return lacking;

  const compared = sampled.map((line) => compare(line, readingOf(line)));
  const agreeing = sum(compared, (line) => line.agreeing);
  const agreement = share(
    agreeing,
    sum(compared, (line) => line.characters),
  );
  const different = failed('agreement', agreement);
  if (different !== undefined) return different;
  const ownLines = linesFromTextLayer(onlyWords(layer, new Set(stray.map(({ quad }) => quad))), scale);
  return {
    checks,
    lines: [
      ...covered.map((line) => textLine(line, scale, agreement)),
      ...bare.flatMap((line) => readingOf(line) ?? []),
      ...ownLines.map((line) => withWords(line, agreement)),
    ],
  };
}

function withWords(line: StyledLine, confidence: number): TextLine {
  const { text, quad, source } = line;
  return { text, quad, confidence, source, words: [...(wordsOfLine(line) ?? [])] };
}

/** The line of the print with the words of the layer; what is not sure of one word of the page is not of another. */
function textLine({ detected, words }: Print, scale: number, confidence: number): TextLine {
  return {
    text: words.reduce((text, word, i) => text + (isApart(words[i - 1], word) ? ' ' : '') + word.text, ''),
    quad: detected.quad,
    confidence,
    source: 'text-layer',
    words: words.map(({ text, quad }) => ({
      text,
      quad: quad.map(({ x, y }) => ({ x: x * scale, y: y * scale })),
      confidence,
    })),
  };
}

const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;

/** Readers of scans put spaces between ideographs, which are written without. */
function isApart(before: LayerWord | undefined, word: LayerWord): boolean {
  if (before === undefined) return false;
  const near = word.left - before.right < (word.bottom - word.top) / 2;
  return !(near && IDEOGRAPH.test([...before.text].at(-1) ?? '') && IDEOGRAPH.test([...word.text][0] ?? ''));
}

function wordsOf({ lines }: TextLayer, scale: number): LayerWord[] {
  return lines.flatMap(({ words }) =>
    words()
      .filter(({ text }) => text !== '')
      .map(({ text, quad }) => {
        const { left, top, right, bottom } = boundsOf(quad);
        return { text, quad, left: left * scale, top: top * scale, right: right * scale, bottom: bottom * scale };
      }),
  );
}

/** The layer without all other words. */
function onlyWords(layer: TextLayer, quads: ReadonlySet<Quad>): TextLayer {
  const lines = layer.lines.flatMap((line) => {
    const words = line.words().filter(({ quad }) => quads.has(quad));
    return words.length === 0 ? [] : [{ ...line, words: () => words, widestGapPt: Number.POSITIVE_INFINITY }];
  });
  return { ...layer, lines };
}

/** Each word belongs to the line that its middle stands in, the nearest where there are two. */
function printOf(detected: readonly DetectedLine[], words: readonly LayerWord[]): Print[] {
  const lines = detected.map((line) => ({ ...toPrint(line), words: [] as LayerWord[] }));
  for (const word of words) {
    const { x, y } = middleOf(word);
    const offset = ({ middleAt }: Print) => Math.abs(y - middleAt(x));
    const around = lines.filter((line) => x >= line.left && x <= line.right && offset(line) <= line.height / 2);
    if (around.length > 0) around.reduce((a, b) => (offset(b) < offset(a) ? b : a)).words.push(word);
  }
  for (const line of lines) line.words.sort((a, b) => a.left - b.left);
  return lines;
}

function toPrint(detected: DetectedLine): Omit<Print, 'words'> {
  const [a, b, c, d] = detected.quad as [Point, Point, Point, Point];
  const start = { x: (a.x + d.x) / 2, y: (a.y + d.y) / 2 };
  const end = { x: (b.x + c.x) / 2, y: (b.y + c.y) / 2 };
  const slope = end.x === start.x ? 0 : (end.y - start.y) / (end.x - start.x);
  const { left, right } = boundsOf(detected.quad);
  const height = Math.hypot(d.x - a.x, d.y - a.y);
  return { detected, left, right, height, middleAt: (x) => start.y + (x - start.x) * slope };
}

function middleOf({ left, top, right, bottom }: Box): Point {
  return { x: (left + right) / 2, y: (top + bottom) / 2 };
}

/** Of the line's length, by its words and the spaces between them. */
function coveredShare(line: Print): number {
  const space = line.height / 2;
  let covered = 0;
  let end = line.left;
  for (const { left, right } of line.words) {
    covered += Math.max(0, Math.min(right + space, line.right) - Math.max(left - space, end));
    end = Math.max(end, right + space);
  }
  return share(covered, lengthOf(line));
}

/** The longest of as many parts of the page as lines are wanted, from top to bottom. */
function spread(lines: readonly Print[]): readonly Print[] {
  const long = lines.filter((line) => lengthOf(line) >= MIN_SAMPLE_LENGTH * line.height);
  const eligible = (long.length > 0 ? long : lines).toSorted((a, b) => a.middleAt(a.left) - b.middleAt(b.left));
  const parts = Math.min(SAMPLED_LINES, eligible.length);
  return Array.from({ length: parts }, (_, i) =>
    eligible
      .slice(Math.floor((i * eligible.length) / parts), Math.floor(((i + 1) * eligible.length) / parts))
      .reduce((a, b) => (lengthOf(b) > lengthOf(a) ? b : a)),
  );
}

/** Characters that the layer's line and its reading have in common; none where the layer's stands elsewhere. */
function compare(
  line: Print,
  reading: TextLine | undefined,
): { readonly agreeing: number; readonly characters: number } {
  const said = comparable(line.words.map(({ text }) => text).join(''));
  const shown = comparable(reading?.text ?? '');
  const characters = Math.max(said.length, shown.length);
  return { agreeing: isInPlace(line) ? characters - distance(said, shown) : 0, characters };
}

function isInPlace({ left, right, height, middleAt, words }: Print): boolean {
  const begins = Math.min(...words.map((word) => word.left));
  const ends = Math.max(...words.map((word) => word.right));
  const lower = sum(words.map(middleOf), ({ x, y }) => y - middleAt(x)) / words.length;
  return (
    Math.abs(begins - left) <= MAX_OFFSET.along * height &&
    Math.abs(ends - right) <= MAX_OFFSET.along * height &&
    Math.abs(lower) <= MAX_OFFSET.across * height
  );
}

/** Spaces are left out: readers differ in them where print is set tight or wide. Signs that look alike are one. */
function comparable(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\s/gu, '')
    .replace(/[‐-―−]/gu, '-')
    .replace(/[‘’‚′`]/gu, "'")
    .replace(/[“”„″]/gu, '"');
}

function lengthOf({ left, right }: Print): number {
  return right - left;
}

function charactersOf({ text }: LayerWord): number {
  return text.length;
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

/** 0 of nothing. */
function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
