/** Pages → ALTO 4.4 (Library of Congress), in pixels of the upright page images. */
import { BLOCK_TYPES, type Block, type Page, type TextLine } from '../schema/document.js';
import { baselineOf } from './baseline.js';
import { cornersOf, escapeMarkup, type PixelBox, pixelBox } from './markup.js';
import { wordsOf } from './words.js';
import type { DocumentWriter } from './writer.js';

const HEAD = `<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.loc.gov/standards/alto/ns-v4# http://www.loc.gov/standards/alto/v4/alto-4-4.xsd" SCHEMAVERSION="4.4">
<Description><MeasurementUnit>pixel</MeasurementUnit></Description>
<Tags>${BLOCK_TYPES.map((type) => `<LayoutTag ID="type_${type}" LABEL="${type}"/>`).join('')}</Tags>
<Layout>
`;

export function altoWriter(): DocumentWriter {
  return {
    begin: () => HEAD,
    push: (page) => pageAlto(page),
    end: () => '</Layout>\n</alto>\n',
  };
}

function pageAlto(page: Page): string {
  const number = page.pageIndex + 1;
  const size = `WIDTH="${Math.round(page.widthPx)}" HEIGHT="${Math.round(page.heightPx)}"`;
  const blocks = page.blocks.map((block, index) => blockAlto(block, `${number}_${index + 1}`, page)).join('');
  const attributes = `ID="page_${number}" PHYSICAL_IMG_NR="${number}" ${size} PC="${fraction(page.confidence)}"`;
  return `<Page ${attributes}>\n<PrintSpace HPOS="0" VPOS="0" ${size}>\n${blocks}</PrintSpace>\n</Page>\n`;
}

function blockAlto(block: Block, id: string, page: Page): string {
  const place = box(pixelBox(cornersOf(block.rect), page));
  const attributes = `ID="block_${id}" ${place} TAGREFS="type_${block.type}"`;
  if (block.lines.length === 0) return `<Illustration ${attributes}/>\n`;
  const lines = block.lines.map((line, index) => lineAlto(line, `${id}_${index + 1}`, page)).join('');
  return `<TextBlock ${attributes}>\n${lines}</TextBlock>\n`;
}

function lineAlto(line: TextLine, id: string, page: Page): string {
  const own = pixelBox(line.quad, page);
  const baseline = baselineOf(line.quad).map(({ x, y }) => `${Math.round(x)},${Math.round(y)}`);
  const parts: string[] = [];
  let right: number | undefined;
  wordsOf(line).forEach((word, index) => {
    const place = pixelBox(word.quad, page);
    if (right !== undefined) {
      parts.push(`<SP HPOS="${right}" VPOS="${place.top}" WIDTH="${Math.max(0, place.left - right)}"/>`);
    }
    const attributes = `ID="string_${id}_${index + 1}" ${box(place)} WC="${fraction(word.confidence)}"`;
    parts.push(`<String ${attributes} CONTENT="${escapeMarkup(word.text)}"/>`);
    right = place.right;
  });
  // A line has a string, even one of which nothing is left to show.
  if (parts.length === 0) parts.push(`<String ${box(own)} CONTENT=""/>`);
  return `<TextLine ID="line_${id}" ${box(own)} BASELINE="${baseline.join(' ')}">${parts.join('')}</TextLine>\n`;
}

function box({ left, top, right, bottom }: PixelBox): string {
  return `HPOS="${left}" VPOS="${top}" WIDTH="${right - left}" HEIGHT="${bottom - top}"`;
}

function fraction(value: number): string {
  return Math.min(1, Math.max(0, value)).toFixed(3);
}
