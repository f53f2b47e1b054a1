/**
 * Makes test/fixtures/documents/: documents of every supported kind with known text, and truth.json, which says what
 * each page holds, block by block in reading order. The words are our own. A second run gives the same bytes, but for
 * encrypted.pdf, whose keys are random; it is kept where it is there.
 *
 *     npm run fixtures
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { fromRaw, scanned } from './fixtures/scan.mjs';
import { rasterize, typeset } from './fixtures/typeset.mjs';

const FOLDER = fileURLToPath(new URL('../test/fixtures/documents', import.meta.url));
const A4 = { width: 595, height: 842 };
const NOTE = { width: 360, height: 200 };
const ENCRYPTED_PASSWORD = 'harbour-42';

const LETTER = [
  { type: 'title', text: 'Harbour Library Newsletter' },
  {
    type: 'text',
    text: 'The reading room opens again on the second of March after eleven weeks of repairs. The roof no longer leaks, the lamps are new, and the long oak tables have been sanded and oiled.',
  },
  { type: 'heading', text: 'What has changed' },
  {
    type: 'text',
    text: 'Readers now enter through the east door. Lockers stand to the left of the stairs; a one euro coin opens them. Laptops may be used on every table except those marked with a green card.',
  },
  { type: 'list', text: '- Monday to Friday: 9:00 to 18:30' },
  { type: 'list', text: '- Saturday: 10:00 to 14:00' },
  { type: 'list', text: '- Sunday: closed' },
  { type: 'heading', text: 'Visitors from abroad' },
  {
    type: 'text',
    text: 'Für Gäste aus Köln und Zürich gibt es eine Führung in deutscher Sprache; sie beginnt täglich um zwölf Uhr. Les élèves français sont priés de réserver à l’avance: la salle n’a que trente places.'.replaceAll(
      '’',
      "'",
    ),
  },
  { type: 'text', text: 'Questions? Write to desk@harbour-library.example or call 555 0142.' },
];

const ARTICLE_LEFT = [
  { type: 'heading', text: '1 Introduction' },
  {
    type: 'text',
    text: 'Tide gauges record the height of the sea at one place. A single gauge drifts as its piles sink into the mud, so neighbours must be compared before a trend can be trusted.',
  },
  {
    type: 'text',
    text: 'We compared nine gauges along one estuary for thirty months. Each was read every six minutes, which gives about two million readings in all.',
  },
  { type: 'heading', text: '2 Method' },
  {
    type: 'text',
    text: 'Readings were averaged over an hour. The median of the differences between two neighbours was removed, and what remained was fitted by a straight line.',
  },
];
const ARTICLE_RIGHT = [
  { type: 'heading', text: '3 Results' },
  {
    type: 'text',
    text: 'Seven gauges agree within two millimetres a year. The gauge at the ferry pier sinks by eleven millimetres a year, and the one below the weir rises slowly in winter.',
  },
  { type: 'heading', text: '4 Conclusion' },
  {
    type: 'text',
    text: 'A cheap gauge is good enough if it has neighbours. We suggest to place them no more than four kilometres apart and to survey the piles once in five years.',
  },
];

const SCAN = [
  { type: 'title', text: 'Meeting of the Garden Society' },
  {
    type: 'text',
    text: 'Present were fourteen members and two guests. The minutes of the last meeting were read and approved without change.',
  },
  { type: 'heading', text: 'Treasurer' },
  {
    type: 'text',
    text: 'The balance on 30 June was 1,284.50. The new greenhouse cost 946.00, of which 300.00 were given by the town.',
  },
  { type: 'heading', text: 'Plans' },
  {
    type: 'text',
    text: 'The apple trees near the gate will be pruned in February. Seeds are shared on the first Sunday of April; please bring paper bags and a pencil.',
  },
];

const RECEIPT = [
  'CORNER BAKERY',
  '12 Mill Lane',
  'Receipt 004718',
  '2 Rye bread       7.80',
  '1 Plum cake       4.25',
  '3 Rolls           2.10',
  'TOTAL            14.15',
  'CASH             20.00',
  'CHANGE            5.85',
  'Thank you',
];

const TABLE = {
  type: 'table',
  columnWidths: [150, 90, 90, 90],
  rows: [
    ['Station', 'Depth', 'Salinity', 'Samples'],
    ['North buoy', '12.4 m', '31.2', '148'],
    ['Ferry pier', '6.8 m', '27.9', '203'],
    ['Old weir', '2.1 m', '9.6', '96'],
    ['Lagoon', '3.5 m', '34.0', '57'],
  ],
};
const TABLE_PAGE = [
  { type: 'title', text: 'Water samples of the estuary' },
  { type: 'text', text: 'Salinity is given in grams of salt for each kilogram of water.' },
  TABLE,
  { type: 'text', text: 'All samples were taken at low tide.' },
];

const CHINESE = ['图书馆通知', '阅览室将于三月二日重新开放。', '开放时间：上午九点至下午六点。'];

const plain = (lines, style) => lines.map((text) => ({ type: 'text', text, style }));
const margin = { x: 72, y: 64, width: A4.width - 144 };
const page = (blocks, size = A4, frame = margin) => ({ ...size, frames: [{ ...frame, blocks }] });
const note = (...lines) => page(plain(lines, { font: 'sans', size: 15 }), NOTE, { x: 28, y: 28, width: 310 });

const documents = [];

/** @param {readonly (readonly object[])[]} pages the blocks of each page, in reading order */
function add(file, bytes, pages, more = {}) {
  const truth = pages.map((blocks) => ({
    blocks: blocks.map(({ type, text, rows }) => (rows === undefined ? { type, text } : { type, rows })),
  }));
  documents.push({ file, bytes, truth: { ...more, pages: truth } });
}

function pictureOf(spec, dpi) {
  return rasterize(typeset([spec]), 0, dpi);
}

const blocksOf = (spec) => spec.frames.flatMap(({ blocks }) => blocks);

async function makeDocuments() {
  const letter = page(LETTER);
  add('letter.pdf', typeset([letter]), [LETTER]);

  const columnWidth = 215;
  const article = {
    ...A4,
    frames: [
      { x: 60, y: 60, width: 475, blocks: [{ type: 'title', text: 'Nine tide gauges in one estuary' }] },
      { x: 60, y: 110, width: columnWidth, blocks: ARTICLE_LEFT },
      { x: 320, y: 110, width: columnWidth, blocks: ARTICLE_RIGHT },
    ],
  };
  add('two-columns.pdf', typeset([article]), [blocksOf(article)]);

  const scan = await scanned(pictureOf(page(SCAN), 150), { skewDegrees: 0.7, blurSigma: 0.7, noise: 10, seed: 1 });
  const scanJpeg = await fromRaw(scan).grayscale().jpeg({ quality: 60 }).toBuffer();
  add('scan.pdf', typeset([{ ...A4, frames: [], image: scanJpeg }]), [SCAN]);

  const receipt = page(
    plain(RECEIPT, { font: 'mono', size: 11, above: 3 }),
    { width: 220, height: 230 },
    { x: 24, y: 18, width: 180 },
  );
  const receiptScan = await scanned(pictureOf(receipt, 170), { skewDegrees: -0.9, blurSigma: 0.8, noise: 14, seed: 2 });
  add('receipt.png', await fromRaw(receiptScan).grayscale().png({ palette: true, colours: 32 }).toBuffer(), [
    blocksOf(receipt),
  ]);

  const photo = note('Meet at the north gate', 'on Friday at half past six.', 'Bring a lamp and good shoes.');
  const turned = await fromRaw(pictureOf(photo, 150))
    .rotate(270)
    .jpeg({ quality: 85 })
    .withMetadata({ orientation: 6 })
    .toBuffer();
  add('exif-orientation-6.jpg', turned, [blocksOf(photo)]);

  const first = note('First of two pages', 'The key is under the blue pot.');
  const second = note('Second of two pages', 'Water the ferns on Tuesday.');
  const sheets = await Promise.all([first, second].map((spec) => fromRaw(pictureOf(spec, 150)).png().toBuffer()));
  const tiff = await sharp(sheets, { join: { animated: true } })
    .grayscale()
    .tiff({ compression: 'deflate' })
    .toBuffer();
  add('two-pages.tiff', tiff, [blocksOf(first), blocksOf(second)]);

  const webp = note('Lost: one gray glove', 'near the tram stop at Elm Street.');
  add('note.webp', await fromRaw(pictureOf(webp, 150)).webp({ quality: 80 }).toBuffer(), [blocksOf(webp)]);

  const deep = note('Sixteen bits a sample', 'Exposure 1/250 s, aperture f/8.');
  const gray16 = await fromRaw(pictureOf(deep, 150)).toColourspace('grey16').png().toBuffer();
  add('gray-16-bit.png', gray16, [blocksOf(deep)]);

  const clear = note('Drawn on clear film', 'Nothing but ink is opaque here.');
  add('alpha.png', await inkOnly(pictureOf(clear, 150)), [blocksOf(clear)]);

  const print = note('Four inks: cyan, magenta,', 'yellow and black.');
  const cmyk = await fromRaw(pictureOf(print, 150)).toColourspace('cmyk').jpeg({ quality: 85 }).toBuffer();
  add('cmyk.jpg', cmyk, [blocksOf(print)]);

  const sideways = note('This page is stored sideways', 'and shown upright by a quarter turn.');
  add('rotated-90.pdf', typeset([{ ...sideways, storedSideways: true }]), [blocksOf(sideways)]);

  const secret = note('Only with the password', 'can this page be read.');
  const lock = `compress,garbage,encrypt=rc4-128,user-password=${ENCRYPTED_PASSWORD},owner-password=${ENCRYPTED_PASSWORD}`;
  add('encrypted.pdf', typeset([secret], lock), [blocksOf(secret)], { password: ENCRYPTED_PASSWORD });

  const seen = note('The picture says seven boats', 'lie in the outer harbour.');
  const selectable = note('Xq zzyv ttrp kwmm bbnd', 'vvgh pplk qwrt zzxc.');
  const picture = await fromRaw(pictureOf(seen, 150)).grayscale().jpeg({ quality: 75 }).toBuffer();
  add('wrong-text-layer.pdf', typeset([{ ...selectable, invisible: true, image: picture }]), [blocksOf(seen)], {
    textLayer: blocksOf(selectable).map(({ text }) => text),
  });

  const table = page(TABLE_PAGE);
  add('table.pdf', typeset([table]), [TABLE_PAGE]);
  const low = { ...table, height: 300 };
  add('table.png', await fromRaw(pictureOf(low, 150)).grayscale().png().toBuffer(), [TABLE_PAGE]);

  const small = { font: 'sans', size: 7 };
  const posterBlocks = [
    { type: 'text', text: 'OPEN', style: { font: 'sansBold', size: 130, above: 0 } },
    ...plain(['Tickets are sold at the door until seven.', 'Children under twelve pay half, dogs nothing.'], small),
  ];
  const poster = page(posterBlocks, { width: 420, height: 230 }, { x: 24, y: 10, width: 380 });
  add('poster.png', await fromRaw(pictureOf(poster, 150)).grayscale().png().toBuffer(), [posterBlocks]);

  const chinese = page(plain(CHINESE, { font: 'chinese', size: 16 }), NOTE, { x: 28, y: 28, width: 320 });
  add('chinese.png', await fromRaw(pictureOf(chinese, 150)).grayscale().png().toBuffer(), [blocksOf(chinese)]);
}

/** Black ink whose opacity is what the page's darkness was. */
async function inkOnly(picture) {
  const darkness = await fromRaw(picture).grayscale().negate().raw().toBuffer();
  const { width, height } = picture;
  return sharp({ create: { width, height, channels: 3, background: '#000' } })
    .joinChannel(darkness, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}

await makeDocuments();
mkdirSync(FOLDER, { recursive: true });
for (const { file, bytes } of documents) {
  if (file === 'encrypted.pdf' && existsSync(join(FOLDER, file))) continue;
  writeFileSync(join(FOLDER, file), bytes);
  console.error(`${file} ${bytes.length} bytes`);
}
const truth = Object.fromEntries(documents.map(({ file, truth }) => [file, truth]));
writeFileSync(join(FOLDER, 'truth.json'), `${JSON.stringify(truth, null, 2)}\n`);
