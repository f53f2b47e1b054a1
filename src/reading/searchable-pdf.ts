/** A document that was read, as a searchable PDF. */
import { rm, writeFile } from 'node:fs/promises';
import type { Engine } from '../engine/engine.js';
import { pageLayer } from '../export/page-layer.js';
import { readPages } from './ocr-results.js';
import type { DocumentOutcome } from './read-documents.js';

/**
 * Writes it to `outPath`, beside which a file of the text to be laid over lies meanwhile. What is at `outPath` when this
 * rejects is of no use.
 * @throws OcrError as `Engine.makePdf`
 */
export async function writeSearchablePdf(
  engine: Pick<Engine, 'makePdf'>,
  document: DocumentOutcome,
  { outPath, password }: { readonly outPath: string; readonly password: string | undefined },
): Promise<void> {
  const layersPath = `${outPath}.layers`;
  try {
    await writeFile(
      layersPath,
      readPages(document).map((page) => `${JSON.stringify(pageLayer(page))}\n`),
    );
    const { input, pages } = document;
    await engine.makePdf({ path: input.path, password, layersPath, outPath, pageCount: pages.length });
  } finally {
    await rm(layersPath, { force: true });
  }
}
