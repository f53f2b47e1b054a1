/** What the benchmark reads: pages of evaluation sets, where a folder of them is given, and pages that it sets itself. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import sharp from 'sharp';
import { findSets } from '../accuracy/sets.mjs';
import { fromRaw } from '../fixtures/scan.mjs';
import { rasterize, typeset } from '../fixtures/typeset.mjs';

/** Points. */
const A4 = { width: 595, height: 842 };
const SCAN_DPI = 200;

/**
 * @typedef {object} Kind of page
 * @property {string} id
 * @property {string} label
 * @property {readonly string[]} paths images of a page each
 * @property {string} figure of the scorer, that tells how well it was read
 * @property {string} truthFile of these pages alone
 */

const KINDS_OF_SETS = {
  funsd: { id: 'form', label: 'forms (FUNSD)', figure: 'word_f1_pooled' },
  sroie: { id: 'receipt', label: 'receipts (SROIE)', figure: 'word_f1_nocase_pooled' },
  unlv: { id: 'typed', label: 'noisy scans of typed pages (UNLV)', figure: 'word_f1_pooled' },
};

/**
 * @param {string | undefined} dir of evaluation sets
 * @param {string} folder for what is made
 * @param {number} pages at most, of a kind
 * @returns {Promise<Kind[]>} the last one of pages set here
 */
export async function pageKinds(dir, folder, pages) {
  const sets = dir === undefined ? [] : findSets(dir).filter(({ name }) => KINDS_OF_SETS[name] !== undefined);
  const ofSets = sets.map((set) => kindOfSet(set, join(folder, set.name), pages));
  return Promise.all([...ofSets, twoColumnKind(join(folder, 'two-column'), Math.min(pages, 6))]);
}

/** Evenly spread over the set. TIFF, which not every reader takes, becomes PNG for all. */
async function kindOfSet(set, folder, pages) {
  mkdirSync(folder, { recursive: true });
  const step = Math.max(1, set.truth.length / pages);
  const chosen = Array.from({ length: Math.min(pages, set.truth.length) }, (_, i) => set.truth[Math.floor(i * step)]);
  const copies = chosen.map((truth) => ({ ...truth, file: truth.file.replace(/\.tiff?$/i, '.png') }));
  for (const [index, { file }] of copies.entries()) {
    const source = join(set.folder, chosen[index].file);
    if (extname(source) === extname(file)) copyFileSync(source, join(folder, file));
    else await sharp(source).png().toFile(join(folder, file));
  }
  return { ...KINDS_OF_SETS[set.name], ...kindIn(folder, copies) };
}

async function twoColumnKind(folder, pages) {
  mkdirSync(folder, { recursive: true });
  const texts = Array.from({ length: pages }, (_, index) => twoColumnTexts(index));
  const pdf = typeset(texts.map(twoColumnPage));
  for (let index = 0; index < pages; index++) {
    await fromRaw(rasterize(pdf, index, SCAN_DPI))
      .png()
      .toFile(join(folder, `page-${index}.png`));
  }
  const truth = texts.map((columns, index) => ({ file: `page-${index}.png`, text: columns.flat().join('\n') }));
  return {
    id: 'two-column',
    label: `clean, dense pages of two columns, set here, ${SCAN_DPI} dpi`,
    figure: 'word_f1_pooled',
    ...kindIn(folder, truth),
  };
}

function kindIn(folder, truth) {
  const truthFile = join(folder, 'gt.jsonl');
  writeFileSync(truthFile, truth.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return { paths: truth.map(({ file }) => join(folder, file)), truthFile };
}

/** A born-digital PDF of dense pages. @returns {string} its path */
export function bornDigitalPdf(folder, pages) {
  const path = join(folder, `born-digital-${pages}.pdf`);
  writeFileSync(path, typeset(Array.from({ length: pages }, (_, index) => twoColumnPage(twoColumnTexts(index)))));
  return path;
}

/** A scan of dense pages as one PDF without a text layer. @returns {Promise<string>} its path */
export async function scannedPdf(folder, pages) {
  const path = join(folder, `scanned-${pages}.pdf`);
  const pdf = typeset(Array.from({ length: pages }, (_, index) => twoColumnPage(twoColumnTexts(index))));
  const specs = [];
  for (let index = 0; index < pages; index++) {
    specs.push({
      ...A4,
      frames: [],
      image: await fromRaw(rasterize(pdf, index, SCAN_DPI))
        .jpeg()
        .toBuffer(),
    });
  }
  writeFileSync(path, typeset(specs));
  return path;
}

/** One page with so many lines of text, all of them as long. @returns {Promise<string>} its path */
export async function pageOfLines(folder, lines) {
  const blocks = [
    { type: 'text', text: Array.from({ length: lines }, (_, i) => words(8, i)).join('\n'), style: { size: 7 } },
  ];
  const pdf = typeset([{ ...A4, frames: [{ x: 60, y: 40, width: 480, blocks }] }]);
  const path = join(folder, `lines-${lines}.png`);
  await fromRaw(rasterize(pdf, 0, SCAN_DPI))
    .png()
    .toFile(path);
  return path;
}

/** Paragraphs by column; no two pages are the same. */
function twoColumnTexts(pageIndex) {
  return [0, 1].map((column) =>
    Array.from({ length: 9 }, (_, paragraph) => words(52, 1000 * pageIndex + 100 * column + paragraph)),
  );
}

function twoColumnPage(columns) {
  const frames = columns.map((texts, column) => ({
    x: 45 + column * 260,
    y: 45,
    width: 245,
    blocks: texts.map((text) => ({ type: 'text', text, style: { size: 9, above: 6 } })),
  }));
  return { ...A4, frames };
}

const VOCABULARY = `account after again along answer before between board bridge captain carried certain clear coast
  company copper could country course design during early engine evening every father field figure first follow garden
  general great ground harbour heavy history however island journal keeper kitchen labour ladder letter light little
  lumber market master matter measure minute monday morning mountain narrow nothing number october office orchard order
  other outside paper people picture plain point quarter question railway rather record report river season second
  seven several should silver simple south spring station still street summer supper table thirty timber toward under
  until upper valley vessel village water weather western whether window winter within wonder worker written yellow`
  .trim()
  .split(/\s+/);

/** A sentence of so many words, the same for the same seed (linear congruential generator, Numerical Recipes, 7.1). */
function words(count, seed) {
  let state = (seed + 1) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return VOCABULARY[(state >>> 16) % VOCABULARY.length];
  };
  next();
  const text = Array.from({ length: count }, next).join(' ');
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
