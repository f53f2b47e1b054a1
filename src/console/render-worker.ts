/**
 * Pictures of the pages of PDF and TIFF files, by the renderer that the server reads them with (MuPDF, as WebAssembly).
 * A file from anywhere is opened here, in a thread that can reach nothing but this server.
 */
import type { Document } from 'mupdf';

export type RenderRequest =
  | { readonly id: number; readonly kind: 'open'; readonly file: Blob; readonly password: string }
  | { readonly id: number; readonly kind: 'draw'; readonly pageIndex: number; readonly widthPx: number };

export type RenderAnswer =
  | { readonly id: number; readonly image?: ImageData }
  | { readonly id: number; readonly failure: string };

/** Largest picture: 64 MB of pixels. */
const MAX_PIXELS = 16_000_000;

/** MuPDF writes its warnings to the console, with names out of the document; they are dropped. */
const discard = () => {};
(globalThis as { $libmupdf_wasm_Module?: unknown }).$libmupdf_wasm_Module = { print: discard, printErr: discard };

/** Loaded when a message came: one that comes while it loads would be lost. */
const renderer = () => import('mupdf');

let document: Document | undefined;

self.onmessage = async ({ data }: MessageEvent<RenderRequest>) => {
  const { id } = data;
  try {
    if (data.kind === 'open') {
      await open(data.file, data.password);
      answer({ id });
    } else {
      const image = await draw(data.pageIndex, data.widthPx);
      answer({ id, image }, [image.data.buffer]);
    }
  } catch (error) {
    answer({ id, failure: error instanceof Error ? error.message : String(error) });
  }
};

function answer(message: RenderAnswer, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

async function open(file: Blob, password: string): Promise<void> {
  const mupdf = await renderer();
  const bytes = new Uint8Array(await file.arrayBuffer());
  const isTiff = bytes[0] === bytes[1] && (bytes[0] === 0x49 || bytes[0] === 0x4d);
  document = mupdf.Document.openDocument(bytes, isTiff ? 'image/tiff' : 'application/pdf');
  if (document.needsPassword() && document.authenticatePassword(password) === 0) {
    throw new Error('the file is encrypted');
  }
}

async function draw(pageIndex: number, widthPx: number): Promise<ImageData> {
  const mupdf = await renderer();
  if (document === undefined) throw new Error('no file is open');
  const page = document.loadPage(pageIndex);
  const [left, top, right, bottom] = page.getBounds();
  const widest = Math.sqrt((MAX_PIXELS * (right - left)) / (bottom - top));
  const scale = Math.min(widthPx, widest) / (right - left);
  const width = Math.max(1, Math.round((right - left) * scale));
  const height = Math.max(1, Math.round((bottom - top) * scale));
  const pixmap = new mupdf.Pixmap(mupdf.ColorSpace.DeviceRGB, [0, 0, width, height], true);
  const device = new mupdf.DrawDevice([scale, 0, 0, scale, -left * scale, -top * scale], pixmap);
  try {
    pixmap.clear(255);
    page.run(device, mupdf.Matrix.identity);
    device.close();
    return new ImageData(new Uint8ClampedArray(pixmap.getPixels()), width, height);
  } finally {
    device.destroy();
    pixmap.destroy();
    page.destroy();
  }
}
