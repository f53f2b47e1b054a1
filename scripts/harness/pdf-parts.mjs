/** PDFs put together from raw objects, so that any of them may be wrong. */
import { deflateRawSync, deflateSync, constants as zlib } from 'node:zlib';

/** A stream object. `data` is stored as it is: where `entries` name a filter, it is encoded already. */
export function stream(entries, data) {
  const bytes = Buffer.from(data, 'latin1');
  return Buffer.concat([
    Buffer.from(`<< ${entries} /Length ${bytes.length} >>\nstream\n`, 'latin1'),
    bytes,
    Buffer.from('\nendstream'),
  ]);
}

/** A stream object, deflated. */
export const flate = (entries, data) =>
  stream(`${entries} /Filter /FlateDecode`, deflateSync(Buffer.from(data, 'latin1')));

/**
 * A file of `objects`, numbered from 1; the first is the catalog. What would be right is replaced by `trailer` (given
 * the offset of the table, it gives the trailer's entries), `startxref` and `table` (its first object and its length).
 */
export function pdf(objects, { trailer, startxref, table } = {}) {
  const chunks = [Buffer.from('%PDF-1.7\n')];
  let size = chunks[0].length;
  const rows = objects.map((object, index) => {
    const body = Buffer.isBuffer(object) ? object : Buffer.from(object, 'latin1');
    const chunk = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), body, Buffer.from('\nendobj\n')]);
    const row = `${String(size).padStart(10, '0')} 00000 n \n`;
    chunks.push(chunk);
    size += chunk.length;
    return row;
  });
  const entries = trailer?.(size) ?? `/Size ${objects.length + 1} /Root 1 0 R`;
  chunks.push(
    Buffer.from(
      `xref\n${table ?? `0 ${objects.length + 1}`}\n0000000000 65535 f \n${rows.join('')}` +
        `trailer << ${entries} >>\nstartxref\n${startxref ?? size}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(chunks);
}

/** The number of the first object that `onePage` is given. */
export const FIRST_FREE = 6;

/**
 * One page of 200 × 100 points. `page` adds entries to it, `resources` to its resources; `/F` is Helvetica. `objects`
 * are numbered from `FIRST_FREE`.
 */
export function onePage({ content = '', page = '', resources = '', objects = [], contents, trailer, startxref } = {}) {
  const box = page.includes('/MediaBox') ? '' : '/MediaBox [0 0 200 100]';
  return pdf(
    [
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
      `<< /Type /Page /Parent 2 0 R ${box} ${page.includes('/Contents') ? '' : '/Contents 5 0 R'} ${page}
        /Resources << /Font << /F 4 0 R >> ${resources} >> >>`,
      '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
      contents ?? stream('', content),
      ...objects,
    ],
    { trailer, startxref },
  );
}

const BLOCK_BYTES = 64 * 1024 * 1024;
let block;

/** `bytes` zeros, deflated a thousandfold, without there ever having been as many. Rounded up to 64 MiB. */
export function deflatedZeros(bytes) {
  block ??= deflateRawSync(Buffer.alloc(BLOCK_BYTES), { level: 9, finishFlush: zlib.Z_FULL_FLUSH });
  const blocks = Math.ceil(bytes / BLOCK_BYTES);
  // Adler-32 of zeros: the first sum stays 1, the second counts them.
  const checksum = Buffer.alloc(4);
  checksum.writeUInt16BE((blocks * BLOCK_BYTES) % 65_521, 0);
  checksum.writeUInt16BE(1, 2);
  const end = Buffer.from([0x03, 0x00]);
  return Buffer.concat([Buffer.from([0x78, 0xda]), ...Array(blocks).fill(block), end, checksum]);
}
