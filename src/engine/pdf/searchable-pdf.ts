/**
 * A document and what was read of it → a PDF that can be searched: its pages as they were, with the words that were
 * recognised as invisible text over them.
 *
 * An image becomes a new file, which conforms to PDF/A-2b. A PDF stays the file it was, byte by byte where it is not
 * damaged, with an update behind it (incremental, PDF 32000-1, 7.5.6); whether it conforms to anything is its own affair.
 */
import { once } from 'node:events';
import { createReadStream, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { deflateSync } from 'node:zlib';
import type { PDFDocument, PDFObject, PDFPage } from 'mupdf';
import { OcrError } from '../../errors.js';
import type { PageLayer } from '../../schema/page-layer.js';
import type { DocumentInfo, PdfTask } from '../engine.js';
import type { ImageKind } from '../stages/image-source.js';
import { mupdf } from '../stages/mupdf.js';
import { guarded } from '../stages/mupdf-faults.js';
import { openPdfFile } from '../stages/pdf-source.js';
import { addGlyphlessFont, type Codes, createCodes } from './glyphless-font.js';
import { addImagePage, srgbProfile } from './image-page.js';
import { concat, invert, invisibleText, type Matrix, number, toSourceFractions } from './invisible-text.js';
import type { PdfObjects, PdfReference, PdfValue } from './objects.js';
import { createPdfFile, type PdfFile } from './pdf-file.js';

const FONT_NAME = 'OmegaGlyphless';
/** Of a page whose image cannot be decoded, in points: A4. */
const BLANK_PAGE = [0, 0, 595, 842] as const;

/** @throws OcrError file.unreadable, file.encrypted, storage.failed */
export async function writeSearchablePdf(
  task: PdfTask,
  { kind, pageCount }: DocumentInfo,
  maxPagePixels: number,
): Promise<void> {
  try {
    if (kind === 'pdf') await extendPdf(task);
    else await imagesToPdf(task, kind, pageCount, maxPagePixels);
  } catch (error) {
    const { syscall, code } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new OcrError('storage.failed', `The PDF could not be written (${code}).`, { cause: error });
  }
}

async function* readLayers(path: string): AsyncGenerator<PageLayer> {
  const input = createReadStream(path);
  await once(input, 'open');
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    yield JSON.parse(line) as PageLayer;
  }
}

async function imagesToPdf(
  { path, layersPath, outPath }: PdfTask,
  kind: ImageKind,
  pageCount: number,
  maxPagePixels: number,
): Promise<void> {
  const pdf = createPdfFile(outPath);
  try {
    const codes = createCodes();
    const [tree, font] = [pdf.reserve(), pdf.reserve()];
    const pages: PdfReference[] = [];
    const layers = readLayers(layersPath);
    let layer = (await layers.next()).value as PageLayer | undefined;
    for (let pageIndex = 0; pageIndex < pageCount; pageIndex++) {
      const own = layer?.pageIndex === pageIndex ? layer : undefined;
      if (own !== undefined) layer = (await layers.next()).value as PageLayer | undefined;
      pages.push(await addPage(pdf, { path, kind, pageIndex, maxPagePixels }, own, { tree, font, codes }));
    }
    const realFont = addGlyphlessFont(pdf, codes);
    pdf.put(font, { [FONT_NAME]: realFont });
    pdf.put(tree, { Type: '/Pages', Kids: pages, Count: pages.length });
    const profile = pdf.addStream({ N: 3 }, await srgbProfile());
    pdf.finish(pdf.add({ Type: '/Catalog', Pages: tree, ...conformance(pdf, profile) }));
  } finally {
    pdf.close();
  }
}

async function addPage(
  pdf: PdfFile,
  source: {
    readonly path: string;
    readonly kind: ImageKind;
    readonly pageIndex: number;
    readonly maxPagePixels: number;
  },
  layer: PageLayer | undefined,
  shared: { readonly tree: PdfReference; readonly font: PdfReference; readonly codes: Codes },
): Promise<PdfReference> {
  const page = { Type: '/Page', Parent: shared.tree };
  try {
    const { image, placement, widthPt, heightPt } = await addImagePage(
      pdf,
      source.path,
      source.kind,
      source.pageIndex,
      source.maxPagePixels,
    );
    const toPdf: Matrix = [widthPt, 0, 0, -heightPt, 0, heightPt];
    const text =
      layer === undefined ? '' : invisibleText(layer, concat(toSourceFractions(layer), toPdf), FONT_NAME, shared.codes);
    const content = `q ${placement.map(number).join(' ')} cm /Image Do Q\n${text}`;
    return pdf.add({
      ...page,
      MediaBox: [0, 0, widthPt, heightPt],
      ...(layer === undefined || layer.rotation === 0 ? {} : { Rotate: layer.rotation }),
      Resources: { XObject: { Image: image }, Font: shared.font },
      Contents: pdf.addStream({}, Buffer.from(content, 'latin1')),
    });
  } catch (error) {
    if (!(error instanceof OcrError)) throw error;
    return pdf.add({ ...page, MediaBox: BLANK_PAGE, Resources: {} });
  }
}

/** What makes a file one of PDF/A-2b: its statement (6.6.4), and what its colours mean (6.2.3). */
function conformance(pdf: PdfFile, profile: PdfReference): Record<string, PdfValue> {
  const metadata = `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<xmp:CreatorTool>OCR Omega</xmp:CreatorTool>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`;
  return {
    Metadata: pdf.addRawStream({ Type: '/Metadata', Subtype: '/XML' }, Buffer.from(metadata)),
    OutputIntents: [
      {
        Type: '/OutputIntent',
        S: '/GTS_PDFA1',
        OutputConditionIdentifier: '(sRGB)',
        Info: '(sRGB IEC61966-2.1)',
        DestOutputProfile: profile,
      },
    ],
  };
}

async function extendPdf({ path, password, layersPath, outPath }: PdfTask): Promise<void> {
  const document = openPdfFile(path, password);
  try {
    const pdf = document.asPDF();
    if (pdf === null) throw new OcrError('file.unreadable', 'The document is no PDF that can be extended.');
    const objects = objectsOf(pdf);
    const codes = createCodes();
    const texts: { readonly pageIndex: number; readonly text: string }[] = [];
    for await (const layer of readLayers(layersPath)) {
      const text = guarded('file.unreadable', 'A page of the PDF is damaged beyond repair.', () =>
        textOfPage(pdf, layer, codes),
      );
      if (text !== '') texts.push({ pageIndex: layer.pageIndex, text });
    }
    if (texts.length === 0) {
      await copyFile(path, outPath);
      return;
    }
    const bytes = guarded('file.unreadable', 'The PDF cannot be extended.', () => {
      const font = addGlyphlessFont(objects, codes);
      for (const { pageIndex, text } of texts) addText(pdf, pageIndex, objects.addStream({}, Buffer.from(text)), font);
      const buffer = pdf.saveToBuffer(pdf.canBeSavedIncrementally() ? 'incremental' : '');
      try {
        return new Uint8Array(buffer.asUint8Array());
      } finally {
        buffer.destroy();
      }
    });
    writeFileSync(outPath, bytes, { mode: 0o600 });
  } finally {
    document.destroy();
    mupdf.emptyStore();
  }
}

function textOfPage(pdf: PDFDocument, layer: PageLayer, codes: Codes): string {
  if (layer.lines.length === 0) return '';
  const page: PDFPage = pdf.loadPage(layer.pageIndex);
  try {
    const [x0, y0, x1, y1] = page.getBounds();
    const onPage = concat(toSourceFractions(layer), [x1 - x0, 0, 0, y1 - y0, x0, y0]);
    return invisibleText(layer, concat(onPage, invert(page.getTransform())), FONT_NAME, codes);
  } finally {
    page.destroy();
  }
}

/** In front of what is on the page: whatever that does to the graphics state, the text is not moved by it. */
function addText(pdf: PDFDocument, pageIndex: number, content: PdfReference, font: PdfReference): void {
  const page = pdf.findPage(pageIndex);
  const old = page.get('Contents');
  const contents = pdf.newArray();
  contents.push(content.reference);
  if (old.isArray()) for (let index = 0; index < old.length; index++) contents.push(old.get(index));
  else if (!old.isNull()) contents.push(old);
  page.put('Contents', contents);
  const resources = page.getInheritable('Resources');
  const own = resources.isNull() ? pdf.newDictionary() : resources;
  if (resources.isNull()) page.put('Resources', own);
  const fonts = own.get('Font');
  if (fonts.isDictionary()) fonts.put(FONT_NAME, font.reference);
  else own.put('Font', { [FONT_NAME]: font.reference });
}

function objectsOf(pdf: PDFDocument): PdfObjects {
  return {
    add: (value) => ({ reference: pdf.addObject(toMupdf(value)) }),
    addStream: (dictionary, bytes) => ({
      reference: pdf.addRawStream(deflateSync(bytes), toMupdf({ ...dictionary, Filter: '/FlateDecode' })),
    }),
  };
}

/** MuPDF takes names without their slash. */
function toMupdf(value: PdfValue): unknown {
  if (typeof value === 'string') return value.replace(/^\//, '');
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(toMupdf);
  if ('reference' in value) return value.reference as PDFObject;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toMupdf(member as PdfValue)]));
}
