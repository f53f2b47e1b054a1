/** The objects of a PDF as plain data, so that a new file and an existing one are given the same ones. */

export interface PdfReference {
  readonly reference: unknown;
}

/** A string is a name where it begins with "/", and a string where it stands in parentheses. */
export type PdfValue =
  | number
  | string
  | boolean
  | PdfReference
  | readonly PdfValue[]
  | { readonly [key: string]: PdfValue };

export interface PdfObjects {
  add(value: PdfValue): PdfReference;
  /** Compressed where that pays; `dictionary` without its length and filter. */
  addStream(dictionary: Readonly<Record<string, PdfValue>>, bytes: Uint8Array): PdfReference;
}

export function isReference(value: object): value is PdfReference {
  return 'reference' in value;
}
