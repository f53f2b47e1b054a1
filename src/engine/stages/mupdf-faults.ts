/** What becomes of MuPDF's errors. Apart from MuPDF itself, which is loaded with the first PDF alone. */
import { OcrError } from '../../errors.js';

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
