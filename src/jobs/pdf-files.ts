/**
 * Searchable PDFs, wherever they are kept: on the disk of one machine (`disk-pdf-files.ts`) or in the database of
 * several (`postgres-pdf-files.ts`).
 *
 * A PDF is there whole or not at all, and belongs to its job once the store says that it is made: what a crash leaves
 * behind is made again, or swept.
 */
import type { Readable } from 'node:stream';

export interface PdfFiles {
  /** A job's PDF, to be sent. REQUIRES: the stream is read or destroyed. @throws OcrError storage.failed */
  open(uploadName: string): Promise<{ readonly bytes: number; readonly stream: Readable }>;
  /** Where on this machine the engine finds the words, and where it writes the PDF. */
  workPaths(uploadName: string): { readonly layersPath: string; readonly outPath: string };
  /** What the engine wrote becomes the job's PDF; it is durable when this resolves. @throws OcrError storage.failed */
  keep(uploadName: string): Promise<void>;
  /** What is being made is erased; a PDF that is there stays. @throws OcrError storage.failed */
  discard(uploadName: string): Promise<void>;
  /** Everything of a job. @throws OcrError storage.failed */
  erase(uploadName: string): Promise<void>;
  /** Erases everything of jobs whose PDF nobody needs. */
  sweep(isNeeded: (uploadName: string) => Promise<boolean>): Promise<void>;
}
