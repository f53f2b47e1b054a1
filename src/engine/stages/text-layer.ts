/**
 * The text layer of a PDF page: MuPDF's structured text as lines and words with quads, styles and visibility; and, since
 * the same pass lists them, the straight strokes drawn beside it.
 */
import type { DisplayList, StructuredText } from 'mupdf';
import type { Point } from '../../schema/document.js';
import type { GrayImage } from '../native.js';
import type { Shape } from './figures.js';
import {
  boxAt,
  extentOf,
  GLYPH,
  type GlyphRun,
  type Glyphs,
  isSpaceAt,
  noGlyphs,
  orderByPlace,
  placeAt,
  quadOf,
  textOf,
  textOfWords,
  wordsOf,
} from './glyphs.js';
import { type Painted, type PaintedLine, showsInk, sightOf } from './hidden-text.js';
import type { Box } from './line-box.js';
import { CHARACTER, mupdf, mupdfModule } from './mupdf.js';
import { once } from './once.js';
import type { TextLayer, TextLayerLine } from './open.js';
import { isRightToLeft } from './right-to-left.js';
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

interface FontStyle {
  readonly name: string;
  /** `GLYPH.bold` and `GLYPH.italic`. */
  readonly flags: number;
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
  const characters = lines.reduce((sum, { text }) => sum + withoutSpaces(text), 0);
  return { layer: { lines, characters: characters + unmappedCharacters, unmappedCharacters }, strokes, shapes };
}

function withoutSpaces(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== SPACE) count++;
  return count;
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
  const painting: (Painted | GlyphRun)[] = [];
  let last: GlyphRun | undefined;
  let lastAt = 0;
  const page = structuredText(list);
  let glyphs: Glyphs;
  try {
    const raw = mupdfModule;
    const count = countCharacters(page);
    glyphs = noGlyphs(count);
    const origins = noOrigins(count);
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
        const run = readRun(line, glyphs, fonts, origins, invisible);
        const gap = first && last !== undefined ? gapTo(glyphs, last, run) : undefined;
        if (last !== undefined && gap !== undefined) {
          if (gap >= SPACE_EM * (glyphs.sizesPt[run.from] as number)) markBehindSpace(glyphs, run.from);
          last = { from: last.from, to: run.to, direction: last.direction };
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
  const unmappedCharacters = glyphs.texts.reduce((count, text) => (text === '' ? count + 1 : count), 0);
  const lines = painting.flatMap((item) => ('direction' in item ? (toTextLine(glyphs, item) ?? []) : item));
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
function gapTo(glyphs: Glyphs, line: GlyphRun, next: GlyphRun): number | undefined {
  if (line.from === line.to || next.from === next.to) return undefined;
  if (line.direction.x !== next.direction.x || line.direction.y !== next.direction.y) return undefined;
  const end = line.to - 1;
  const start = next.from;
  const size = Math.max(glyphs.sizesPt[end] as number, glyphs.sizesPt[start] as number);
  const before = boxAt(glyphs, end);
  const after = boxAt(glyphs, start);
  const gap = after.left - before.right;
  const level = Math.abs(after.bottom - before.bottom) < MAX_BASELINE_EM * size;
  return level && gap > -MAX_BASELINE_EM * size && gap < MAX_SPACE_EM * size ? gap : undefined;
}

/** A gap from which MuPDF reads a space. */
const SPACE_EM = 0.15;

function markBehindSpace({ flags }: Glyphs, index: number): void {
  flags[index] = (flags[index] as number) | GLYPH.behindSpace;
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

/**
 * Where the characters that were read so far stand: a list of all, and the place in it of the last of each code. Those of
 * the alphabets have a table: it is asked for every character.
 */
interface Origins {
  readonly ofAlphabet: Int32Array;
  readonly ofOthers: Map<number, number>;
  /** In words of MuPDF's heap. */
  readonly addresses: Uint32Array;
  count: number;
}

/** Latin, Greek and Cyrillic. */
const ALPHABETS_END = 0x530;

function noOrigins(room: number): Origins {
  return {
    ofAlphabet: new Int32Array(ALPHABETS_END).fill(-1),
    ofOthers: new Map(),
    addresses: new Uint32Array(room),
    count: 0,
  };
}

/** Notes that `code` stands at `address`. Returns the place of the last one before it, -1 for none. */
function noteOrigin(origins: Origins, code: number, address: number): number {
  const { ofAlphabet, ofOthers, addresses, count } = origins;
  addresses[count] = address;
  origins.count = count + 1;
  if (code < ALPHABETS_END) {
    const last = ofAlphabet[code] as number;
    ofAlphabet[code] = count;
    return last;
  }
  const last = ofOthers.get(code) ?? -1;
  ofOthers.set(code, count);
  return last;
}

function countCharacters(page: StructuredText): number {
  const raw = mupdfModule;
  const integers = raw.HEAPU32;
  let count = 0;
  let block = raw._wasm_stext_page_get_first_block(page.pointer as unknown as number);
  for (; block !== 0; block = raw._wasm_stext_block_get_next(block)) {
    if (raw._wasm_stext_block_get_type(block) !== BLOCK.text) continue;
    let line = raw._wasm_stext_block_get_first_line(block);
    for (; line !== 0; line = raw._wasm_stext_line_get_next(line)) {
      let char = raw._wasm_stext_line_get_first_char(line) >> 2;
      for (; char !== 0; char = (integers[char + CHARACTER.next] as number) >> 2) count++;
    }
  }
  return count;
}

function readRun(
  line: number,
  glyphs: Glyphs,
  fonts: Map<number, FontStyle>,
  origins: Origins,
  invisible: ReadonlySet<string>,
): GlyphRun {
  const raw = mupdfModule;
  const { texts, sizesPt, flags } = glyphs;
  const from = texts.length;
  const direction = readingDirection(line);
  const firstOrigin = origins.count;
  let floats = raw.HEAPF32;
  let integers = raw.HEAPU32;
  let fontAt = 0;
  let style: FontStyle | undefined;
  let color = -1;
  let seen = 0;
  let isMirrored = false;
  for (let char = raw._wasm_stext_line_get_first_char(line) >> 2; char !== 0; ) {
    const codePoint = integers[char + CHARACTER.codePoint] as number;
    const sizePt = floats[char + CHARACTER.sizePt] as number;
    const origin = char + CHARACTER.origin;
    const font = integers[char + CHARACTER.font] as number;
    if (style === undefined || font !== fontAt) {
      fontAt = font;
      style = fonts.get(font);
      if (style === undefined) {
        style = fontStyle(font);
        fonts.set(font, style);
        floats = raw.HEAPF32;
        integers = raw.HEAPU32;
      }
    }
    const twin = noteOrigin(origins, codePoint, origin);
    const isReprint =
      twin >= firstOrigin && distance(floats, origin, origins.addresses[twin] as number) < REPRINT_EM * sizePt;
    if (!isReprint && !isZeroWidth(codePoint)) {
      const argb = integers[char + CHARACTER.argb] as number;
      if (argb !== color) {
        color = argb;
        seen = (alphaOf(argb) >= TRANSPARENT ? GLYPH.visible : 0) | (isPale(argb) ? GLYPH.pale : 0);
      }
      const text = toText(codePoint, style.name);
      if (codePoint >= 0x590 && isRightToLeft(codePoint)) isMirrored = true;
      const hidden = invisible.size > 0 && invisible.has(keyAt(floats, origin)) ? GLYPH.visible : 0;
      const index = texts.push(text) - 1;
      sizesPt[index] = sizePt;
      flags[index] = style.flags | (isSpaceOf(codePoint, text) ? GLYPH.space : 0) | (seen & ~hidden);
      placeAt(glyphs, index, floats, char + CHARACTER.quad, direction);
    }
    char = (integers[char + CHARACTER.next] as number) >> 2;
  }
  const run = { from, to: texts.length, direction };
  if (isMirrored) orderByPlace(glyphs, run);
  return run;
}

/** A glyph this near to its like is the same, printed twice to look bold; the narrowest letter is wider. */
const REPRINT_EM = 0.15;

/** Joiners are kept, since Persian and the scripts of India spell with them. */
function isZeroWidth(codePoint: number): boolean {
  return codePoint === 0x200b || codePoint === 0x2060 || codePoint === 0xfeff;
}

/** Of two points of MuPDF's heap. */
function distance(heap: Float32Array, a: number, b: number): number {
  const dx = (heap[a] as number) - (heap[b] as number);
  const dy = (heap[a + 1] as number) - (heap[b + 1] as number);
  return Math.sqrt(dx * dx + dy * dy);
}

function keyAt(heap: Float32Array, origin: number): string {
  return originKey(heap[origin] as number, heap[origin + 1] as number);
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
    const bold = font.isBold() || /bold|black|heavy|demi/i.test(name);
    const italic = font.isItalic() || /italic|oblique/i.test(name);
    return { name, flags: (bold ? GLYPH.bold : 0) | (italic ? GLYPH.italic : 0) };
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

function toTextLine(glyphs: Glyphs, run: GlyphRun): PaintedLine | undefined {
  const { direction } = run;
  const { words, widestGap, box } = wordsOf(glyphs, run);
  if (words.length === 0) return undefined;
  let printed = 0;
  let bold = 0;
  let italic = 0;
  let visible = 0;
  let pale = 0;
  for (let i = run.from; i < run.to; i++) {
    const bits = glyphs.flags[i] as number;
    if ((bits & GLYPH.space) !== 0) continue;
    printed++;
    if ((bits & GLYPH.bold) !== 0) bold++;
    if ((bits & GLYPH.italic) !== 0) italic++;
    if ((bits & GLYPH.visible) !== 0) visible++;
    if ((bits & GLYPH.pale) !== 0) pale++;
  }
  const line = {
    text: textOfWords(glyphs, words),
    quad: quadOf(box, direction),
    fontSizePt: commonSize(glyphs, run),
    bold: bold * 2 > printed,
    italic: italic * 2 > printed,
    words: once(() =>
      words.map((word) => ({ text: textOf(glyphs, word), quad: quadOf(extentOf(glyphs, word), direction) })),
    ),
    widestGapPt: widestGap,
    visible: visible * 2 >= printed,
  };
  return { line, pale: pale * 2 > printed };
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
  if (!isPresentationForm(codePoint)) return text;
  const letters = text.normalize('NFKC');
  // As the glyph's letters would stand each by itself; what is one letter with its marks stays as it is.
  return isRightToLeft(codePoint) ? (letters.match(/\P{M}\p{M}*/gu) ?? [letters]).reverse().join('') : letters;
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

const SPACE = 0x20;

function isSpace(text: string): boolean {
  return text.trim() === '' && text !== '';
}

/** Of what a code became; most need no look at it. */
function isSpaceOf(codePoint: number, text: string): boolean {
  return codePoint === SPACE || (codePoint > 0x7e && isSpace(text)) || (codePoint < SPACE && isSpace(text));
}

/** The size that most of the characters have, to a tenth of a point. */
function commonSize(glyphs: Glyphs, { from, to }: GlyphRun): number {
  const counts = new Map<number, number>();
  let best = 0;
  for (let i = from; i < to; i++) {
    if (isSpaceAt(glyphs, i)) continue;
    const size = Math.round((glyphs.sizesPt[i] as number) * 10) / 10;
    const count = (counts.get(size) ?? 0) + 1;
    counts.set(size, count);
    if (count > (counts.get(best) ?? 0)) best = size;
  }
  return best;
}
