/** Writes a PDF 1.7 file object by object, so that no more than one of them stands in memory. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { isReference, type PdfObjects, type PdfReference, type PdfValue } from './objects.js';

export interface PdfFile extends PdfObjects {
  /** An object that others refer to before it is there. */
  reserve(): PdfReference;
  put(reference: PdfReference, value: PdfValue): void;
  /** As it is, under the filters that `dictionary` names. */
  addRawStream(dictionary: Readonly<Record<string, PdfValue>>, bytes: Uint8Array): PdfReference;
  /** REQUIRES: every reserved object was put. */
  finish(catalog: PdfReference): void;
  /** Of an unfinished file, too. */
  close(): void;
}

/** Four bytes above 127 behind the version say that the file is not text (PDF/A-2, 6.1.2). */
const HEADER = '%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n';

export function createPdfFile(path: string): PdfFile {
  const file = openSync(path, 'w', 0o600);
  const offsets: number[] = [];
  let length = 0;
  const write = (bytes: Uint8Array | string) => {
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    let written = 0;
    while (written < buffer.length) written += writeSync(file, buffer, written);
    length += buffer.length;
  };
  const reserve = (): PdfReference => ({ reference: offsets.push(0) });
  const begin = ({ reference }: PdfReference) => {
    offsets[Number(reference) - 1] = length;
    write(`${reference} 0 obj\n`);
  };
  const put = (reference: PdfReference, value: PdfValue) => {
    begin(reference);
    write(`${serialize(value)}\nendobj\n`);
  };
  const addRawStream = (dictionary: Readonly<Record<string, PdfValue>>, bytes: Uint8Array) => {
    const reference = reserve();
    begin(reference);
    write(`${serialize({ ...dictionary, Length: bytes.length })}\nstream\n`);
    write(bytes);
    write('\nendstream\nendobj\n');
    return reference;
  };
  write(HEADER);
  return {
    reserve,
    put,
    addRawStream,
    add(value) {
      const reference = reserve();
      put(reference, value);
      return reference;
    },
    addStream: (dictionary, bytes) => addRawStream({ ...dictionary, Filter: '/FlateDecode' }, deflateSync(bytes)),
    finish(catalog) {
      const start = length;
      const id = randomBytes(16).toString('hex');
      const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`);
      write(`xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n${entries.join('')}`);
      write(`trailer\n<</Size ${offsets.length + 1} /Root ${catalog.reference} 0 R /ID [<${id}> <${id}>]>>\n`);
      write(`startxref\n${start}\n%%EOF\n`);
    },
    close: () => closeSync(file),
  };
}

function serialize(value: PdfValue): string {
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(serialize).join(' ')}]`;
  if (isReference(value)) return `${value.reference} 0 R`;
  const members = Object.entries(value as Readonly<Record<string, PdfValue>>);
  return `<<${members.map(([key, member]) => `/${key} ${serialize(member)}`).join(' ')}>>`;
}
