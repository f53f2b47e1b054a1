/** Pages → hOCR 1.2: places and confidences in the titles of HTML elements. In pixels of the upright page image. */
import type { Block, Page, TextLine } from '../schema/document.js';
import { baselineOf } from './baseline.js';
import { cornersOf, escapeMarkup, type PixelBox, pixelBox } from './markup.js';
import { wordsOf } from './words.js';
import type { DocumentWriter } from './writer.js';

const HEAD = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<title>hOCR</title>
<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
<meta name="ocr-system" content="OCR Omega"/>
<meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_par ocr_line ocr_header ocr_footer ocr_caption ocr_table ocr_photo ocrx_word"/>
</head>
<body>
`;

export function hocrWriter(): DocumentWriter {
  return {
    begin: () => HEAD,
    push: (page) => pageHocr(page),
    end: () => '</body>\n</html>\n',
  };
}

function pageHocr(page: Page): string {
  const number = page.pageIndex + 1;
  const { widthPx, heightPx, dpi } = page;
  const properties = [
    `bbox 0 0 ${Math.round(widthPx)} ${Math.round(heightPx)}`,
    `ppageno ${page.pageIndex}`,
    ...(dpi === undefined ? [] : [`scan_res ${Math.round(dpi)} ${Math.round(dpi)}`]),
  ];
  const blocks = page.blocks.map((block, index) => blockHocr(block, `${number}_${index + 1}`, page)).join('');
  return `<div class="ocr_page" id="page_${number}" title="${properties.join('; ')}">\n${blocks}</div>\n`;
}

function blockHocr(block: Block, id: string, page: Page): string {
  const box = bbox(pixelBox(cornersOf(block.rect), page));
  if (block.lines.length === 0) return `<div class="ocr_photo" id="block_${id}" title="${box}"></div>\n`;
  const lines = block.lines.map((line, index) => lineHocr(line, block.type, `${id}_${index + 1}`, page)).join('');
  const kind = block.type === 'table' ? 'ocr_table' : 'ocr_carea';
  const paragraph = `<p class="ocr_par" id="par_${id}" title="${box}">\n${lines}</p>\n`;
  return `<div class="${kind}" id="block_${id}" title="${box}">\n${paragraph}</div>\n`;
}

const LINE_CLASSES: Partial<Record<Block['type'], string>> = {
  header: 'ocr_header',
  footer: 'ocr_footer',
  caption: 'ocr_caption',
};

function lineHocr(line: TextLine, type: Block['type'], id: string, page: Page): string {
  const box = pixelBox(line.quad, page);
  const [from, to] = baselineOf(line.quad);
  const slope = to.x - from.x === 0 ? 0 : (to.y - from.y) / (to.x - from.x);
  // From the box's lower left corner (hOCR 1.2, "baseline").
  const offset = from.y + (box.left - from.x) * slope - box.bottom;
  const title = `${bbox(box)}; baseline ${slope.toFixed(4)} ${Math.round(offset)}; x_size ${box.bottom - box.top}`;
  const words = wordsOf(line).map((word, index) => {
    const place = `${bbox(pixelBox(word.quad, page))}; x_wconf ${Math.round(word.confidence * 100)}`;
    return `<span class="ocrx_word" id="word_${id}_${index + 1}" title="${place}">${escapeMarkup(word.text)}</span>`;
  });
  return `<span class="${LINE_CLASSES[type] ?? 'ocr_line'}" id="line_${id}" title="${title}">${words.join(' ')}</span>\n`;
}

function bbox({ left, top, right, bottom }: PixelBox): string {
  return `bbox ${left} ${top} ${right} ${bottom}`;
}
