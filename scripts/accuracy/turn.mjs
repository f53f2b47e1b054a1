/**
 * Turned copies of documents, by the same file names: what is true of their text stays true.
 *
 * Images are turned as pixels, in PNG. PDF pages are turned by a quarter with their text layer, by /Rotate, and by
 * anything else as pictures of the page.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as mupdf from 'mupdf';
import sharp from 'sharp';

const POINTS_PER_INCH = 72;
const RENDER_DPI = 200;

/** Clockwise. Pages are read anew, so a folder that is there already is written over. */
export async function turnFiles(from, files, degrees, to) {
  mkdirSync(to, { recursive: true });
  for (const file of files) {
    const bytes = readFileSync(join(from, file));
    writeFileSync(join(to, file), await (isPdf(bytes) ? turnPdf(bytes, degrees) : turnImage(bytes, degrees)));
  }
}

function isPdf(bytes) {
  return bytes.subarray(0, 1024).includes('%PDF-');
}

/** @throws Error where there are several pages: only the first would be left. */
async function turnImage(bytes, degrees) {
  const { pages = 1, density } = await sharp(bytes).metadata();
  if (pages > 1) throw new Error('an image of several pages cannot be turned');
  const turned = sharp(bytes).autoOrient().rotate(degrees, { background: 'white' }).png({ compressionLevel: 1 });
  return density === undefined ? turned.toBuffer() : turned.withMetadata({ density }).toBuffer();
}

async function turnPdf(bytes, degrees) {
  const document = mupdf.PDFDocument.openDocument(bytes, 'application/pdf');
  if (degrees % 90 === 0) {
    for (let index = 0; index < document.countPages(); index++) {
      const page = document.findPage(index);
      const turnedBefore = page.getInheritable('Rotate');
      page.put('Rotate', ((turnedBefore.isNumber() ? turnedBefore.asNumber() : 0) + degrees + 360) % 360);
    }
    return document.saveToBuffer('').asUint8Array();
  }
  const pictures = new mupdf.PDFDocument();
  for (let index = 0; index < document.countPages(); index++) {
    addPicture(pictures, await turnImage(render(document.loadPage(index)), degrees));
  }
  return pictures.saveToBuffer('compress').asUint8Array();
}

function render(page) {
  const scale = mupdf.Matrix.scale(RENDER_DPI / POINTS_PER_INCH, RENDER_DPI / POINTS_PER_INCH);
  return page.toPixmap(scale, mupdf.ColorSpace.DeviceRGB, false).asPNG();
}

function addPicture(pdf, bytes) {
  const image = new mupdf.Image(bytes);
  const [width, height] = [image.getWidth(), image.getHeight()].map((px) => (px * POINTS_PER_INCH) / RENDER_DPI);
  const resources = { XObject: { Page: pdf.addImage(image) } };
  pdf.insertPage(-1, pdf.addPage([0, 0, width, height], 0, resources, `q ${width} 0 0 ${height} 0 0 cm /Page Do Q`));
}
