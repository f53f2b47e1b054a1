/**
 * The text layer of a PDF page: MuPDF's structured text as lines and words with quads, styles and visibility; and, since
 * the same pass lists them, the straight strokes drawn beside it.
 */
import type { DisplayList, StructuredText } from 'mupdf';
import type { Point, Quad } from '../../schema/document.js';
import type { GrayImage } from '../native.js';
import type { Shape } from './figures.js';
import { type Painted, type PaintedLine, showsInk, sightOf } from './hidden-text.js';
import type { Box } from './line-box.js';
import { mupdf, mupdfModule } from './mupdf.js';
import type { TextLayer, TextLayerLine } from './open.js';
import { characterOfSymbolFont } from './symbol-fonts.js';
import { type Stroke, strokesOfShape } from './table-rulings.js';

/**
 * `clip`: text outside the clip path, and so never seen, is left out. Images and filled shapes come in the order of
 * painting with the text. Ligatures are expanded and gaps become spaces by default.
 */
const STRUCTURED_TEXT_OPTIONS = 'clip,preserve-images,vectors';

/** Types of MuPDF's blocks (`FZ_STEXT_BLOCK_*`), and the flags of a vector (`FZ_STEXT_VECTOR_*`). */
const BLOCK = { text: 0, image: 1, vector: 3 } as const;
const VECTOR = { stroked: 1, rectangle: 2 } as const;

interface Character {
  /** Empty for a glyph that its font does not name. */
  readonly text: string;
  readonly space: boolean;
  readonly sizePt: number;
  readonly style: FontStyle;
  /** Upper left, upper right, lower left, lower right: x and y of each. */
  readonly corners: readonly number[];
  readonly visible: boolean;
  readonly pale: boolean;
}

interface FontStyle {
  readonly name: string;
  readonly bold: boolean;
  readonly italic: boolean;
}

interface PageSize {
  readonly width: number;
  readonly height: number;
}

/**
 * `invisible` holds the `originKey` of every glyph drawn in text render mode 3. `draw` gives the page in gray and its
 * pixels a point; it is asked only where text may be hidden.
 */
export function readTextLayer(
  list: DisplayList,
  size: PageSize,
  invisible: ReadonlySet<string>,
  draw: () => { readonly image: GrayImage; readonly scale: number },
): { readonly layer: TextLayer; readonly strokes: readonly Stroke[]; readonly shapes: readonly Shape[] } {
  const { painting, strokes, shapes, unmappedCharacters } = readPainting(list, invisible);
  const lines = seenLines(painting, size, draw);
  const characters = lines.reduce((sum, { text }) => sum + text.replaceAll(' ', '').length, 0);
  return { layer: { lines, characters: characters + unmappedCharacters, unmappedCharacters }, strokes, shapes };
}

/** Those that are covered by an image stay, as invisible ones: the text of a scan may be all there is. */
function seenLines(
  painting: readonly (Painted | PaintedLine)[],
  size: PageSize,
  draw: () => { readonly image: GrayImage; readonly scale: number },
): TextLayerLine[] {
  const lines = painting.flatMap((item) => ('line' in item ? [item.line] : []));
  const sights = sightOf(painting, size);
  const drawn = sights.includes('suspect') ? draw() : undefined;
  return lines.flatMap((line, i) => {
    if (sights[i] === 'under-image') return [{ ...line, visible: false }];
    const hidden = sights[i] === 'suspect' && drawn !== undefined && !showsInk(drawn.image, drawn.scale, line);
    return hidden ? [] : [line];
  });
}

interface Run {
  readonly content: readonly Character[];
  readonly direction: Point;
}

function readPainting(
  list: DisplayList,
  invisible: ReadonlySet<string>,
): {
  readonly painting: readonly (Painted | PaintedLine)[];
  readonly strokes: readonly Stroke[];
  readonly shapes: readonly Shape[];
  readonly unmappedCharacters: number;
} {
  const strokes: Stroke[] = [];
  const shapes: Shape[] = [];
  const fonts = new Map<number, FontStyle>();
  const painting: (Painted | Run)[] = [];
  let last: Run | undefined;
  let lastAt = 0;
  const page = structuredText(list);
  try {
    const raw = mupdfModule;
    for (
      let block = raw._wasm_stext_page_get_first_block(page.pointer as unknown as number);
      block !== 0;
      block = raw._wasm_stext_block_get_next(block)
    ) {
      const type = raw._wasm_stext_block_get_type(block);
      if (type === BLOCK.vector) {
        strokes.push(...strokesOf(block));
        shapes.push(...shapeOf(block));
      }
      if (type === BLOCK.image || type === BLOCK.vector) {
        const painted = readPainted(block, type === BLOCK.image);
        if (painted !== undefined) painting.push(painted);
      }
      if (type !== BLOCK.text) continue;
      let line = raw._wasm_stext_block_get_first_line(block);
      for (let first = true; line !== 0; line = raw._wasm_stext_line_get_next(line), first = false) {
        const content = readCharacters(line, fonts, invisible);
        const run: Run = { content, direction: readingDirection(line) };
        const gap = first && last !== undefined ? gapTo(last, run) : undefined;
        if (last !== undefined && gap !== undefined) {
          last = { content: [...last.content, ...spaceOf(gap, run), ...run.content], direction: last.direction };
          painting[lastAt] = last;
        } else {
          last = run;
          lastAt = painting.push(run) - 1;
        }
      }
    }
  } finally {
    page.destroy();
  }
  const runs = painting.flatMap((item) => ('content' in item ? [item] : []));
  const unmappedCharacters = runs.reduce((sum, { content }) => sum + content.filter(isUnmapped).length, 0);
  const lines = painting.flatMap((item) => ('content' in item ? (toTextLine(item) ?? []) : item));
  return { painting: lines, strokes, shapes, unmappedCharacters };
}

/** Farthest apart, in units of the font size, that MuPDF takes for one line; and the most that baselines differ by. */
const MAX_SPACE_EM = 0.8;
const MAX_BASELINE_EM = 0.2;

/** Without colour management, which would take half of the time: colours are only told light from dark here. */
function structuredText(list: DisplayList): StructuredText {
  mupdf.disableICC();
  try {
    return list.toStructuredText(STRUCTURED_TEXT_OPTIONS);
  } finally {
    mupdf.enableICC();
  }
}

/** How far on, in points, a line continues that MuPDF broke off where something was painted between; else undefined. */
function gapTo(line: Run, next: Run): number | undefined {
  const end = line.content.at(-1);
  const start = next.content[0];
  if (end === undefined || start === undefined) return undefined;
  if (line.direction.x !== next.direction.x || line.direction.y !== next.direction.y) return undefined;
  const size = Math.max(end.sizePt, start.sizePt);
  const before = extentAlong([end], line.direction);
  const after = extentAlong([start], line.direction);
  const gap = after.left - before.right;
  const level = Math.abs(after.bottom - before.bottom) < MAX_BASELINE_EM * size;
  return level && gap > -MAX_BASELINE_EM * size && gap < MAX_SPACE_EM * size ? gap : undefined;
}

/** A gap from which MuPDF reads a space. */
const SPACE_EM = 0.15;

function spaceOf(gap: number, { content: [start] }: Run): readonly Character[] {
  return start === undefined || gap < SPACE_EM * start.sizePt ? [] : [{ ...start, text: ' ', space: true }];
}

/** Undefined for lines, and for what lets through what is under it. */
function readPainted(block: number, image: boolean): Painted | undefined {
  const raw = mupdfModule;
  const box = boxOf(block);
  if (image) return { kind: 'image', dark: false, ...box };
  const flags = raw._wasm_stext_block_get_v_flags(block);
  const color = raw._wasm_stext_block_get_v_argb(block);
  if ((flags & VECTOR.stroked) !== 0 || alphaOf(color) < OPAQUE) return undefined;
  return { kind: (flags & VECTOR.rectangle) === 0 ? 'shape' : 'rectangle', dark: !isPale(color), ...box };
}

function boxOf(block: number): Box {
  const [left, top, right, bottom] = floats(mupdfModule._wasm_stext_block_get_bbox(block), 4) as unknown as [
    number,
    number,
    number,
    number,
  ];
  return { left, top, right, bottom };
}

function strokesOf(block: number): Stroke[] {
  const color = mupdfModule._wasm_stext_block_get_v_argb(block);
  if (alphaOf(color) < TRANSPARENT || isWhite(color)) return [];
  const frame = VECTOR.stroked | VECTOR.rectangle;
  return strokesOfShape(boxOf(block), (mupdfModule._wasm_stext_block_get_v_flags(block) & frame) === frame);
}

/** One, or none where it is unseen or a straight stroke or rectangle. */
function shapeOf(block: number): Shape[] {
  const flags = mupdfModule._wasm_stext_block_get_v_flags(block);
  const color = mupdfModule._wasm_stext_block_get_v_argb(block);
  if ((flags & VECTOR.rectangle) !== 0 || alphaOf(color) < TRANSPARENT || isWhite(color)) return [];
  const box = boxOf(block);
  if (Math.min(box.right - box.left, box.bottom - box.top) < MIN_SHAPE_PT) return [];
  return [{ ...box, stroked: (flags & VECTOR.stroked) !== 0 }];
}

/** A shape as thin as this is a straight stroke. */
const MIN_SHAPE_PT = 1.5;

const OPAQUE = 0xf0;
/** Print this faint is not seen on any ground. */
const TRANSPARENT = 0x10;
/** Of each of red, green and blue: lighter print is not read on white. */
const PALE = 0xe0;

/** Of each channel: what is this bright is not seen on paper. Rulings are often paler than any print. */
const WHITE = 0xf5;

function isWhite(argb: number): boolean {
  return [16, 8, 0].every((shift) => ((argb >>> shift) & 0xff) >= WHITE);
}

function alphaOf(argb: number): number {
  return (argb >>> 24) & 0xff;
}

function isPale(argb: number): boolean {
  return ((argb >>> 16) & 0xff) >= PALE && ((argb >>> 8) & 0xff) >= PALE && (argb & 0xff) >= PALE;
}

/** Identifies a glyph by where it stands, in points rounded to a hundredth: both of MuPDF's walks say it alike. */
export function originKey(x: number, y: number): string {
  return `${Math.round(x * 100)} ${Math.round(y * 100)}`;
}

function readCharacters(
  line: number,
  fonts: Map<number, FontStyle>,
  invisible: ReadonlySet<string>,
): readonly Character[] {
  const raw = mupdfModule;
  const content: Character[] = [];
  const lastOfCode = new Map<number, number>();
  for (let char = raw._wasm_stext_line_get_first_char(line); char !== 0; char = raw._wasm_stext_char_get_next(char)) {
    const fontPointer = raw._wasm_stext_char_get_font(char);
    let style = fonts.get(fontPointer);
    if (style === undefined) {
      style = fontStyle(fontPointer);
      fonts.set(fontPointer, style);
    }
    const codePoint = raw._wasm_stext_char_get_c(char);
    const sizePt = raw._wasm_stext_char_get_size(char);
    const origin = raw._wasm_stext_char_get_origin(char);
    const twin = lastOfCode.get(codePoint);
    lastOfCode.set(codePoint, origin);
    if (twin !== undefined && distance(origin, twin) < REPRINT_EM * sizePt) continue;
    if (isZeroWidth(codePoint)) continue;
    const color = raw._wasm_stext_char_get_argb(char);
    const text = toText(codePoint, style.name);
    content.push({
      text,
      space: isSpace(text),
      sizePt,
      style,
      corners: cornersAt(raw._wasm_stext_char_get_quad(char)),
      visible: alphaOf(color) >= TRANSPARENT && (invisible.size === 0 || !invisible.has(keyOfOrigin(origin))),
      pale: isPale(color),
    });
  }
  return content;
}

/** A glyph this near to its like is the same, printed twice to look bold; the narrowest letter is wider. */
const REPRINT_EM = 0.15;

/** Joiners are kept, since Persian and the scripts of India spell with them. */
function isZeroWidth(codePoint: number): boolean {
  return codePoint === 0x200b || codePoint === 0x2060 || codePoint === 0xfeff;
}

/** Of two points of MuPDF's heap. */
function distance(a: number, b: number): number {
  const heap = mupdfModule.HEAPF32;
  const dx = (heap[a >> 2] as number) - (heap[b >> 2] as number);
  const dy = (heap[(a >> 2) + 1] as number) - (heap[(b >> 2) + 1] as number);
  return Math.sqrt(dx * dx + dy * dy);
}

function keyOfOrigin(address: number): string {
  const heap = mupdfModule.HEAPF32;
  return originKey(heap[address >> 2] as number, heap[(address >> 2) + 1] as number);
}

/** Element by element: a typed array for each character of a page would cost more than all else that is done with it. */
function cornersAt(address: number): number[] {
  const heap = mupdfModule.HEAPF32;
  const at = address >> 2;
  return [
    heap[at] as number,
    heap[at + 1] as number,
    heap[at + 2] as number,
    heap[at + 3] as number,
    heap[at + 4] as number,
    heap[at + 5] as number,
    heap[at + 6] as number,
    heap[at + 7] as number,
  ];
}

function floats(address: number, count: number): Float32Array {
  const start = address >> 2;
  return mupdfModule.HEAPF32.slice(start, start + count);
}

/** Embedded subsets often lack the flags of their style but keep it in their names. */
function fontStyle(pointer: number): FontStyle {
  const font = new mupdf.Font(pointer as never);
  try {
    const name = font.getName();
    return {
      name,
      bold: font.isBold() || /bold|black|heavy|demi/i.test(name),
      italic: font.isItalic() || /italic|oblique/i.test(name),
    };
  } finally {
    font.destroy();
  }
}

/** Unit vector along the line's top edge. A column of vertical writing keeps its characters upright. */
function readingDirection(line: number): Point {
  const [x, y] = floats(mupdfModule._wasm_stext_line_get_dir(line), 2) as unknown as [number, number];
  const length = Math.hypot(x, y);
  if (!(length > 0)) return { x: 1, y: 0 };
  const direction = { x: x / length, y: y / length };
  return mupdfModule._wasm_stext_line_get_wmode(line) === 1 ? { x: direction.y, y: -direction.x } : direction;
}

function toTextLine({ content, direction }: Run): PaintedLine | undefined {
  const words = splitWords(content, direction).map((word) => ({
    text: textOf(word),
    quad: quadAround(word, direction),
  }));
  if (words.length === 0) return undefined;
  const printed = content.filter(({ space }) => !space);
  const count = (is: (character: Character) => boolean) => printed.filter(is).length;
  const line = {
    text: words.map(({ text }) => text).join(' '),
    quad: quadAround(printed, direction),
    fontSizePt: commonSize(printed),
    bold: count(({ style }) => style.bold) * 2 > printed.length,
    italic: count(({ style }) => style.italic) * 2 > printed.length,
    words,
    visible: count(({ visible }) => visible) * 2 >= printed.length,
  };
  return { line, pale: count(({ pale }) => pale) * 2 > printed.length };
}

function splitWords(content: readonly Character[], direction: Point): readonly (readonly Character[])[] {
  const gaps = content.map((_, i) => gapBefore(content, i, direction));
  const minSpace = tightSpace(gaps);
  const words: Character[][] = [];
  let word: Character[] = [];
  content.forEach((character, i) => {
    const apart = (gaps[i] as number) > minSpace && mayBreak(content[i - 1], character);
    if (word.length > 0 && (character.space || apart)) {
      words.push(word);
      word = [];
    }
    if (!character.space) word.push(character);
  });
  if (word.length > 0) words.push(word);
  return joinSpacedLetters(joinTouching(words, direction), direction);
}

/** Ideographs stand apart from numbers without a space, and signs from what they close or open. */
function mayBreak(before: Character | undefined, after: Character): boolean {
  const ideograph = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;
  if (before === undefined || ideograph.test(before.text) || ideograph.test(after.text)) return false;
  return !/^[\p{Pe}\p{Pf},.;:!?%′]/u.test(after.text) && !/[\p{Ps}\p{Pi}]$/u.test(before.text);
}

/** In units of the font size. MuPDF sees spaces from about 0.15 on; newspapers are set with less. */
const MIN_TIGHT_SPACE_EM = 0.09;
/** Of the gaps between letters, this share differs by no more than that where letters are set evenly. */
const EVEN_SHARE = 0.7;
const EVEN_EM = 0.035;
const MIN_GAPS = 4;

/** Gap from which letters that follow each other without a space are of two words; infinite for uneven setting. */
function tightSpace(gaps: readonly number[]): number {
  const sorted = Float64Array.from(gaps.filter(Number.isFinite)).sort();
  const usual = sorted[sorted.length >> 1];
  if (usual === undefined || sorted.length < MIN_GAPS) return Number.POSITIVE_INFINITY;
  const even = sorted.reduce((count, gap) => (Math.abs(gap - usual) <= EVEN_EM ? count + 1 : count), 0);
  return even < EVEN_SHARE * sorted.length ? Number.POSITIVE_INFINITY : usual + MIN_TIGHT_SPACE_EM;
}

/** Between a character and the one before, in units of the font size; not a number at spaces. */
function gapBefore(content: readonly Character[], index: number, direction: Point): number {
  const before = content[index - 1];
  const character = content[index];
  if (before === undefined || character === undefined) return Number.NaN;
  // Indices have gaps of their own.
  if (before.space || character.space || before.sizePt !== character.sizePt) return Number.NaN;
  return (leftOf(character, direction) - rightOf(before, direction)) / character.sizePt;
}

/** Along `direction`. */
function leftOf({ corners }: Character, direction: Point): number {
  return (corners[0] as number) * direction.x + (corners[1] as number) * direction.y;
}

function rightOf({ corners }: Character, direction: Point): number {
  return (corners[2] as number) * direction.x + (corners[3] as number) * direction.y;
}

/** Spaces as wide as this part no words: kerned text is sometimes written with spaces that are taken back. */
const NO_GAP_EM = { min: -0.1, max: 0.02 } as const;

function joinTouching(words: readonly Character[][], direction: Point): readonly (readonly Character[])[] {
  const joined: Character[][] = [];
  let end = Number.NaN;
  for (const word of words) {
    const { left, right } = extentAlong(word, direction);
    const gap = (left - end) / (word[0]?.sizePt ?? 1);
    if (gap > NO_GAP_EM.min && gap < NO_GAP_EM.max) joined.at(-1)?.push(...word);
    else joined.push(word);
    end = right;
  }
  return joined;
}

/** Letters in a row from which they are taken to be words set wide, and not labels or options. */
const MIN_SPACED_LETTERS = 5;
/** A gap of so many of the narrowest parts two words of letters set wide. */
const WORD_GAP_FACTOR = 1.6;
/** Letters further apart are the heads of columns. */
const MAX_LETTER_GAP_EM = 0.8;

/** Words that are set wide, with a gap between each two letters, are put together again. */
function joinSpacedLetters(words: readonly (readonly Character[])[], direction: Point): (readonly Character[])[] {
  const joined: (readonly Character[])[] = [];
  let first = 0;
  while (first < words.length) {
    let end = first;
    while (end < words.length && isLetter(words[end] as readonly Character[])) end++;
    const letters = words.slice(first, end).map((word) => word[0] as Character);
    const together = letters.length < MIN_SPACED_LETTERS ? [] : wordsOfSpacedLetters(letters, direction);
    const areWords = together.length > 0 && together.every((word) => /^\p{Lu}*\p{Ll}*$/u.test(textOf(word)));
    joined.push(...(areWords ? together : words.slice(first, Math.max(end, first + 1))));
    first = Math.max(end, first + 1);
  }
  return joined;
}

function isLetter(word: readonly Character[]): boolean {
  return word.length === 1 && /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]$/u.test(word[0]?.text ?? '');
}

function wordsOfSpacedLetters(letters: readonly Character[], direction: Point): (readonly Character[])[] {
  const spans = letters.map((letter) => extentAlong([letter], direction));
  const gaps = spans.slice(1).map(({ left }, i) => left - (spans[i] as { right: number }).right);
  const narrowest = Math.max(Math.min(...gaps), 0);
  const words: Character[][] = [[letters[0] as Character]];
  gaps.forEach((gap, i) => {
    const letter = letters[i + 1] as Character;
    if (gap > Math.min(WORD_GAP_FACTOR * narrowest, MAX_LETTER_GAP_EM * letter.sizePt)) words.push([letter]);
    else words.at(-1)?.push(letter);
  });
  return words;
}

function textOf(word: readonly Character[]): string {
  return word.map(({ text }) => text).join('');
}

/** Empty where it is of private use, a control character or nothing, and no font is known to give it a meaning. */
function toText(codePoint: number, fontName: string): string {
  if (codePoint === 0x20) return ' ';
  if (codePoint > 0x20 && codePoint < 0x7f) return String.fromCharCode(codePoint);
  // Lone surrogates and numbers beyond Unicode cannot be text.
  const valid = codePoint > 0 && codePoint <= 0x10ffff && (codePoint < 0xd800 || codePoint > 0xdfff);
  if (!valid || codePoint === 0xfffd) return '';
  const text = String.fromCodePoint(codePoint);
  if (isSpace(text)) return text;
  if (/^[\p{Co}\p{Cc}\p{Cn}]$/u.test(text)) return characterOfSymbolFont(fontName, codePoint) ?? '';
  return isPresentationForm(codePoint) ? text.normalize('NFKC') : text;
}

/** Forms of letters that fonts need and text does not: ligatures, joined Arabic, radicals for their ideographs. */
function isPresentationForm(codePoint: number): boolean {
  return (
    (codePoint >= 0xfb00 && codePoint <= 0xfdff) ||
    (codePoint >= 0xfe70 && codePoint <= 0xfefc) ||
    (codePoint >= 0x2e80 && codePoint <= 0x2fdf) ||
    (codePoint >= 0xf900 && codePoint <= 0xfaff)
  );
}

function isUnmapped({ text }: Character): boolean {
  return text === '';
}

function isSpace(text: string): boolean {
  return text.trim() === '' && text !== '';
}

/** Along `direction` and across it. */
function extentAlong(characters: readonly Character[], direction: Point): Box {
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (const { corners } of characters) {
    for (let i = 0; i < 8; i += 2) {
      const x = corners[i] as number;
      const y = corners[i + 1] as number;
      const along = x * direction.x + y * direction.y;
      const across = y * direction.x - x * direction.y;
      left = Math.min(left, along);
      right = Math.max(right, along);
      top = Math.min(top, across);
      bottom = Math.max(bottom, across);
    }
  }
  return { left, right, top, bottom };
}

/** The smallest rectangle along `direction` that holds the characters. */
function quadAround(characters: readonly Character[], direction: Point): Quad {
  const { left, right, top, bottom } = extentAlong(characters, direction);
  const corner = (along: number, across: number): Point => ({
    x: along * direction.x - across * direction.y,
    y: along * direction.y + across * direction.x,
  });
  return [corner(left, top), corner(right, top), corner(right, bottom), corner(left, bottom)];
}

/** The size that most of the characters have, to a tenth of a point. */
function commonSize(characters: readonly Character[]): number {
  const counts = new Map<number, number>();
  let best = 0;
  for (const { sizePt } of characters) {
    const size = Math.round(sizePt * 10) / 10;
    const count = (counts.get(size) ?? 0) + 1;
    counts.set(size, count);
    if (count > (counts.get(best) ?? 0)) best = size;
  }
  return best;
}
