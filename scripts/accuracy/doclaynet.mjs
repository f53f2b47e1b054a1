/**
 * Our blocks in the terms of DocLayNet (Pfitzmann et al., 2022), whose truth has a box for each item of a list, where a
 * block of ours is the whole list: a list counts as its items, as its Markdown shows them, and what stands before or
 * behind them as text.
 */
import { listParts } from '../../dist/export/lists.js';
import { blockRows } from '../../dist/export/rows.js';

/** Our types in DocLayNet's words. */
const DOCLAYNET_TYPES = {
  title: 'Title',
  heading: 'Section-header',
  text: 'Text',
  form_field: 'Text',
  list: 'List-item',
  reference: 'List-item',
  table: 'Table',
  figure: 'Picture',
  seal: 'Picture',
  caption: 'Caption',
  header: 'Page-header',
  footer: 'Page-footer',
  footnote: 'Footnote',
  equation: 'Formula',
};

/**
 * @param {object} page an entry of a job's `results`
 * @param {readonly [number, number]} size of the page in points
 * @returns {import('./block-f1.mjs').TypedBox[]}
 */
export function docLayNetBlocks(
  { content_blocks: blocks, document_metadata: { page_dimensions: px } },
  [width, height],
) {
  const points = ([left, top, right, bottom]) => [left * width, top * height, right * width, bottom * height];
  return blocks.flatMap((block) => {
    const { x, y, width: w, height: h } = block.geometry;
    if (block.type !== 'list') return [{ type: DOCLAYNET_TYPES[block.type], bbox: points([x, y, x + w, y + h]) }];
    return partsOfList(block, px).map(({ type, rows }) => ({ type, bbox: points(extent(rows, px)) }));
  });
}

/** In pixels, as the functions of the export take lines. */
function partsOfList(block, px) {
  const lines = block.lines.map(({ text, polygon }) => ({
    text,
    quad: polygon.map(([x, y]) => ({ x: x * px.width, y: y * px.height })),
  }));
  const { lead, items, tail } = listParts(blockRows({ lines }), true);
  return [
    { type: 'Text', rows: lead },
    ...items.map(({ rows }) => ({ type: 'List-item', rows })),
    { type: 'Text', rows: tail },
  ].filter(({ rows }) => rows.length > 0);
}

function extent(rows, px) {
  return [
    Math.min(...rows.map((row) => row.left)) / px.width,
    Math.min(...rows.map((row) => row.top)) / px.height,
    Math.max(...rows.map((row) => row.right)) / px.width,
    Math.max(...rows.map((row) => row.bottom)) / px.height,
  ];
}
