/** MuPDF's structured text of every page of a PDF, and nothing else, in one thread: the floor of the text layer. */
import { readFileSync } from 'node:fs';
import * as mupdf from 'mupdf';
import { serve } from '../peers/reader.mjs';

await serve(async () => {
  const read = async (path) => {
    const document = mupdf.Document.openDocument(readFileSync(path), 'application/pdf');
    const texts = [];
    for (let index = 0; index < document.countPages(); index++) {
      const page = document.loadPage(index);
      const structured = page.toStructuredText();
      texts.push(structured.asText());
      structured.destroy();
      page.destroy();
    }
    document.destroy();
    return { text: texts.join('\n'), lines: [] };
  };
  return { read, readAll: (paths) => Promise.all(paths.map(read)), close: async () => {} };
});
