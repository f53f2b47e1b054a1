/** Documents made on the spot, each page with a text of its own, so that a page in the wrong place is found out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './server.mjs';

/**
 * A PDF with a text layer: one line of text a page, in Helvetica. Cheap: nothing is rendered or recognized.
 *
 * `texts` may hold letters, digits and spaces.
 */
export function textPdf(texts) {
  const objects = ['<< /Type /Catalog /Pages 2 0 R >>', '', '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>'];
  const kids = texts.map((text) => {
    const content = `BT /F 18 Tf 72 700 Td (${text}) Tj ET`;
    const contents = objects.push(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
    const resources = '/Resources << /Font << /F 3 0 R >> >>';
    return objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] ${resources} /Contents ${contents} 0 R >>`,
    );
  });
  objects[1] = `<< /Type /Pages /Kids [${kids.map((kid) => `${kid} 0 R`).join(' ')}] /Count ${texts.length} >>`;
  let file = '%PDF-1.7\n';
  const offsets = objects.map((body, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${body}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const size = objects.length + 1;
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${offsets.join('')}`;
  return Buffer.from(`${file}${table}trailer << /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`);
}

/** The text of page `pageIndex` of document `number`: no two are the same. */
export function pageText(number, pageIndex) {
  return `Document ${number} page ${pageIndex + 1} of the harbour register`;
}

/** A document of the tests, by file name. */
export function fixture(name) {
  return readFileSync(join(ROOT, 'test', 'fixtures', 'documents', name));
}
