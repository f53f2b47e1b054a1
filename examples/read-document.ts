/**
 * Reads one document and prints it as Markdown.
 *
 *     node examples/read-document.ts scan.pdf     # Node 22.18 or later; before, compile it with tsc
 */
import { OcrError, openEngine } from 'ocr-omega';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Name a PDF, PNG, JPEG, TIFF or WebP file.');

const engine = await openEngine({ threads: 1 });
try {
  const document = await engine.read(file, { languages: ['en'] });
  console.log(document.markdown());
  for (const page of document.pages) {
    if ('error' in page) console.error(`page ${page.page_number}: ${page.error.detail}`);
  }
} catch (error) {
  if (!(error instanceof OcrError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
} finally {
  await engine.close();
}
