/**
 * The thread's one MuPDF instance (WebAssembly), and what becomes of its errors.
 *
 * MuPDF's own JavaScript wrapper keeps no way to the raw module, but takes the object that becomes it from
 * `$libmupdf_wasm_Module`; it is kept here because the wrapper's text walk cuts code points above U+FFFF and makes
 * a font object for every character. So this is the only file that may import mupdf as a value.
 */
import { OcrError } from '../../errors.js';

/** The raw functions that `text-layer.ts` walks structured text with. Pointers are numbers; 0 ends a list. */
export interface MupdfModule {
  /** Replaced whenever the heap grows: never keep it across a call. */
  readonly HEAPF32: Float32Array;
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

let usable = true;

/** False once MuPDF died in the middle of a call: its heap is in an unknown state and the thread must be replaced. */
export function mupdfUsable(): boolean {
  return usable;
}

/**
 * Runs `call` and turns what MuPDF throws into an OcrError of `code` with `message`; the cause is for our eyes only,
 * since MuPDF quotes the document in it.
 */
export function guarded<T>(code: 'file.unreadable' | 'page.unreadable', message: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    if (cause instanceof OcrError) throw cause;
    // MuPDF's own exceptions are plain Errors; a trap (WebAssembly.RuntimeError), a stack overflow (RangeError) or an
    // abort (a string) unwinds past its clean-up.
    if (!(cause instanceof Error) || cause.name === 'RuntimeError' || cause.name === 'RangeError') usable = false;
    throw new OcrError(code, message, { cause });
  }
}
