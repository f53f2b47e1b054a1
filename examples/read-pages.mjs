/**
 * Reads documents page by page, from bytes, and tells of each page as soon as it is there. Ctrl-C ends it.
 *
 *     node examples/read-pages.mjs scan.pdf photo.jpg
 */
import { readFile } from 'node:fs/promises';
import { openEngine } from 'ocr-omega';

const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());

const engine = await openEngine();
try {
  for (const file of process.argv.slice(2)) {
    for await (const page of engine.pages(await readFile(file), { signal: interruption.signal })) {
      if ('error' in page) console.log(`${file}, page ${page.page_number}: ${page.error.code}`);
      else console.log(`${file}, page ${page.page_number}: ${page.content_blocks.length} blocks`);
    }
  }
} finally {
  await engine.close();
}
