/** PDFs made to exhaust whoever reads them: cycles, towers of references, counts that lie, streams that unpack for ever. */
import { deflateSync } from 'node:zlib';
import { scannedJpeg, u32be } from './image-parts.mjs';
import { deflatedZeros, FIRST_FREE, flate, onePage, pdf, stream } from './pdf-parts.mjs';

const GIB = 1024 ** 3;
const CATALOG = '<< /Type /Catalog /Pages 2 0 R >>';
const WORDS = 'BT /F 12 Tf 10 50 Td (Harbour register) Tj ET ';
const form = (resources, content) =>
  stream(`/Type /XObject /Subtype /Form /BBox [0 0 200 100] /Resources << ${resources} >>`, content);

/** Objects of which each draws the next one `fan` times; the first is number `FIRST_FREE`. */
function tower(levels, fan, make) {
  return Array.from({ length: levels }, (_, level) =>
    level + 1 < levels ? make(FIRST_FREE + level + 1, fan) : make(undefined, 0),
  );
}

/** A page that shows one image, given as its stream object. */
const imagePage = (image) =>
  onePage({
    content: 'q 200 0 0 100 0 0 cm /I Do Q',
    resources: `/XObject << /I ${FIRST_FREE} 0 R >>`,
    objects: [image],
  });
const imageEntries = (width, height, more = '') =>
  `/Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceGray /BitsPerComponent 8 ${more}`;

/** An embedded JBIG2 stream: a page of the given size, and a generic region that claims to fill it. */
function jbig2(width, height) {
  const segment = (number, flags, data) =>
    Buffer.concat([u32be(number), Buffer.from([flags, 0, 1]), u32be(data.length), data]);
  const page = segment(0, 0x30, Buffer.concat([u32be(width, height, 0, 0), Buffer.from([0, 0, 0])]));
  const region = Buffer.concat([
    u32be(width, height, 0, 0),
    Buffer.from([0, 0, 3, 255, 253, 255, 2, 254, 254, 254]),
    Buffer.alloc(64, 0x5a),
  ]);
  return Buffer.concat([page, segment(1, 0x26, region)]);
}

/** A JPEG 2000 codestream without data: `size` pixels square in tiles of `tile`. */
function jpeg2000(size, tile, components = 1) {
  const marker = (code, data) =>
    Buffer.concat([Buffer.from([0xff, code, (data.length + 2) >> 8, (data.length + 2) & 0xff]), data]);
  const counts = Buffer.concat([
    Buffer.from([components >> 8, components & 0xff]),
    Buffer.from(Array(components).fill([7, 1, 1]).flat()),
  ]);
  const siz = Buffer.concat([Buffer.from([0, 0]), u32be(size, size, 0, 0, tile, tile, 0, 0), counts]);
  const cod = Buffer.from([0, 0, 0, 1, 0, 5, 4, 4, 0, 1]);
  const qcd = Buffer.from([0x40, ...Array(16).fill(0x40)]);
  const sot = Buffer.concat([Buffer.from([0, 0]), u32be(0), Buffer.from([0, 1])]);
  return Buffer.concat([
    Buffer.from([0xff, 0x4f]),
    marker(0x51, siz),
    marker(0x52, cod),
    marker(0x5c, qcd),
    marker(0x90, sot),
    Buffer.from([0xff, 0x93, 0, 0, 0xff, 0xd9]),
  ]);
}

/** A cross-reference stream at the end of `objects`, whose table is `data`. */
function withXrefStream(objects, entries, data) {
  const head = '%PDF-1.7\n';
  let file = head;
  objects.forEach((object, index) => {
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
  });
  const at = Buffer.byteLength(file, 'latin1');
  const xref = stream(`/Type /XRef /Root 1 0 R ${entries} /Filter /FlateDecode`, data);
  return Buffer.concat([
    Buffer.from(file, 'latin1'),
    Buffer.from(`${objects.length + 1} 0 obj\n`),
    xref,
    Buffer.from(`\nendobj\nstartxref\n${at}\n%%EOF\n`),
  ]);
}

const plainObjects = [
  CATALOG,
  '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
  '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] >>',
];
const pageOf = (entries) => `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] ${entries} >>`;
/** A page that invokes the first of `objects`. */
const pageInvoking = (objects) =>
  onePage({ content: '/X Do', resources: `/XObject << /X ${FIRST_FREE} 0 R >>`, objects });
const boxed = (box, more = '') => onePage({ content: WORDS, page: `/MediaBox ${box} ${more}` });
const type3 = (procedure, resources) =>
  `<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 97 /LastChar 97
   /Widths [1000] /Encoding << /Differences [97 /a] >> /CharProcs << /a ${procedure} 0 R >> /Resources << ${resources} >> >>`;
const pattern = (resources, content, step = 10) =>
  stream(
    `/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 10 10] /XStep ${step} /YStep ${step}
     /Resources << ${resources} >>`,
    content,
  );

/** Each has a name and gives its bytes, or a promise of them. */
export const PDF_BOMBS = [
  // Pages
  ['pdf-zero-pages', () => pdf([CATALOG, '<< /Type /Pages /Kids [] /Count 0 >>'])],
  ['pdf-no-page-tree', () => pdf(['<< /Type /Catalog >>'])],
  ['pdf-count-2-31', () => pdf([CATALOG, '<< /Type /Pages /Kids [3 0 R] /Count 2147483647 >>', plainObjects[2]])],
  ['pdf-count-negative', () => pdf([CATALOG, '<< /Type /Pages /Kids [3 0 R] /Count -7 >>', plainObjects[2]])],
  ['pdf-count-1000-of-1', () => pdf([CATALOG, '<< /Type /Pages /Kids [3 0 R] /Count 1000 >>', plainObjects[2]])],
  ['pdf-page-tree-cycle', () => pdf([CATALOG, '<< /Type /Pages /Kids [2 0 R] /Count 1 >>'])],
  [
    'pdf-page-tree-cycle-of-two',
    () =>
      pdf([
        CATALOG,
        '<< /Type /Pages /Kids [3 0 R] /Count 9 >>',
        '<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 9 >>',
      ]),
  ],
  [
    'pdf-page-tree-20000-deep',
    () =>
      pdf([
        CATALOG,
        ...Array.from({ length: 20_000 }, (_, i) => `<< /Type /Pages /Kids [${i + 3} 0 R] /Count 1 >>`),
        pageOf(''),
      ]),
  ],
  [
    'pdf-page-tree-10-to-the-10',
    () =>
      pdf([
        CATALOG,
        ...Array.from(
          { length: 10 },
          (_, i) => `<< /Type /Pages /Kids [${`${i + 3} 0 R `.repeat(10)}] /Count ${10 ** (10 - i)} >>`,
        ),
        pageOf(''),
      ]),
  ],
  [
    'pdf-page-tree-10-to-the-10-uncounted',
    () =>
      pdf([
        CATALOG,
        ...Array.from({ length: 10 }, (_, i) => `<< /Type /Pages /Kids [${`${i + 3} 0 R `.repeat(10)}] >>`),
        pageOf(''),
      ]),
  ],
  [
    'pdf-100000-pages',
    () => pdf([CATALOG, `<< /Type /Pages /Kids [${'3 0 R '.repeat(100_000)}] /Count 100000 >>`, pageOf('')]),
  ],
  [
    'pdf-parent-cycle',
    () => pdf([CATALOG, '<< /Type /Pages /Parent 2 0 R /Kids [3 0 R] /Count 1 >>', '<< /Type /Page /Parent 2 0 R >>']),
  ],

  // Objects
  [
    'pdf-length-is-itself',
    () => pdf([CATALOG, plainObjects[1], pageOf('/Contents 4 0 R'), '<< /Length 4 0 R >>\nstream\nq Q\nendstream']),
  ],
  ['pdf-reference-cycle', () => pdf([CATALOG, plainObjects[1], pageOf('/Contents 4 0 R'), '5 0 R', '4 0 R'])],
  ['pdf-arrays-200000-deep', () => onePage({ page: `/X ${'['.repeat(200_000)}` })],
  ['pdf-dictionaries-100000-deep', () => onePage({ page: `/X ${'<</A '.repeat(100_000)}` })],
  ['pdf-strings-1000000-deep', () => onePage({ page: `/X ${'('.repeat(1_000_000)}` })],
  ['pdf-name-of-5-mb', () => onePage({ page: `/${'N'.repeat(5_000_000)} 1` })],
  [
    'pdf-1000000-dictionary-keys',
    () => onePage({ page: `/X << ${Array.from({ length: 1_000_000 }, (_, i) => `/k${i} 0`).join(' ')} >>` }),
  ],
  [
    'pdf-object-stream-in-itself',
    () =>
      pdf([
        CATALOG,
        plainObjects[1],
        plainObjects[2],
        flate('/Type /ObjStm /N 1 /First 5 /Extends 4 0 R', '4 0  << >>'),
      ]),
  ],
  [
    'pdf-object-stream-of-1e9',
    () => pdf([CATALOG, plainObjects[1], plainObjects[2], flate('/Type /ObjStm /N 1000000000 /First 5', '4 0  << >>')]),
  ],
  [
    'pdf-object-stream-1-gib',
    () =>
      withXrefStream(
        [
          CATALOG,
          '',
          '',
          stream(`/Type /ObjStm /N 2 /First 10 /Filter /FlateDecode`, deflatedZeros(GIB)).toString('latin1'),
        ],
        '/Size 6 /W [1 2 1] /Index [2 2]',
        deflateSync(Buffer.from([2, 0, 4, 0, 2, 0, 4, 1])),
      ),
  ],

  // Cross references
  ['pdf-xref-cycle', () => pdf(plainObjects, { trailer: (at) => `/Size 4 /Root 1 0 R /Prev ${at}` })],
  ['pdf-xref-cycle-of-stream', () => pdf(plainObjects, { trailer: (at) => `/Size 4 /Root 1 0 R /XRefStm ${at}` })],
  [
    'pdf-xref-of-1e9',
    () => pdf(plainObjects, { table: '0 1000000000', trailer: () => '/Size 1000000000 /Root 1 0 R' }),
  ],
  ['pdf-xref-starts-at-2-31', () => pdf(plainObjects, { table: '2147483640 8' })],
  ['pdf-xref-nowhere', () => pdf(plainObjects, { startxref: 2 ** 40 })],
  ['pdf-xref-stream-1-gib', () => withXrefStream(plainObjects, '/Size 300000000 /W [1 2 1]', deflatedZeros(GIB))],
  [
    'pdf-xref-stream-widths',
    () => withXrefStream(plainObjects, '/Size 5 /W [1 2147483647 1]', deflateSync(Buffer.alloc(100))),
  ],
  [
    'pdf-object-number-2-31',
    () => Buffer.from(`%PDF-1.7\n2147483647 0 obj\n${CATALOG}\nendobj\ntrailer << /Root 2147483647 0 R >>\n`),
  ],
  [
    'pdf-300000-empty-objects',
    () => pdf([CATALOG, plainObjects[1], plainObjects[2], ...Array(300_000).fill('null')], { startxref: 1 }),
  ],

  // Streams
  ['pdf-content-1-gib-of-zeros', () => onePage({ contents: stream('/Filter /FlateDecode', deflatedZeros(GIB)) })],
  [
    'pdf-content-deflated-thrice',
    () =>
      onePage({
        contents: stream(
          '/Filter [/FlateDecode /FlateDecode /FlateDecode]',
          deflateSync(deflateSync(deflatedZeros(4 * GIB))),
        ),
      }),
  ],
  [
    'pdf-content-100-filters',
    () => onePage({ contents: stream(`/Filter [${'/ASCIIHexDecode '.repeat(100)}]`, '00'.repeat(50_000)) }),
  ],
  ['pdf-content-lzw-noise', () => onePage({ contents: stream('/Filter /LZWDecode', Buffer.alloc(1_000_000, 0xa7)) })],
  [
    'pdf-content-run-lengths',
    () =>
      onePage({
        contents: stream('/Filter [/FlateDecode /RunLengthDecode]', deflateSync(Buffer.alloc(4_000_000, 0x81))),
      }),
  ],
  [
    'pdf-content-predictor',
    () =>
      onePage({
        contents: stream(
          '/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 2147483647 /Colors 32 /BitsPerComponent 16 >>',
          deflateSync(Buffer.alloc(1000)),
        ),
      }),
  ],
  [
    'pdf-content-million-times',
    () => onePage({ page: `/Contents [${'5 0 R '.repeat(1_000_000)}]`, contents: stream('', WORDS) }),
  ],
  ['pdf-content-100-mb-of-comment', () => onePage({ contents: flate('', `%${'c'.repeat(100_000_000)}`) })],
  ['pdf-1000000-saved-states', () => onePage({ contents: flate('', 'q '.repeat(1_000_000)) })],
  ['pdf-1000000-clips', () => onePage({ contents: flate('', '0 0 100 100 re W n '.repeat(1_000_000)) })],
  ['pdf-300000-marked-contents', () => onePage({ contents: flate('', '/Span BMC '.repeat(300_000)) })],
  [
    'pdf-2000000-glyphs',
    () => onePage({ contents: flate('', `BT /F 1 Tf ${'(harbour register of the town) Tj '.repeat(70_000)} ET`) }),
  ],
  [
    'pdf-20000000-glyphs',
    () => onePage({ contents: flate('', `BT /F 1 Tf ${'(harbour register of the town) Tj '.repeat(700_000)} ET`) }),
  ],
  [
    'pdf-2000000-curves',
    () => onePage({ contents: flate('', `0 0 m ${'10 90 190 10 50 50 c '.repeat(2_000_000)} S`) }),
  ],
  ['pdf-300000-operands', () => onePage({ contents: flate('', `${'1 '.repeat(300_000)} re f`) })],

  // Forms, fonts, patterns
  ['pdf-form-in-itself', () => pageInvoking([form(`/XObject << /X ${FIRST_FREE} 0 R >>`, '/X Do '.repeat(10))])],
  [
    'pdf-forms-5000-deep',
    () =>
      pageInvoking(
        tower(5_000, 1, (next, fan) =>
          next ? form(`/XObject << /X ${next} 0 R >>`, '/X Do '.repeat(fan)) : form('', '0 0 9 9 re f'),
        ),
      ),
  ],
  [
    'pdf-forms-10-to-the-10',
    () =>
      pageInvoking(
        tower(11, 10, (next, fan) =>
          next ? form(`/XObject << /X ${next} 0 R >>`, '/X Do '.repeat(fan)) : form('', '0 0 9 9 re f'),
        ),
      ),
  ],
  [
    'pdf-forms-2-to-the-27-empty',
    () =>
      pageInvoking(
        tower(28, 2, (next, fan) =>
          next ? form(`/XObject << /X ${next} 0 R >>`, '/X Do '.repeat(fan)) : form('', ''),
        ),
      ),
  ],
  [
    'pdf-transparency-groups-3000-deep',
    () =>
      pageInvoking(
        tower(3_000, 1, (next) =>
          stream(
            `/Type /XObject /Subtype /Form /BBox [0 0 200 100] /Group << /S /Transparency /I true >> /Resources << ${next ? `/XObject << /X ${next} 0 R >>` : ''} >>`,
            next ? '/X Do' : '0 0 9 9 re f',
          ),
        ),
      ),
  ],
  [
    'pdf-soft-mask-in-itself',
    () =>
      onePage({
        content: '/G gs 0 0 100 100 re f',
        resources: `/ExtGState << /G ${FIRST_FREE} 0 R >>`,
        objects: [
          `<< /SMask << /S /Luminosity /G ${FIRST_FREE + 1} 0 R >> >>`,
          form(`/ExtGState << /G ${FIRST_FREE} 0 R >>`, '/G gs 0 0 50 50 re f'),
        ],
      }),
  ],
  [
    'pdf-type3-in-itself',
    () =>
      onePage({
        content: 'BT /T 12 Tf (aaaa) Tj ET',
        resources: `/Font << /T ${FIRST_FREE} 0 R >>`,
        objects: [
          type3(FIRST_FREE + 1, `/Font << /T ${FIRST_FREE} 0 R >>`),
          stream('', '1000 0 d0 BT /T 1 Tf (aaaa) Tj ET'),
        ],
      }),
  ],
  [
    'pdf-type3-10-to-the-8',
    () =>
      onePage({
        content: 'BT /T 12 Tf (aaaaaaaaaa) Tj ET',
        resources: `/Font << /T ${FIRST_FREE} 0 R >>`,
        objects: Array.from({ length: 8 }, (_, i) => [
          type3(FIRST_FREE + 2 * i + 1, i < 7 ? `/Font << /T ${FIRST_FREE + 2 * i + 2} 0 R >>` : ''),
          stream('', i < 7 ? '1000 0 d0 BT /T 1 Tf (aaaaaaaaaa) Tj ET' : '1000 0 d0 0 0 9 9 re f'),
        ]).flat(),
      }),
  ],
  [
    'pdf-pattern-in-itself',
    () =>
      onePage({
        content: '/Pattern cs /P scn 0 0 200 100 re f',
        resources: `/Pattern << /P ${FIRST_FREE} 0 R >>`,
        objects: [pattern(`/Pattern << /P ${FIRST_FREE} 0 R >>`, '/Pattern cs /P scn 0 0 10 10 re f')],
      }),
  ],
  [
    'pdf-patterns-8-deep',
    () =>
      onePage({
        content: '/Pattern cs /P scn 0 0 200 100 re f',
        resources: `/Pattern << /P ${FIRST_FREE} 0 R >>`,
        objects: tower(8, 10, (next) =>
          next
            ? pattern(`/Pattern << /P ${next} 0 R >>`, '/Pattern cs /P scn 0 0 10 10 re f', 0.1)
            : pattern('', '0 0 5 5 re f'),
        ),
      }),
  ],
  [
    'pdf-pattern-step-1e-6',
    () =>
      onePage({
        content: '/Pattern cs /P scn 0 0 200 100 re f',
        resources: `/Pattern << /P ${FIRST_FREE} 0 R >>`,
        objects: [pattern('', '0 0 5 5 re f', 0.000001)],
      }),
  ],
  ['pdf-dashes-1e-6', () => onePage({ content: '[0.000001] 0 d 0.1 w 0 0 m 200 100 l S' })],
  [
    'pdf-font-program-of-noise',
    () =>
      onePage({
        content: 'BT /T 12 Tf (harbour) Tj ET',
        resources: `/Font << /T ${FIRST_FREE} 0 R >>`,
        objects: [
          `<< /Type /Font /Subtype /TrueType /BaseFont /X /FontDescriptor ${FIRST_FREE + 1} 0 R >>`,
          `<< /Type /FontDescriptor /FontName /X /Flags 4 /FontFile2 ${FIRST_FREE + 2} 0 R >>`,
          flate('', Buffer.alloc(2_000_000, 0x41)),
        ],
      }),
  ],
  [
    'pdf-font-program-1-gib',
    () =>
      onePage({
        content: 'BT /T 12 Tf (harbour) Tj ET',
        resources: `/Font << /T ${FIRST_FREE} 0 R >>`,
        objects: [
          `<< /Type /Font /Subtype /TrueType /BaseFont /X /FontDescriptor ${FIRST_FREE + 1} 0 R >>`,
          `<< /Type /FontDescriptor /FontName /X /Flags 4 /FontFile2 ${FIRST_FREE + 2} 0 R >>`,
          stream('/Filter /FlateDecode', deflatedZeros(GIB)),
        ],
      }),
  ],
  [
    'pdf-font-size-1e30',
    () =>
      onePage({ content: 'BT /F 1e30 Tf (harbour register) Tj ET BT /F 1 Tf 1e20 0 0 1e20 0 0 Tm (harbour) Tj ET' }),
  ],
  [
    'pdf-character-map-of-itself',
    () =>
      onePage({
        content: 'BT /T 12 Tf (harbour) Tj ET',
        resources: `/Font << /T ${FIRST_FREE} 0 R >>`,
        objects: [
          `<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode ${FIRST_FREE + 1} 0 R >>`,
          stream(
            `/Type /CMap /CMapName /Own /UseCMap ${FIRST_FREE + 1} 0 R`,
            'begincmap 1 beginbfrange <00000000> <ffffffff> <0041> endbfrange endcmap',
          ),
        ],
      }),
  ],
  [
    'pdf-character-map-of-2000000-ranges',
    () =>
      onePage({
        content: 'BT /T 12 Tf (harbour) Tj ET',
        resources: `/Font << /T ${FIRST_FREE} 0 R >>`,
        objects: [
          `<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode ${FIRST_FREE + 1} 0 R >>`,
          flate(
            '',
            `begincmap ${Array.from({ length: 500_000 }, (_, i) => `1 beginbfrange <${((7919 * i) % 65536).toString(16).padStart(4, '0')}> <ffff> <0041> endbfrange`).join('\n')} endcmap`,
          ),
        ],
      }),
  ],

  // Boxes
  ['pdf-media-box-1e9', () => boxed('[0 0 1000000000 1000000000]')],
  ['pdf-media-box-1e30', () => boxed('[0 0 1e30 1e30]')],
  ['pdf-media-box-strip', () => boxed('[0 0 1000000 0.001]')],
  ['pdf-media-box-not-numbers', () => boxed('[0 0 nan inf]')],
  ['pdf-media-box-of-2000-digits', () => boxed(`[0 0 ${'9'.repeat(2_000)} ${'9'.repeat(2_000)}]`)],
  ['pdf-media-box-empty', () => boxed('[50 50 50 50]')],
  ['pdf-media-box-negative', () => boxed('[100 100 -100 -100]')],
  ['pdf-crop-box-outside', () => boxed('[0 0 200 100]', '/CropBox [900 900 999 999]')],
  ['pdf-user-unit-75000', () => boxed('[0 0 14400 14400]', '/UserUnit 75000')],
  ['pdf-user-unit-1e-30', () => boxed('[0 0 200 100]', '/UserUnit 1e-30')],
  ['pdf-rotate-2-31', () => boxed('[0 0 200 100]', '/Rotate 2147483647')],
  ['pdf-matrix-1e38', () => onePage({ content: `1e38 0 0 1e38 0 0 cm ${WORDS} 1e38 0 0 1e38 0 0 cm 0 0 1 1 re f` })],

  // Images and shadings
  [
    'pdf-image-1-gib',
    () => imagePage(stream(imageEntries(32_768, 32_768, '/Filter /FlateDecode'), deflatedZeros(GIB))),
  ],
  ['pdf-image-65535-square', () => imagePage(flate(imageEntries(65_535, 65_535), 'x'))],
  ['pdf-image-2-31-wide', () => imagePage(flate(imageEntries(2 ** 31 - 1, 2 ** 31 - 1), 'x'))],
  ['pdf-image-negative', () => imagePage(flate(imageEntries(-5, -5), 'x'))],
  ['pdf-image-mask-of-itself', () => imagePage(flate(imageEntries(8, 8, `/SMask ${FIRST_FREE} 0 R`), 'x'.repeat(64)))],
  [
    'pdf-images-4000-times',
    () =>
      onePage({
        content: 'q 200 0 0 100 0 0 cm /I Do Q '.repeat(4_000),
        resources: `/XObject << /I ${FIRST_FREE} 0 R >>`,
        objects: [stream(imageEntries(4_000, 4_000, '/Filter /FlateDecode'), deflatedZeros(16_000_000))],
      }),
  ],
  ['pdf-inline-image-1e9', () => onePage({ content: 'BI /W 1000000000 /H 1000000000 /BPC 8 /CS /G ID xxxx EI' })],
  [
    'pdf-jbig2-65535-square',
    () =>
      imagePage(
        stream(imageEntries(65_535, 65_535, '/Filter /JBIG2Decode').replace('8 ', '1 '), jbig2(65_535, 65_535)),
      ),
  ],
  [
    'pdf-jbig2-2-32',
    () => imagePage(stream(imageEntries(100, 100, '/Filter /JBIG2Decode'), jbig2(0xffffffff, 0xffffffff))),
  ],
  [
    'pdf-jpx-60000-square',
    () => imagePage(stream(imageEntries(60_000, 60_000, '/Filter /JPXDecode'), jpeg2000(60_000, 60_000))),
  ],
  [
    'pdf-jpx-millions-of-tiles',
    () => imagePage(stream(imageEntries(60_000, 60_000, '/Filter /JPXDecode'), jpeg2000(60_000, 1))),
  ],
  [
    'pdf-jpx-16000-components',
    () => imagePage(stream(imageEntries(4_000, 4_000, '/Filter /JPXDecode'), jpeg2000(4_000, 4_000, 16_000))),
  ],
  [
    'pdf-jpeg-1000-scans',
    () => imagePage(stream(imageEntries(2_000, 2_000, '/Filter /DCTDecode'), scannedJpeg(2_000, 2_000, 1_000))),
  ],
  [
    'pdf-fax-65535-columns',
    () =>
      imagePage(
        stream(
          imageEntries(65_535, 65_535, '/Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 65535 /Rows 65535 >>'),
          Buffer.alloc(5_000, 0xff),
        ),
      ),
  ],
  [
    'pdf-color-space-in-itself',
    () =>
      onePage({
        content: '/C cs 0.5 scn 0 0 100 100 re f',
        resources: `/ColorSpace << /C ${FIRST_FREE} 0 R >>`,
        objects: [`[/Indexed ${FIRST_FREE} 0 R 255 (x)]`],
      }),
  ],
  [
    'pdf-shading-function-in-itself',
    () =>
      onePage({
        content: '/S sh',
        resources: `/Shading << /S << /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 200 100] /Function ${FIRST_FREE} 0 R >> >>`,
        objects: [
          `<< /FunctionType 3 /Domain [0 1] /Functions [${FIRST_FREE} 0 R ${FIRST_FREE} 0 R] /Bounds [0.5] /Encode [0 1 0 1] >>`,
        ],
      }),
  ],
  [
    'pdf-shading-sampled-65535',
    () =>
      onePage({
        content: '/S sh',
        resources: `/Shading << /S << /ShadingType 1 /ColorSpace /DeviceGray /Function ${FIRST_FREE} 0 R >> >>`,
        objects: [stream('/FunctionType 0 /Domain [0 1 0 1] /Range [0 1] /Size [65535 65535] /BitsPerSample 32', 'x')],
      }),
  ],
  [
    'pdf-shading-program',
    () =>
      onePage({
        content: '/S sh',
        resources: `/Shading << /S << /ShadingType 1 /ColorSpace /DeviceGray /Function ${FIRST_FREE} 0 R >> >>`,
        objects: [stream('/FunctionType 4 /Domain [0 1 0 1] /Range [0 1]', `{ ${'dup '.repeat(100_000)} }`)],
      }),
  ],

  // Beside the page's content
  [
    'pdf-100000-annotations',
    () =>
      onePage({
        page: `/Annots [${'<< /Type /Annot /Subtype /Square /Rect [0 0 9 9] >> '.repeat(100_000)}]`,
        content: WORDS,
      }),
  ],
  [
    'pdf-appearance-in-itself',
    () =>
      onePage({
        content: WORDS,
        page: `/Annots [<< /Type /Annot /Subtype /Stamp /Rect [0 0 99 99] /AP << /N ${FIRST_FREE} 0 R >> >>]`,
        objects: [form(`/XObject << /X ${FIRST_FREE} 0 R >>`, '/X Do /X Do')],
      }),
  ],
  [
    'pdf-field-parent-cycle',
    () =>
      onePage({
        content: WORDS,
        page: `/Annots [${FIRST_FREE} 0 R]`,
        objects: [`<< /Type /Annot /Subtype /Widget /FT /Tx /Rect [0 0 99 20] /Parent ${FIRST_FREE} 0 R >>`],
      }),
  ],
  [
    'pdf-layers-in-themselves',
    () =>
      onePage({
        content: `/OC /O BDC ${WORDS} EMC`,
        resources: `/Properties << /O ${FIRST_FREE} 0 R >>`,
        objects: [
          `<< /Type /OCMD /OCGs [${FIRST_FREE} 0 R] /VE [/And ${FIRST_FREE + 1} 0 R] >>`,
          `[/And ${FIRST_FREE + 1} 0 R ${FIRST_FREE + 1} 0 R]`,
        ],
      }),
  ],

  // Encryption, truncation
  [
    'pdf-encrypted-unknown-handler',
    () =>
      onePage({
        content: WORDS,
        trailer: () => '/Size 6 /Root 1 0 R /ID [(a) (b)] /Encrypt << /Filter /Unknown /V 9 /R 9 >>',
      }),
  ],
  [
    'pdf-encrypted-garbage',
    () =>
      onePage({
        content: WORDS,
        trailer: () =>
          `/Size 6 /Root 1 0 R /ID [(a) (b)] /Encrypt << /Filter /Standard /V 5 /R 6 /Length 256 /O (${'o'.repeat(48)}) /U (${'u'.repeat(48)}) /OE (${'e'.repeat(32)}) /UE (${'e'.repeat(32)}) /Perms (${'p'.repeat(16)}) /P -1 >>`,
      }),
  ],
  [
    'pdf-encrypted-by-itself',
    () =>
      onePage({
        content: WORDS,
        objects: [`<< /Filter /Standard /V 4 /R 4 /CF ${FIRST_FREE} 0 R /O ${FIRST_FREE} 0 R >>`],
        trailer: () => `/Size 7 /Root 1 0 R /ID [(a) (b)] /Encrypt ${FIRST_FREE} 0 R`,
      }),
  ],
  ['pdf-header-only', () => Buffer.from('%PDF-1.7\n')],
  ['pdf-truncated-in-an-object', () => onePage({ content: WORDS }).subarray(0, 200)],
  ['pdf-truncated-in-its-stream', () => onePage({ contents: flate('', WORDS.repeat(10_000)) }).subarray(0, 700)],
  ['pdf-20-mb-of-noise', () => Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(20_000_000, '1 0 obj << [ ( ')])],
];
