/** Tiny valid documents of every kind and most of their inner forms, for mutations to begin with. */
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { animation, frame, imageChunk, vp8x, webp } from './image-parts.mjs';
import { FIRST_FREE, flate, onePage, stream } from './pdf-parts.mjs';

const WIDTH = 64;
const HEIGHT = 32;
const WORDS = 'BT /F 12 Tf 10 50 Td (Harbour register of the town) Tj ET ';

/** Dark bars on white, so that there is something to find. */
function drawing(channels) {
  const data = Buffer.alloc(WIDTH * HEIGHT * channels, 255);
  for (let y = 8; y < 24; y += 1) {
    for (let x = 8; x < 56; x += 1)
      if (x % 6 < 2) data.fill(16, (y * WIDTH + x) * channels, (y * WIDTH + x + 1) * channels);
  }
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels } });
}

export async function pngSeeds() {
  return Promise.all([
    drawing(1).png().toBuffer(),
    drawing(3).png({ palette: true }).toBuffer(),
    drawing(4).png({ progressive: true }).toBuffer(),
    drawing(3).toColourspace('rgb16').withMetadata({ density: 200 }).png().toBuffer(),
  ]);
}

export async function jpegSeeds() {
  return Promise.all([
    drawing(3).jpeg().toBuffer(),
    drawing(1).jpeg({ progressive: true }).toBuffer(),
    drawing(3).toColourspace('cmyk').jpeg().toBuffer(),
    drawing(3).withMetadata({ orientation: 6, density: 200 }).jpeg({ chromaSubsampling: '4:4:4' }).toBuffer(),
  ]);
}

export async function tiffSeeds() {
  const kinds = ['none', 'lzw', 'deflate', 'packbits', 'jpeg'].map((compression) => drawing(3).tiff({ compression }));
  const fax = drawing(1).toColourspace('b-w').threshold().tiff({ compression: 'ccittfax4', bitdepth: 1 });
  const tiled = drawing(3).tiff({
    compression: 'lzw',
    predictor: 'horizontal',
    tile: true,
    tileWidth: 16,
    tileHeight: 16,
  });
  return Promise.all([...kinds, fax, tiled].map((image) => image.toBuffer()));
}

export async function webpSeeds() {
  const lossless = await drawing(4).webp({ lossless: true }).toBuffer();
  const size = { width: WIDTH, height: HEIGHT };
  const still = imageChunk(await drawing(3).webp({ lossless: true }).toBuffer());
  return [
    await drawing(3).webp().toBuffer(),
    await drawing(4).webp({ alphaQuality: 50 }).toBuffer(),
    lossless,
    webp([vp8x({ ...size, flags: 2 }), animation(), frame(still, size), frame(still, size)]),
  ];
}

export function pdfSeeds() {
  const image = flate(
    '/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8',
    Buffer.alloc(64, 128),
  );
  return [
    onePage({ content: WORDS }),
    onePage({ contents: flate('', WORDS.repeat(3)) }),
    onePage({
      content: `${WORDS} q 20 0 0 20 5 5 cm /I Do Q BI /W 2 /H 2 /BPC 8 /CS /G ID abcd EI`,
      resources: `/XObject << /I ${FIRST_FREE} 0 R >>`,
      objects: [image],
    }),
    onePage({
      content: `/X Do BT /T 9 Tf 10 20 Td (aa) Tj ET`,
      resources: `/XObject << /X ${FIRST_FREE} 0 R >> /Font << /F 4 0 R /T ${FIRST_FREE + 1} 0 R >>`,
      objects: [
        stream('/Type /XObject /Subtype /Form /BBox [0 0 200 100] /Resources << /Font << /F 4 0 R >> >>', WORDS),
        `<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [0.1 0 0 0.1 0 0] /FirstChar 97 /LastChar 97
         /Widths [9] /Encoding << /Differences [97 /a] >> /CharProcs << /a ${FIRST_FREE + 2} 0 R >> /Resources << >> >>`,
        stream('', '9 0 0 0 9 9 d1 0 0 8 8 re f'),
      ],
    }),
    onePage({
      content: `${WORDS} /Pattern cs /P scn 0 0 50 20 re f /S sh`,
      page: '/Rotate 90 /Annots [<< /Type /Annot /Subtype /Square /Rect [5 5 30 30] /C [1 0 0] >>]',
      resources: `/Pattern << /P ${FIRST_FREE} 0 R >> /Shading << /S << /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 9 9] /Function << /FunctionType 2 /Domain [0 1] /N 1 >> >> >>`,
      objects: [
        stream(
          '/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 5 5] /XStep 6 /YStep 6 /Resources << >>',
          '0 0 3 3 re f',
        ),
      ],
    }),
    compressed(),
  ];
}

/** Its objects are in an object stream, its cross references in a stream. */
function compressed() {
  const bodies = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 5 0 R /Resources << /Font << /F 4 0 R >> >> >>',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let offset = 0;
  const index = bodies.map((body, position) => {
    const entry = `${position + 1} ${offset}`;
    offset += body.length + 1;
    return entry;
  });
  const head = `${index.join(' ')} `;
  const contents = Buffer.concat([Buffer.from('%PDF-1.7\n5 0 obj\n'), flate('', WORDS), Buffer.from('\nendobj\n')]);
  const packed = flate(`/Type /ObjStm /N ${bodies.length} /First ${head.length}`, head + bodies.join(' '));
  const beforeTable = Buffer.concat([contents, Buffer.from('6 0 obj\n'), packed, Buffer.from('\nendobj\n')]);
  const row = (type, field, last) => [type, field >> 8, field & 0xff, last];
  const rows = [
    row(0, 0, 0),
    ...bodies.map((_, position) => row(2, 6, position)),
    row(1, 9, 0),
    row(1, contents.length, 0),
    row(1, beforeTable.length, 0),
  ];
  const table = stream(
    '/Type /XRef /Size 8 /Root 1 0 R /W [1 2 1] /Filter /FlateDecode',
    deflateSync(Buffer.from(rows.flat())),
  );
  return Buffer.concat([
    beforeTable,
    Buffer.from('7 0 obj\n'),
    table,
    Buffer.from(`\nendobj\nstartxref\n${beforeTable.length}\n%%EOF\n`),
  ]);
}

/** Bodies of submissions with the boundary `boundary`, that of `document` among them. */
export function formSeeds(boundary, document) {
  const part = (headers, body) =>
    Buffer.concat([Buffer.from(`--${boundary}\r\n${headers}\r\n\r\n`), body, Buffer.from('\r\n')]);
  const field = (name, value) => part(`Content-Disposition: form-data; name="${name}"`, Buffer.from(value));
  const file = part(
    'Content-Disposition: form-data; name="file"; filename="a.pdf"\r\nContent-Type: application/pdf',
    document,
  );
  const end = Buffer.from(`--${boundary}--\r\n`);
  return [
    Buffer.concat([file, end]),
    Buffer.concat([field('mode', 'fast'), file, field('pages', '1'), end]),
    Buffer.concat([field('text_layer', 'only'), field('dpi', '100'), field('languages', 'en,de'), file, end]),
  ];
}
