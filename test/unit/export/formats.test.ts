import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Page } from '../../../src/schema/document.js';
import { temporaryFolder } from '../../fixtures/temporary-folder.js';
import { block, cell, line, page, written } from './page.js';

const put = temporaryFolder();

const HOSTILE = `<script>"a" & b</script>\u0000\ud800`;
const ESCAPED = '&lt;script&gt;&quot;a&quot; &amp; b&lt;/script&gt;\ufffd\ufffd';

const table = block('table', ['x'], {
  table: { rows: 1, columns: 2, cells: [cell(0, 0, 'A', { header: true }), cell(0, 1, HOSTILE)] },
});

/** One of everything, in which somebody wrote what must not come through. */
const everything: Page[] = [
  page([
    block('title', [HOSTILE], { level: 1 }),
    block('text', ['Name: John', 'City: Rome']),
    block('list', ['1. one', '   • inner', '2. two']),
    block('text', ['☐ no', '☑ yes']),
    block('figure', []),
    block('caption', ['Figure 1: a map']),
    block('caption', ['Table 1: prices']),
    table,
    block('equation', ['a < b']),
    block('footer', ['7']),
  ]),
  page([block('heading', ['Next']), block('seal', [HOSTILE])], { pageIndex: 1, dpi: 150 }),
];

describe('HTML', () => {
  const html = written('html', everything);

  it('has headings, forms, nested and numbered lists, boxes to tick, captions and page anchors', () => {
    const body = html.slice(html.indexOf('<main>'));
    expect(body).toBe(
      [
        '<main>',
        '<span role="doc-pagebreak" id="page-1" aria-label="1"></span>',
        `<h1>${ESCAPED}</h1>`,
        '<p><strong>Name:</strong> John<br>',
        '<strong>City:</strong> Rome</p>',
        '<ol>',
        '<li value="1">one<ul>',
        '<li>inner</li></ul></li>',
        '<li value="2">two</li></ol>',
        '<ul class="tasks">',
        '<li><input type="checkbox" disabled> no</li>',
        '<li><input type="checkbox" disabled checked> yes</li></ul>',
        '<figure id="figure-1-1"><figcaption>Figure 1: a map</figcaption></figure>',
        '<table>',
        '<caption>Table 1: prices</caption>',
        `<tr><th>A</th><td>${ESCAPED}</td></tr>`,
        '</table>',
        '<p class="equation">a &lt; b</p>',
        '<span role="doc-pagebreak" id="page-2" aria-label="2"></span>',
        '<h2>Next</h2>',
        `<p>${ESCAPED}</p>`,
        '</main>',
        '</body>',
        '</html>',
        '',
      ].join('\n'),
    );
  });

  it('links the marks of notes to the notes', () => {
    const html = written('html', [page([block('text', ['A word¹ here.']), block('footnote', ['1 A note.'])])]);
    expect(html).toContain('<p>A word<sup><a href="#note-1">1</a></sup> here.</p>');
    expect(html).toContain('<p class="footnote" role="doc-footnote" id="note-1"><sup>1</sup> A note.</p>');
  });

  it('is named by its title and loads nothing', () => {
    expect(html).toContain(`<title>${ESCAPED}</title>`);
    expect(html).not.toMatch(/<script|https?:|src=|href=/);
  });

  it('shows the pictures of figures where they were written', () => {
    const link = () => 'figures/"1".png';
    expect(written('html', everything, link)).toContain(
      '<img src="figures/&quot;1&quot;.png" alt="Figure 1: a map"><figcaption>',
    );
  });
});

describe('hOCR', () => {
  it('places pages, blocks, lines and words, with confidences and baselines', () => {
    const words = [
      { text: 'Hello', quad: line('Hello', 10, 100).quad, confidence: 0.915 },
      { text: 'you', quad: line('you', 70, 100).quad, confidence: 0.5 },
    ];
    const blocks = [
      block('text', [], {
        rect: { x: 10, y: 100, width: 90, height: 20 },
        lines: [{ ...line('Hello you', 10, 100), words }],
      }),
    ];
    const hocr = written('hocr', [page(blocks, { dpi: 300 })]);
    expect(hocr.slice(hocr.indexOf('<body>'))).toBe(
      [
        '<body>',
        '<div class="ocr_page" id="page_1" title="bbox 0 0 1000 2000; ppageno 0; scan_res 300 300">',
        '<div class="ocr_carea" id="block_1_1" title="bbox 10 100 100 120">',
        '<p class="ocr_par" id="par_1_1" title="bbox 10 100 100 120">',
        '<span class="ocr_line" id="line_1_1_1" title="bbox 10 100 100 120; baseline 0.0000 -4; x_size 20">' +
          '<span class="ocrx_word" id="word_1_1_1_1" title="bbox 10 100 60 120; x_wconf 92">Hello</span> ' +
          '<span class="ocrx_word" id="word_1_1_1_2" title="bbox 70 100 100 120; x_wconf 50">you</span></span>',
        '</p>',
        '</div>',
        '</div>',
        '</body>',
        '</html>',
        '',
      ].join('\n'),
    );
  });

  it('a skewed line has the slope of its baseline', () => {
    const quad = [
      { x: 0, y: 0 },
      { x: 200, y: 20 },
      { x: 198, y: 40 },
      { x: -2, y: 20 },
    ];
    const blocks = [block('text', [], { lines: [{ ...line('slope'), quad }] })];
    expect(written('hocr', [page(blocks)])).toContain('baseline 0.1000 -24;');
  });

  it('a line read without word boxes is cut into words by the widths of its characters', () => {
    const hocr = written('hocr', [page([block('text', ['mmm iii'])])]);
    const boxes = [...hocr.matchAll(/ocrx_word" id="\w+" title="bbox (\d+) \d+ (\d+)/g)].map(([, ...edges]) => edges);
    expect(boxes).toEqual([
      ['0', '45'],
      ['51', '70'],
    ]);
  });

  it('is well-formed XML, whatever was read', () => {
    expectWellFormed(written('hocr', everything), 'hocr.html');
  });
});

describe('ALTO', () => {
  it('places pages, blocks, lines, words and the spaces between them', () => {
    const alto = written('alto', [
      page([block('text', ['Hello you'], { rect: { x: 10, y: 100, width: 90, height: 20 } })]),
    ]);
    expect(alto.slice(alto.indexOf('<Page'))).toBe(
      [
        '<Page ID="page_1" PHYSICAL_IMG_NR="1" WIDTH="1000" HEIGHT="2000" PC="0.900">',
        '<PrintSpace HPOS="0" VPOS="0" WIDTH="1000" HEIGHT="2000">',
        '<TextBlock ID="block_1_1" HPOS="10" VPOS="100" WIDTH="90" HEIGHT="20" TAGREFS="type_text">',
        '<TextLine ID="line_1_1_1" HPOS="10" VPOS="100" WIDTH="90" HEIGHT="20" BASELINE="10,116 100,116">' +
          '<String ID="string_1_1_1_1" HPOS="10" VPOS="100" WIDTH="50" HEIGHT="20" WC="0.900" CONTENT="Hello"/>' +
          '<SP HPOS="60" VPOS="100" WIDTH="6"/>' +
          '<String ID="string_1_1_1_2" HPOS="66" VPOS="100" WIDTH="34" HEIGHT="20" WC="0.900" CONTENT="you"/></TextLine>',
        '</TextBlock>',
        '</PrintSpace>',
        '</Page>',
        '</Layout>',
        '</alto>',
        '',
      ].join('\n'),
    );
  });

  it('is well-formed, and valid by the schema where that is at hand', () => {
    const file = expectWellFormed(written('alto', everything), 'alto.xml');
    const schema = join('build', 'alto-schema', 'alto.xsd');
    if (file === undefined || !existsSync(schema)) {
      console.warn(`NOT CHECKED against the ALTO schema: there is no ${schema} (.ci/run fetches one).`);
      return;
    }
    const { stderr, status } = spawnSync('xmllint', ['--noout', '--nonet', '--schema', schema, file], {
      encoding: 'utf8',
    });
    expect(`${status}\n${stderr}`).toBe(`0\n${file} validates\n`);
  });
});

/** Returns the file that was looked at, undefined where there is nothing to look with. */
function expectWellFormed(xml: string, name: string): string | undefined {
  if (spawnSync('xmllint', ['--version']).status !== 0) {
    console.warn(`NOT CHECKED for being well-formed: ${name}, as there is no xmllint (package libxml2-utils).`);
    return undefined;
  }
  const file = put(name, xml);
  expect(spawnSync('xmllint', ['--noout', '--nonet', file], { encoding: 'utf8' }).stderr).toBe('');
  return file;
}
