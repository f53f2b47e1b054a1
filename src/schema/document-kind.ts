/** What kinds of document are read, told from their first bytes. Names and headers are never trusted. */

export const DOCUMENT_KINDS = ['pdf', 'png', 'jpeg', 'tiff', 'webp'] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** As many bytes as `sniffKind` looks at: a PDF's header may stand anywhere in the first 1024 (PDF 1.7, annex H.3). */
export const SNIFF_BYTES = 1024;

const PDF = Buffer.from('%PDF-');

/** The kind of the document that begins with `head` (its first `SNIFF_BYTES`, or all of it), or undefined. */
export function sniffKind(head: Uint8Array): DocumentKind | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, SNIFF_BYTES));
  const starts = (signature: string, offset = 0) =>
    bytes.toString('latin1', offset, offset + signature.length) === signature;
  if (starts('\x89PNG\r\n\x1a\n')) return 'png';
  if (starts('\xff\xd8\xff')) return 'jpeg';
  if (starts('II*\0') || starts('MM\0*') || starts('II+\0') || starts('MM\0+')) return 'tiff';
  if (starts('RIFF') && starts('WEBP', 8)) return 'webp';
  if (bytes.includes(PDF)) return 'pdf';
  return undefined;
}
