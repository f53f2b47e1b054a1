/**
 * The thread's one MuPDF instance (WebAssembly). To import this file is to load it: 10 MB are compiled.
 *
 * MuPDF's own JavaScript wrapper keeps no way to the raw module, but takes the object that becomes it from
 * `$libmupdf_wasm_Module`; it is kept here because the wrapper's text walk cuts code points above U+FFFF and makes
 * a font object for every character. So this is the only file that may import mupdf as a value.
 */

/** The raw functions that `text-layer.ts` walks structured text with. Pointers are numbers; 0 ends a list. */
export interface MupdfModule {
  /** The heap; replaced whenever it grows: never keep it across a call. */
  readonly HEAPF32: Float32Array;
  readonly HEAPU32: Uint32Array;
  _wasm_malloc(bytes: number): number;
  _wasm_free(pointer: number): void;
  _wasm_stext_page_get_first_block(page: number): number;
  _wasm_stext_block_get_next(block: number): number;
  _wasm_stext_block_get_type(block: number): number;
  /** Address of left, top, right, bottom. */
  _wasm_stext_block_get_bbox(block: number): number;
  _wasm_stext_block_get_v_flags(block: number): number;
  /** Colour of a vector; alpha in the highest byte. */
  _wasm_stext_block_get_v_argb(block: number): number;
  _wasm_stext_block_get_first_line(block: number): number;
  _wasm_stext_line_get_next(line: number): number;
  /** 0 horizontal, 1 vertical writing. */
  _wasm_stext_line_get_wmode(line: number): number;
  /** Address of x, y. */
  _wasm_stext_line_get_dir(line: number): number;
  _wasm_stext_line_get_first_char(line: number): number;
  _wasm_stext_char_get_next(char: number): number;
  _wasm_stext_char_get_c(char: number): number;
  _wasm_stext_char_get_size(char: number): number;
  _wasm_stext_char_get_argb(char: number): number;
  _wasm_stext_char_get_font(char: number): number;
  /** Address of x, y. */
  _wasm_stext_char_get_origin(char: number): number;
  /** Address of the points upper left, upper right, lower left, lower right. */
  _wasm_stext_char_get_quad(char: number): number;
}

/** MuPDF writes its warnings to the console, with names out of the document; they are dropped. */
const discard = () => {};
const shared = globalThis as { $libmupdf_wasm_Module?: unknown };
shared.$libmupdf_wasm_Module ??= { print: discard, printErr: discard };

export const mupdf = await import('mupdf');
export const mupdfModule = shared.$libmupdf_wasm_Module as MupdfModule;

/** Where a character of structured text has its fields, in words of four bytes from its address. */
export interface CharacterLayout {
  readonly codePoint: number;
  readonly sizePt: number;
  readonly argb: number;
  readonly font: number;
  readonly next: number;
  /** x, y. */
  readonly origin: number;
  /** x and y of the points upper left, upper right, lower left, lower right. */
  readonly quad: number;
}

/** More than a character has. */
const PROBE_WORDS = 64;

/**
 * Asks MuPDF's functions of a character where they read. A page has thousands of characters, and reading their fields
 * in the heap takes a fraction of the time of a call for each.
 */
function probeCharacter(): CharacterLayout {
  const raw = mupdfModule;
  const probe = raw._wasm_malloc(4 * PROBE_WORDS);
  const words = Array.from({ length: PROBE_WORDS }, (_, place) => place);
  try {
    raw.HEAPF32.set(words, probe >> 2);
    const sizePt = raw._wasm_stext_char_get_size(probe);
    raw.HEAPU32.set(words, probe >> 2);
    return {
      codePoint: raw._wasm_stext_char_get_c(probe),
      sizePt,
      argb: raw._wasm_stext_char_get_argb(probe),
      font: raw._wasm_stext_char_get_font(probe),
      next: raw._wasm_stext_char_get_next(probe),
      origin: (raw._wasm_stext_char_get_origin(probe) - probe) >> 2,
      quad: (raw._wasm_stext_char_get_quad(probe) - probe) >> 2,
    };
  } finally {
    raw._wasm_free(probe);
  }
}

export const CHARACTER: CharacterLayout = probeCharacter();
