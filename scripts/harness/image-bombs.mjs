/** Images made to exhaust whoever decodes them: small files that claim or unpack to very much, or never end. */
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import {
  animation,
  blackRows,
  frame,
  grayPage,
  imageChunk,
  jpegFrame,
  jpegScans,
  jpegSegment,
  png,
  pngChunk,
  riffChunk,
  scannedJpeg,
  TIFF,
  tiff,
  vp8x,
  webp,
} from './image-parts.mjs';
import { deflatedZeros } from './pdf-parts.mjs';

const GIB = 1024 ** 3;
const tinyRows = pngChunk('IDAT', deflateSync(Buffer.from([0, 0])));
const tiny = { width: 1, height: 1 };
const SOI = Buffer.from([0xff, 0xd8]);
const EOI = Buffer.from([0xff, 0xd9]);
const scanHeader = jpegSegment(0xda, Buffer.from([1, 1, 0, 0, 63, 0]));

const blank = (width, height) =>
  sharp({ create: { width, height, channels: 3, background: '#fff' }, limitInputPixels: false });
const plainJpeg = (width, height) => blank(width, height).jpeg({ quality: 60 }).toBuffer();

/** A gray JPEG of one color, made without its pixels: six bits a block of 8 × 8 in the standard Huffman tables. */
async function evenJpeg(width, height) {
  const one = await blank(8, 8).toColourspace('b-w').jpeg({ optimizeCoding: false }).toBuffer();
  const [scan] = jpegScans(one);
  const head = Buffer.from(one.subarray(0, scan.from + 2 + one.readUInt16BE(scan.from + 2)));
  const frameAt = head.indexOf(Buffer.from([0xff, 0xc0])) + 5;
  head.writeUInt16BE(height, frameAt);
  head.writeUInt16BE(width, frameAt + 2);
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  return Buffer.concat([head, Buffer.alloc(Math.ceil((blocks * 6) / 8), Buffer.from([0x28, 0xa2, 0x8a])), EOI]);
}

/** One color, 16,383 pixels square, in 18 bytes. */
const EVEN_VP8L = Buffer.from('L/6//w8H0P/+97//gYjofwA=', 'base64');

const tinyWebp = async () => imageChunk(await blank(1, 1).webp({ lossless: true }).toBuffer());
const profiled = (data) => Buffer.concat([Buffer.from('profile\0\0', 'latin1'), data]);

/** Each has a name and gives its bytes, or a promise of them. */
export const IMAGE_BOMBS = [
  // PNG
  ['png-header-65000-square', () => png({ width: 65_000, height: 65_000, color: 2 }, tinyRows)],
  ['png-header-2-31', () => png({ width: 2 ** 31 - 1, height: 2 ** 31 - 1 }, tinyRows)],
  ['png-0x0', () => png({ width: 0, height: 0 }, tinyRows)],
  ['png-one-column-1e9', () => png({ width: 1, height: 1_000_000_000 }, tinyRows)],
  [
    'png-400-megapixels-of-1-bit',
    () => png({ width: 20_000, height: 20_000, bits: 1 }, blackRows({ width: 20_000, height: 20_000, bits: 1 })),
  ],
  [
    'png-300-megapixels-of-1-bit',
    () => png({ width: 17_300, height: 17_300, bits: 1 }, blackRows({ width: 17_300, height: 17_300, bits: 1 })),
  ],
  [
    'png-interlaced-16-bit-rgba',
    () =>
      png(
        { width: 6_000, height: 6_000, bits: 16, color: 6, interlaced: true },
        pngChunk('IDAT', deflatedZeros(6_000 * 6_001 * 8)),
      ),
  ],
  ['png-strip-60000x16', () => png({ width: 60_000, height: 16 }, blackRows({ width: 60_000, height: 16 }))],
  ['png-1-gib-behind-its-rows', () => png(tiny, pngChunk('IDAT', deflatedZeros(GIB)))],
  ['png-ztxt-1-gib', () => png(tiny, pngChunk('zTXt', profiled(deflatedZeros(GIB))), tinyRows)],
  ['png-iccp-1-gib', () => png(tiny, pngChunk('iCCP', profiled(deflatedZeros(GIB))), tinyRows)],
  [
    'png-itxt-1-gib',
    () =>
      png(
        tiny,
        pngChunk('iTXt', Buffer.concat([Buffer.from('k\0\x01\0\0\0', 'latin1'), deflatedZeros(GIB)])),
        tinyRows,
      ),
  ],
  ['png-100000-text-chunks', () => png(tiny, ...Array(100_000).fill(pngChunk('tEXt', Buffer.from('k\0v'))), tinyRows)],
  ['png-100000-empty-idat', () => png(tiny, ...Array(100_000).fill(pngChunk('IDAT')), tinyRows)],
  ['png-chunk-length-lies', () => png(tiny, pngChunk('tEXt', Buffer.from('k\0v'), 0xffffffff), tinyRows)],
  [
    'png-palette-missing',
    () => png({ width: 64, height: 64, color: 3 }, blackRows({ width: 64, height: 64, color: 3 })),
  ],
  [
    'png-palette-of-5000',
    () =>
      png(
        { width: 64, height: 64, color: 3 },
        pngChunk('PLTE', Buffer.alloc(15_000)),
        blackRows({ width: 64, height: 64 }),
      ),
  ],
  [
    'png-truncated',
    () => png({ width: 4_000, height: 4_000 }, blackRows({ width: 4_000, height: 4_000 })).subarray(0, 8_000),
  ],
  [
    'png-animated-10000-frames',
    () =>
      png(
        tiny,
        pngChunk('acTL', Buffer.from([0, 0, 0x27, 0x10, 0, 0, 0, 0])),
        ...Array(10_000).fill(pngChunk('fcTL', Buffer.alloc(26))),
        tinyRows,
      ),
  ],

  // JPEG
  [
    'jpeg-header-65535-square',
    () => Buffer.concat([SOI, jpegFrame({ width: 65_535, height: 65_535 }), scanHeader, EOI]),
  ],
  [
    'jpeg-progressive-header-65535',
    () =>
      Buffer.concat([SOI, jpegFrame({ marker: 0xc2, width: 65_535, height: 65_535, components: 3 }), scanHeader, EOI]),
  ],
  ['jpeg-height-0', () => Buffer.concat([SOI, jpegFrame({ width: 64, height: 0 }), scanHeader, EOI])],
  [
    'jpeg-255-components',
    () => Buffer.concat([SOI, jpegFrame({ width: 64, height: 64, components: 255 }), scanHeader, EOI]),
  ],
  [
    'jpeg-arithmetic',
    () =>
      Buffer.concat([
        SOI,
        jpegFrame({ marker: 0xc9, width: 8_000, height: 8_000 }),
        scanHeader,
        Buffer.alloc(64, 0x55),
        EOI,
      ]),
  ],
  [
    'jpeg-lossless',
    () => Buffer.concat([SOI, jpegFrame({ marker: 0xc3, width: 8_000, height: 8_000 }), scanHeader, EOI]),
  ],
  [
    'jpeg-tables-missing',
    () => Buffer.concat([SOI, jpegFrame({ width: 5_000, height: 5_000 }), scanHeader, Buffer.alloc(1000), EOI]),
  ],
  ['jpeg-1000-scans', () => scannedJpeg(2_000, 2_000, 1_000)],
  ['jpeg-99-scans-of-36-megapixels', () => scannedJpeg(6_000, 6_000, 99)],
  ['jpeg-99-scans-of-300-megapixels', () => scannedJpeg(17_300, 17_300, 99)],
  ['jpeg-289-megapixels', () => evenJpeg(17_000, 17_000)],
  ['jpeg-65500-wide-strip', () => plainJpeg(65_500, 8)],
  ['jpeg-truncated', async () => (await plainJpeg(3_000, 3_000)).subarray(0, 20_000)],
  [
    'jpeg-500-icc-segments',
    async () => {
      const file = await plainJpeg(64, 64);
      const part = jpegSegment(
        0xe2,
        Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\xff', 'latin1'), Buffer.alloc(65_000)]),
      );
      return Buffer.concat([SOI, ...Array(500).fill(part), file.subarray(2)]);
    },
  ],
  [
    'jpeg-200000-comments',
    async () =>
      Buffer.concat([
        SOI,
        ...Array(200_000).fill(jpegSegment(0xfe, Buffer.alloc(2))),
        (await plainJpeg(64, 64)).subarray(2),
      ]),
  ],
  [
    'jpeg-exif-cycle',
    async () => {
      const exif = tiff([{ tags: { 274: 6, 34665: ({ directory }) => directory(0) }, next: 0 }]);
      return Buffer.concat([
        SOI,
        jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif])),
        (await plainJpeg(64, 64)).subarray(2),
      ]);
    },
  ],
  [
    'jpeg-restart-flood',
    () =>
      Buffer.concat([
        SOI,
        jpegFrame({ width: 8_000, height: 8_000 }),
        jpegSegment(0xdd, Buffer.from([0, 1])),
        scanHeader,
        Buffer.from(Array.from({ length: 400_000 }, (_, i) => [0xff, 0xd0 + (i % 8)]).flat()),
        EOI,
      ]),
  ],

  // TIFF
  [
    'tiff-directory-cycle',
    () => tiff([{ tags: grayPage({ width: 8, height: 8, bytes: 64 }), next: 0 }], Buffer.alloc(64)),
  ],
  [
    'tiff-directory-cycle-of-20',
    () =>
      tiff(
        Array.from({ length: 20 }, (_, i) => ({
          tags: grayPage({ width: 8, height: 8, bytes: 64 }),
          next: (i + 1) % 20,
        })),
        Buffer.alloc(64),
      ),
  ],
  [
    'tiff-65000-pages',
    () => tiff(Array(65_000).fill({ tags: grayPage({ width: 1, height: 1, bytes: 1 }) }), Buffer.alloc(64)),
  ],
  [
    'tiff-65000-pages-the-last-asked-for',
    () => tiff(Array(65_000).fill({ tags: grayPage({ width: 1, height: 1, bytes: 1 }) }), Buffer.alloc(64)),
    { pages: '65000' },
  ],
  [
    'tiff-2-32-wide',
    () => tiff([{ tags: grayPage({ width: 0xffffffff, height: 0xffffffff, bytes: 64 }) }], Buffer.alloc(64)),
  ],
  [
    'tiff-65535-square',
    () => tiff([{ tags: grayPage({ width: 65_535, height: 65_535, bytes: 64 }) }], Buffer.alloc(64)),
  ],
  [
    'tiff-300-megapixels-deflated',
    () => {
      const data = deflatedZeros(17_300 * 17_300);
      return tiff([{ tags: grayPage({ width: 17_300, height: 17_300, bytes: data.length, compression: 8 }) }], data);
    },
  ],
  [
    'tiff-1-gib-in-a-small-strip',
    () => {
      const data = deflatedZeros(GIB);
      return tiff([{ tags: grayPage({ width: 64, height: 64, bytes: data.length, compression: 8 }) }], data);
    },
  ],
  [
    'tiff-rows-per-strip-0',
    () => tiff([{ tags: { ...grayPage({ width: 64, height: 64, bytes: 64 }), 278: 0 } }], Buffer.alloc(64)),
  ],
  [
    'tiff-2-31-strips',
    () =>
      tiff(
        [
          {
            tags: {
              ...grayPage({ width: 64, height: 64, bytes: 64 }),
              273: { type: TIFF.long, values: [8, 8], count: 2 ** 31 },
            },
          },
        ],
        Buffer.alloc(64),
      ),
  ],
  [
    'tiff-65535-samples',
    () =>
      tiff(
        [{ tags: { ...grayPage({ width: 64, height: 64, bytes: 64 }), 277: { type: TIFF.short, values: [65_535] } } }],
        Buffer.alloc(64),
      ),
  ],
  [
    'tiff-tiles-of-65536',
    () => {
      const { 273: _, 278: __, 279: ___, ...tags } = grayPage({ width: 64, height: 64, bytes: 64 });
      return tiff(
        [{ tags: { ...tags, 322: 65_536, 323: 65_536, 324: ({ data }) => data, 325: 64 } }],
        Buffer.alloc(64),
      );
    },
  ],
  [
    'tiff-million-tiles',
    () => {
      const { 273: _, 278: __, 279: ___, ...tags } = grayPage({ width: 16_000, height: 16_000, bytes: 64 });
      return tiff(
        [
          {
            tags: {
              ...tags,
              322: 16,
              323: 16,
              324: { type: TIFF.long, values: Array(1_000_000).fill(8) },
              325: { type: TIFF.long, values: Array(1_000_000).fill(256) },
            },
          },
        ],
        Buffer.alloc(256),
      );
    },
  ],
  [
    'tiff-sub-directory-cycle',
    () =>
      tiff(
        [{ tags: { ...grayPage({ width: 8, height: 8, bytes: 64 }), 330: ({ directory }) => directory(0) } }],
        Buffer.alloc(64),
      ),
  ],
  [
    'tiff-icc-of-1-gib',
    () =>
      tiff(
        [
          {
            tags: {
              ...grayPage({ width: 8, height: 8, bytes: 64 }),
              34675: { type: TIFF.undefined, values: [1, 2, 3, 4, 5, 6, 7, 8], count: GIB },
            },
          },
        ],
        Buffer.alloc(64),
      ),
  ],
  [
    'tiff-lzw-noise',
    () =>
      tiff(
        [{ tags: grayPage({ width: 4_000, height: 4_000, bytes: 60_000, compression: 5 }) }],
        Buffer.alloc(60_000, 0xa7),
      ),
  ],
  [
    'tiff-fax-of-60000-rows',
    () =>
      tiff(
        [
          {
            tags: {
              ...grayPage({ width: 60_000, height: 5_000, bytes: 5_000, compression: 4 }),
              258: { type: TIFF.short, values: [1] },
            },
          },
        ],
        Buffer.alloc(5_000, 0xff),
      ),
  ],
  [
    'tiff-jpeg-tables-of-noise',
    () =>
      tiff(
        [
          {
            tags: {
              ...grayPage({ width: 4_000, height: 4_000, bytes: 64, compression: 7 }),
              347: { type: TIFF.undefined, values: Array(300).fill(0xff) },
            },
          },
        ],
        Buffer.alloc(64, 0xff),
      ),
  ],
  [
    'tiff-64-bit-counts',
    () => {
      const file = Buffer.alloc(64);
      file.write('II+\0', 'latin1');
      file.writeUInt16LE(8, 4);
      file.writeBigUInt64LE(16n, 8);
      file.writeBigUInt64LE(2n ** 63n, 16);
      return file;
    },
  ],
  ['tiff-empty-directory', () => tiff([{ tags: {} }])],

  // WebP
  ['webp-canvas-without-frame', () => webp([vp8x({ width: 16_384, height: 16_384, flags: 0 })])],
  ['webp-canvas-2-24', () => webp([vp8x({ width: 2 ** 24, height: 2 ** 24, flags: 2 }), animation()])],
  [
    'webp-20000-frames',
    async () => {
      const image = await tinyWebp();
      return webp([vp8x({ width: 1, height: 1, flags: 2 }), animation(), ...Array(20_000).fill(frame(image, tiny))]);
    },
  ],
  [
    'webp-large-canvas-3000-frames',
    async () => {
      const image = await tinyWebp();
      return webp([
        vp8x({ width: 16_000, height: 16_000, flags: 2 }),
        animation(),
        ...Array(3_000).fill(frame(image, tiny)),
      ]);
    },
  ],
  ['webp-lossless-16383-square', () => webp([riffChunk('VP8L', EVEN_VP8L)])],
  ['webp-lossless-header-only', () => webp([riffChunk('VP8L', Buffer.from([0x2f, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0]))])],
  ['webp-riff-length-lies', async () => webp([await tinyWebp()], 0xfffffff0)],
  [
    'webp-chunk-length-lies',
    async () => webp([vp8x({ ...tiny, flags: 32 }), riffChunk('ICCP', Buffer.alloc(8), 0xfffffff0), await tinyWebp()]),
  ],
  [
    'webp-100000-unknown-chunks',
    async () =>
      webp([vp8x({ ...tiny, flags: 0 }), ...Array(100_000).fill(riffChunk('junk', Buffer.alloc(2))), await tinyWebp()]),
  ],
];
