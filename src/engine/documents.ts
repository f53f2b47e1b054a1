/** The document that a thread has open: pages of one document come in a row, and opening a large PDF is dear. */
import { stat } from 'node:fs/promises';
import { type OpenDocument, openDocument } from './stages/open.js';

/** MuPDF keeps what it has parsed of a document; opening it anew after this many uses bounds that. */
const USES_PER_OPENING = 256;

/** An open file that was erased still holds its disk space, so none is kept open for long without use. */
const IDLE_MS = 5_000;

export interface Documents {
  /** Runs `use` on the document, newly opened or still open from the last time. REQUIRES: one call at a time. */
  with<T>(path: string, password: string | undefined, use: (document: OpenDocument) => Promise<T>): Promise<T>;
}

export function keepDocuments(maxPagePixels: number): Documents {
  let current: { readonly key: string; readonly document: OpenDocument; uses: number } | undefined;
  let idle: NodeJS.Timeout | undefined;

  const close = () => {
    const closing = current;
    current = undefined;
    closing?.document.close();
  };
  const open = async (path: string, password: string | undefined) => {
    const key = await identify(path, password);
    if (current === undefined || current.key !== key || current.uses >= USES_PER_OPENING) {
      close();
      current = { key, document: await openDocument(path, { password, maxPagePixels }), uses: 0 };
    }
    current.uses += 1;
    return current.document;
  };

  return {
    async with(path, password, use) {
      clearTimeout(idle);
      try {
        return await use(await open(path, password));
      } finally {
        idle = setTimeout(close, IDLE_MS).unref();
      }
    },
  };
}

/** A path may come to name another file; one that is missing is reported by its opening. */
async function identify(path: string, password: string | undefined): Promise<string> {
  const file = await stat(path).catch(() => undefined);
  return JSON.stringify([path, file?.ino, file?.size, file?.mtimeMs, password]);
}
