#!/usr/bin/env node
/**
 * Makes docs/images/reading.png, the picture of the README: a page with what was found on it drawn over, beside
 * its Markdown. All of it comes from the engine; the page is a fixture.
 *
 *     npm run picture
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { openEngine } from '../dist/engine/engine.js';
import { openDocument } from '../dist/engine/stages/open.js';
import { pageMarkdown } from '../dist/export/markdown.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENT = join(ROOT, 'test/fixtures/documents/table.png');
const PICTURE = join(ROOT, 'docs/images/reading.png');

const MAX_PAGE_PIXELS = 40_000_000;
const PAGE_WIDTH_PX = 620;
const TEXT_WIDTH_PX = 620;
const MARGIN_PX = 24;
const LINE_HEIGHT_PX = 24;
const FONT_PX = 15;
/** Characters of DejaVu Sans Mono, 0.6 em wide, that fit beside the page. */
const LINE_CHARACTERS = Math.floor((TEXT_WIDTH_PX - 2 * MARGIN_PX) / (0.603 * FONT_PX));

const COLORS = { title: '#c2410c', heading: '#c2410c', list: '#15803d', table: '#7e22ce' };
const OTHER_COLOR = '#1d4ed8';

// The engine, on import, leaves only files of its documents' formats readable.
sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer', 'VipsForeignLoadPngBuffer'] });

const page = await read();
const scale = PAGE_WIDTH_PX / page.widthPx;
const pageHeightPx = Math.round(page.heightPx * scale);
const lines = wrap(pageMarkdown(page));
const heightPx = Math.max(pageHeightPx, 2 * MARGIN_PX + lines.length * LINE_HEIGHT_PX);
const overlay = Buffer.from(
  `<svg xmlns="http://www.w3.org/2000/svg" width="${PAGE_WIDTH_PX + TEXT_WIDTH_PX}" height="${heightPx}">
    ${page.blocks.map(blockShapes).join('')}
    <rect x="${PAGE_WIDTH_PX}" width="${TEXT_WIDTH_PX}" height="100%" fill="#0d1117"/>
    ${lines.map(textLine).join('')}
  </svg>`,
);
mkdirSync(join(PICTURE, '..'), { recursive: true });
const { size } = await sharp(await render(page))
  .extend({ right: TEXT_WIDTH_PX, bottom: heightPx - pageHeightPx, background: 'white' })
  .composite([{ input: overlay }])
  .png({ palette: true, colors: 48, effort: 10 })
  .toFile(PICTURE);
console.error(`docs/images/reading.png: ${Math.round(size / 1000)} kB`);

async function read() {
  const engine = await openEngine({
    modelsDir: join(ROOT, 'models'),
    threads: 1,
    pageTimeoutMs: 60_000,
    memoryLimitBytes: 4e9,
    maxPagePixels: MAX_PAGE_PIXELS,
  });
  try {
    const options = { mode: 'auto', text_layer: 'ignore', word_boxes: false, tables: true };
    return await engine.read({ path: DOCUMENT, pageIndex: 0, options });
  } finally {
    await engine.close();
  }
}

/** The page's image as the engine saw it. */
async function render({ pageIndex, dpi }) {
  const document = await openDocument(DOCUMENT, { maxPagePixels: MAX_PAGE_PIXELS });
  const source = await document.openPage(pageIndex);
  const { data, width, height } = await source.pixels(dpi);
  source.close();
  document.close();
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(PAGE_WIDTH_PX, pageHeightPx)
    .png()
    .toBuffer();
}

/** A frame around the block, a tint on each of its lines, and its type beside it. */
function blockShapes({ type, rect, lines }) {
  const color = COLORS[type] ?? OTHER_COLOR;
  const [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map((px) => Math.round(px * scale));
  const tints = lines.map(({ quad }) => {
    const points = quad.map((point) => `${(point.x * scale).toFixed(1)},${(point.y * scale).toFixed(1)}`).join(' ');
    return `<polygon points="${points}" fill="${color}" fill-opacity="0.14"/>`;
  });
  return `${tints.join('')}
    <rect x="${x - 4}" y="${y - 4}" width="${width + 8}" height="${height + 8}" rx="3" fill="none" stroke="${color}" stroke-width="1.5"/>
    <text x="${x + width + 10}" y="${y + height / 2 + 4}" font-family="DejaVu Sans Mono, monospace" font-size="11" fill="${color}">${type}</text>`;
}

function textLine(line, index) {
  const y = MARGIN_PX + FONT_PX + index * LINE_HEIGHT_PX;
  const color = line.startsWith('#') ? '#ffa657' : '#e6edf3';
  return `<text x="${PAGE_WIDTH_PX + MARGIN_PX}" y="${y}" xml:space="preserve" font-family="DejaVu Sans Mono, monospace" font-size="${FONT_PX}" fill="${color}">${escapeXml(line)}</text>`;
}

/** Lines of at most `LINE_CHARACTERS`, broken between words. */
function wrap(text) {
  return text.split('\n').flatMap((paragraph) => {
    const lines = [''];
    for (const word of paragraph.split(' ')) {
      const longer = lines.at(-1) === '' ? word : `${lines.at(-1)} ${word}`;
      if (longer.length <= LINE_CHARACTERS) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
  });
}

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
