/** The text layer of a PDF page: MuPDF's structured text as lines and words with quads, styles and visibility. */
import type { DisplayList } from 'mupdf';
import type { Point, Quad } from '../../schema/document.js';
import { mupdf, mupdfModule } from './mupdf.js';
import type { TextLayer, TextLayerLine } from './open.js';

/**
 * `clip`: text outside the clip path, and so never seen, is left out. Ligatures are expanded and gaps become spaces
 * by default.
 */
const STRUCTURED_TEXT_OPTIONS = 'clip';

interface Character {
  readonly codePoint: number;
  readonly sizePt: number;
  readonly style: FontStyle;
  /** Upper left, upper right, lower left, lower right: x and y of each. */
  readonly corners: Float32Array;
  readonly visible: boolean;
}

interface FontStyle {
  readonly bold: boolean;
  readonly italic: boolean;
}

/** `invisible` holds the `originKey` of every glyph drawn in text render mode 3. */
export function readTextLayer(list: DisplayList, invisible: ReadonlySet<string>): TextLayer {
  const fonts = new Map<number, FontStyle>();
  const lines: TextLayerLine[] = [];
  let characters = 0;
  let unmappedCharacters = 0;
  const page = list.toStructuredText(STRUCTURED_TEXT_OPTIONS);
  try {
    const raw = mupdfModule;
    for (
      let block = raw._wasm_stext_page_get_first_block(page.pointer as unknown as number);
      block !== 0;
      block = raw._wasm_stext_block_get_next(block)
    ) {
      if (raw._wasm_stext_block_get_type(block) !== 0) continue;
      for (
        let line = raw._wasm_stext_block_get_first_line(block);
        line !== 0;
        line = raw._wasm_stext_line_get_next(line)
      ) {
        const content = readCharacters(line, fonts, invisible);
        for (const { codePoint } of content) {
          if (isSpace(codePoint)) continue;
          characters += 1;
          if (isUnmapped(codePoint)) unmappedCharacters += 1;
        }
        const textLine = toTextLine(content, readingDirection(line));
        if (textLine !== undefined) lines.push(textLine);
      }
    }
  } finally {
    page.destroy();
  }
  return { lines, characters, unmappedCharacters };
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
  for (let char = raw._wasm_stext_line_get_first_char(line); char !== 0; char = raw._wasm_stext_char_get_next(char)) {
    const fontPointer = raw._wasm_stext_char_get_font(char);
    let style = fonts.get(fontPointer);
    if (style === undefined) {
      style = fontStyle(fontPointer);
      fonts.set(fontPointer, style);
    }
    const [x, y] = floats(raw._wasm_stext_char_get_origin(char), 2) as unknown as [number, number];
    content.push({
      codePoint: raw._wasm_stext_char_get_c(char),
      sizePt: raw._wasm_stext_char_get_size(char),
      style,
      corners: floats(raw._wasm_stext_char_get_quad(char), 8),
      visible: invisible.size === 0 || !invisible.has(originKey(x, y)),
    });
  }
  return content;
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

function toTextLine(content: readonly Character[], direction: Point): TextLayerLine | undefined {
  const words = splitWords(content).map((word) => ({ text: textOf(word), quad: quadAround(word, direction) }));
  if (words.length === 0) return undefined;
  const printed = content.filter(({ codePoint }) => !isSpace(codePoint));
  const count = (is: (character: Character) => boolean) => printed.filter(is).length;
  return {
    text: words.map(({ text }) => text).join(' '),
    quad: quadAround(printed, direction),
    fontSizePt: commonSize(printed),
    bold: count(({ style }) => style.bold) * 2 > printed.length,
    italic: count(({ style }) => style.italic) * 2 > printed.length,
    words,
    visible: count(({ visible }) => visible) * 2 >= printed.length,
  };
}

function splitWords(content: readonly Character[]): readonly (readonly Character[])[] {
  const words: Character[][] = [];
  let word: Character[] = [];
  for (const character of content) {
    if (!isSpace(character.codePoint)) {
      word.push(character);
    } else if (word.length > 0) {
      words.push(word);
      word = [];
    }
  }
  if (word.length > 0) words.push(word);
  return words;
}

function textOf(word: readonly Character[]): string {
  return word.map(({ codePoint }) => toText(codePoint)).join('');
}

/** Lone surrogates and numbers beyond Unicode cannot be text. */
function toText(codePoint: number): string {
  const valid = codePoint > 0 && codePoint <= 0x10ffff && (codePoint < 0xd800 || codePoint > 0xdfff);
  return valid ? String.fromCodePoint(codePoint) : '\ufffd';
}

function isSpace(codePoint: number): boolean {
  return /^\s$/u.test(toText(codePoint));
}

function isUnmapped(codePoint: number): boolean {
  return toText(codePoint) === '\ufffd' || /^[\p{Co}\p{Cc}\p{Cn}]$/u.test(toText(codePoint));
}

/** The smallest rectangle along `direction` that holds the characters. */
function quadAround(characters: readonly Character[], direction: Point): Quad {
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
