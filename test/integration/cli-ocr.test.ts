import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Job } from '../../src/schema/job.js';

const DOCUMENTS = 'test/fixtures/documents';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'omega-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function omega(...args: string[]) {
  const { status, stdout, stderr } = spawnSync('node', ['dist/main.js', ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('omega ocr', () => {
  it('prints a document as Markdown, and nothing else', () => {
    const { status, stdout } = omega('ocr', `${DOCUMENTS}/letter.pdf`);
    expect(stdout.split('\n\n').slice(0, 3)).toEqual([
      '# Harbour Library Newsletter',
      'The reading room opens again on the second of March after eleven weeks of repairs. The roof no longer leaks, the lamps are new, and the long oak tables have been sanded and oiled.',
      '## What has changed',
    ]);
    expect(stdout).toContain('\n- Monday to Friday: 9:00 to 18:30\n- Saturday: 10:00 to 14:00\n- Sunday: closed\n');
    expect(status).toBe(0);
  });

  it('writes a file a format, whole, named after the input', () => {
    const out = join(folder, 'out');
    const { status, stdout } = omega('ocr', `${DOCUMENTS}/two-columns.pdf`, '--out', out, '--format', 'md,txt,json');
    expect([status, stdout]).toEqual([0, '']);
    expect(readdirSync(out).sort()).toEqual(['two-columns.pdf.json', 'two-columns.pdf.md', 'two-columns.pdf.txt']);
    const job = JSON.parse(readFileSync(join(out, 'two-columns.pdf.json'), 'utf8'));
    expect(Value.Check(Job, job)).toBe(true);
    expect(job).toMatchObject({ status: 'completed', page_count: 1, pages_processed: 1, credits_used: 1 });
  });

  it('writes pages with their words as HTML, hOCR, ALTO and searchable PDF', () => {
    const out = join(folder, 'exports');
    const formats = 'html,hocr,alto,pdf';
    const { status, stdout, stderr } = omega('ocr', `${DOCUMENTS}/scan.pdf`, '--out', out, '--format', formats);
    expect([status, stdout, stderr]).toEqual([0, '', '']);
    const names = ['scan.pdf.alto.xml', 'scan.pdf.hocr', 'scan.pdf.html', 'scan.pdf.pdf'];
    expect(readdirSync(out).sort()).toEqual(names);
    const [alto, hocr, html, pdf] = names.map((name) => readFileSync(join(out, name), 'latin1'));
    expect(alto).toMatch(
      /<String ID="[^"]+" HPOS="\d+" VPOS="\d+" WIDTH="\d+" HEIGHT="\d+" WC="[01]\.\d+" CONTENT="Present"/,
    );
    expect(hocr).toMatch(/<span class="ocrx_word" id="[^"]+" title="bbox [\d ]+; x_wconf \d+">Present<\/span>/);
    expect(html).toContain('Present were fourteen members and two guests.');
    expect(pdf?.startsWith(readFileSync(`${DOCUMENTS}/scan.pdf`, 'latin1'))).toBe(true);
    const seen = spawnSync('pdftotext', [join(out, 'scan.pdf.pdf'), '-'], { encoding: 'utf8' });
    if (seen.error !== undefined) console.warn('NOT CHECKED by a second program: there is no pdftotext.');
    else expect(seen.stdout.replaceAll(/\s+/g, ' ')).toContain('Present were fourteen members and two guests.');
  });

  it('refuses what cannot be written where it was asked to', () => {
    const refused = (...args: string[]) => {
      const { status, stderr } = omega('ocr', `${DOCUMENTS}/letter.pdf`, ...args);
      return [status, stderr.trim().split('\n').at(-1)];
    };
    const [status, sentence] = refused('--format', 'hcr');
    expect([status, sentence]).toEqual([2, expect.stringContaining('"hocr"')]);
    expect(refused('--format', 'pdf')[1]).toContain('A PDF needs a folder to be written to: give --out');
    expect(refused('--figures')[1]).toContain('Figures are shown by md and html in a folder');
    expect(refused(`${DOCUMENTS}/scan.pdf`, '--format', 'html')[1]).toContain(
      'Several documents as html need a folder',
    );
  });

  it('reads pictures of text with the models, the documents in the order they were named', () => {
    const { status, stdout } = omega('ocr', `${DOCUMENTS}/scan.pdf`, `${DOCUMENTS}/two-pages.tiff`);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /scan\.pdf.*Present were fourteen members and two guests\..*two-pages\.tiff.*blue pot\. Second of two pages/,
    );
    expect(status).toBe(0);
  });

  it('reports a bad file in one sentence and reads the others', () => {
    const broken = join(folder, 'broken.pdf');
    writeFileSync(broken, 'no PDF at all');
    const { status, stdout, stderr } = omega(
      'ocr',
      broken,
      'gone.pdf',
      `${DOCUMENTS}/encrypted.pdf`,
      `${DOCUMENTS}/letter.pdf`,
    );
    expect(status).toBe(1);
    expect(stdout).toContain('# Harbour Library Newsletter');
    const sentences = stderr.split('\n').filter((line) => /^\S+: /.test(line));
    expect(sentences.map((line) => line.slice(0, line.indexOf(':')))).toEqual([
      'gone.pdf',
      broken,
      `${DOCUMENTS}/encrypted.pdf`,
    ]);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('reads the pages asked for', () => {
    const { stdout } = omega('ocr', `${DOCUMENTS}/two-pages.tiff`, '--pages', '2', '--format', 'json');
    expect(JSON.parse(stdout).results.map((page: { page_number: number }) => page.page_number)).toEqual([2]);
  });

  it('reads the structure of tables, unless told not to', () => {
    expect(omega('ocr', `${DOCUMENTS}/table.png`).stdout).toContain('| Old weir | 2.1 m | 9.6 | 96 |');
    expect(omega('ocr', `${DOCUMENTS}/table.png`, '--no-tables').stdout).toContain('Old weir 2.1 m 9.6 96');
  });

  it.each([
    [['--modee', 'fast'], '(Did you mean --mode?)'],
    [['--mode', 'fsat'], '(did you mean "fast"?)'],
    [['--format', 'markdown'], 'expected one of md, txt, json'],
    [['--format', 'md,json'], 'give --out'],
    [['--pages', 'x'], 'page numbers and ranges'],
    [['--threads', '0'], 'from 1 to 1024'],
    [['--languages', 'en,ru'], 'ISO 639 codes of languages that the installed models read'],
    [['--languages', 'vi'], 'not "vi", whose letters ảạằẳẵắặầ they lack'],
  ])('%j is not understood, and why is said', (args, reason) => {
    const { status, stderr } = omega('ocr', `${DOCUMENTS}/letter.pdf`, ...args);
    expect(stderr).toContain(reason);
    expect(status).toBe(2);
  });
});

describe('omega doctor', () => {
  it('finds nothing wrong with a complete installation', () => {
    const { status, stdout } = omega('doctor');
    expect(stdout.split('\n').filter((line) => !line.startsWith('ok    '))).toEqual([
      expect.stringMatching(/^OCR Omega \d/),
      '',
    ]);
    expect(status).toBe(0);
  });
});
