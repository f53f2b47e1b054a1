/**
 * The font of invisible text: every character has one and the same empty glyph, half an em wide, and is known by its
 * Unicode value alone. Embedded, so that PDF/A allows it and no viewer looks for a font with CJK characters.
 * (The idea is that of Tesseract's "GlyphLessFont".)
 */
import type { PdfObjects, PdfReference, PdfValue } from './objects.js';

/** Thousandths of the font's size. */
export const GLYPH_WIDTH = 500;
const UNITS_PER_EM = 1000;
/** Of the size, above and below the baseline: together the height of a line's box. */
export const ASCENT = 0.8;
export const DESCENT = 0.2;

/** Glyph 0 must not be shown (PDF/A-2, 6.2.11.8). */
const EMPTY_GLYPH = 1;
const GLYPHS = 2;
/** Of a block in a character map (Adobe Technical Note 5014). */
const MAX_BLOCK_ENTRIES = 100;
const MAX_CODES = 65_535;

/** Gives each character of a document a code of two bytes. */
export interface Codes {
  /** In hexadecimal, four digits a character. Characters past the last code are left out. */
  encode(text: string): string;
  /** The characters that have codes, from code 1 on. */
  readonly characters: readonly string[];
}

export function createCodes(): Codes {
  const codes = new Map<string, number>();
  const characters: string[] = [];
  return {
    characters,
    encode(text) {
      let encoded = '';
      for (const character of text) {
        let code = codes.get(character);
        if (code === undefined) {
          if (characters.length >= MAX_CODES) continue;
          code = characters.push(character);
          codes.set(character, code);
        }
        encoded += hexadecimal(code);
      }
      return encoded;
    },
  };
}

/** REQUIRES: `codes` is complete. */
export function addGlyphlessFont(objects: PdfObjects, codes: Codes): PdfReference {
  const name = 'OmegaGlyphless';
  const descriptor: PdfValue = {
    Type: '/FontDescriptor',
    FontName: `/${name}`,
    // Symbolic: the characters are those of no standard set.
    Flags: 4,
    FontBBox: [0, -DESCENT * UNITS_PER_EM, GLYPH_WIDTH, ASCENT * UNITS_PER_EM],
    ItalicAngle: 0,
    Ascent: ASCENT * UNITS_PER_EM,
    Descent: -DESCENT * UNITS_PER_EM,
    CapHeight: ASCENT * UNITS_PER_EM,
    StemV: 80,
    FontFile2: objects.addStream({ Length1: FONT_FILE.length }, FONT_FILE),
  };
  const descendant: PdfValue = {
    Type: '/Font',
    Subtype: '/CIDFontType2',
    BaseFont: `/${name}`,
    CIDSystemInfo: { Registry: '(Adobe)', Ordering: '(Identity)', Supplement: 0 },
    CIDToGIDMap: objects.addStream({}, glyphMap(codes.characters.length)),
    DW: GLYPH_WIDTH,
    FontDescriptor: objects.add(descriptor),
  };
  return objects.add({
    Type: '/Font',
    Subtype: '/Type0',
    BaseFont: `/${name}`,
    Encoding: '/Identity-H',
    DescendantFonts: [objects.add(descendant)],
    ToUnicode: objects.addStream({}, Buffer.from(unicodeMap(codes.characters), 'latin1')),
  });
}

function glyphMap(codes: number): Buffer {
  const map = Buffer.alloc(2 * (codes + 1));
  for (let code = 0; code <= codes; code++) map.writeUInt16BE(EMPTY_GLYPH, 2 * code);
  return map;
}

function unicodeMap(characters: readonly string[]): string {
  const entries = characters.map((character, index) => `<${hexadecimal(index + 1)}> <${utf16(character)}>`);
  const blocks: string[] = [];
  for (let first = 0; first < entries.length; first += MAX_BLOCK_ENTRIES) {
    const block = entries.slice(first, first + MAX_BLOCK_ENTRIES);
    blocks.push(`${block.length} beginbfchar\n${block.join('\n')}\nendbfchar`);
  }
  return [
    '/CIDInit /ProcSet findresource begin',
    '12 dict begin',
    'begincmap',
    '/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def',
    '/CMapName /Adobe-Identity-UCS def',
    '/CMapType 2 def',
    '1 begincodespacerange',
    '<0000> <FFFF>',
    'endcodespacerange',
    ...blocks,
    'endcmap',
    'CMapName currentdict /CMap defineresource pop',
    'end',
    'end',
  ].join('\n');
}

function hexadecimal(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0');
}

function utf16(character: string): string {
  return [...Array(character.length).keys()].map((index) => hexadecimal(character.charCodeAt(index))).join('');
}

const FONT_FILE = fontFile();

/** A TrueType file of two empty glyphs (OpenType 1.9; tables in the order of their tags). */
function fontFile(): Buffer {
  const tables: readonly (readonly [string, Buffer])[] = [
    // An empty table would be taken for a missing one.
    ['glyf', Buffer.alloc(4)],
    ['head', head()],
    ['hhea', hhea()],
    ['hmtx', shorts(GLYPH_WIDTH, 0, GLYPH_WIDTH, 0)],
    ['loca', shorts(...Array<number>(GLYPHS + 1).fill(0))],
    ['maxp', Buffer.concat([longs(0x00010000), shorts(GLYPHS, ...Array<number>(13).fill(0))])],
  ];
  const headerLength = 12 + 16 * tables.length;
  const range = 2 ** Math.floor(Math.log2(tables.length));
  const header = [longs(0x00010000), shorts(tables.length, range * 16, Math.log2(range), (tables.length - range) * 16)];
  const bodies: Buffer[] = [];
  let offset = headerLength;
  for (const [tag, table] of tables) {
    const padded = Buffer.concat([table, Buffer.alloc((4 - (table.length % 4)) % 4)]);
    header.push(Buffer.from(tag, 'latin1'), longs(checksum(padded), offset, table.length));
    bodies.push(padded);
    offset += padded.length;
  }
  const file = Buffer.concat([...header, ...bodies]);
  const headOffset = headerLength + 4;
  file.writeUInt32BE((0xb1b0afba - checksum(file)) >>> 0, headOffset + 8);
  return file;
}

function head(): Buffer {
  const bounds = [0, -DESCENT * UNITS_PER_EM, GLYPH_WIDTH, ASCENT * UNITS_PER_EM];
  return Buffer.concat([
    longs(0x00010000, 0x00010000, 0, 0x5f0f3cf5),
    shorts(0x000b, UNITS_PER_EM),
    // Created and modified: no time, so that the same document gives the same file.
    Buffer.alloc(16),
    shorts(...bounds, 0, 8, 2, 0, 0),
  ]);
}

function hhea(): Buffer {
  const metrics = [ASCENT * UNITS_PER_EM, -DESCENT * UNITS_PER_EM, 0, GLYPH_WIDTH, 0, 0, GLYPH_WIDTH, 1, 0, 0];
  return Buffer.concat([longs(0x00010000), shorts(...metrics, 0, 0, 0, 0, 0, GLYPHS)]);
}

function checksum(table: Buffer): number {
  let sum = 0;
  for (let offset = 0; offset < table.length; offset += 4) sum = (sum + table.readUInt32BE(offset)) >>> 0;
  return sum;
}

function shorts(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) buffer.writeUInt16BE(value & 0xffff, 2 * index);
  return buffer;
}

function longs(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value >>> 0, 4 * index);
  return buffer;
}
