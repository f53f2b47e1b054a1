/** hOCR of pages that were read, opened by programs of others: `scripts/hocr-tools.sh` installs them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const TOOLS = 'build/hocr-tools/bin';
const folder = mkdtempSync(join(tmpdir(), 'omega-hocr-'));
const hocr = join(folder, 'scan.pdf.hocr');

beforeAll(() => {
  const args = ['ocr', 'test/fixtures/documents/scan.pdf', '--out', folder, '--format', 'hocr'];
  execFileSync('node', ['dist/main.js', ...args], { stdio: 'pipe' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What it wrote; undefined, and said loudly, where there is no such program. */
function output(program: string, ...args: string[]): string | undefined {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) {
    console.warn(`NOT CHECKED by a second program: there is no ${program}.`);
    return undefined;
  }
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
  return stdout + stderr;
}

test('the checker of hocr-tools finds nothing wrong', () => {
  const checks = output(join(TOOLS, 'python'), join(TOOLS, 'hocr-check'), hocr);
  if (checks === undefined) return;
  expect(checks.match(/^not ok.*/gm)).toBeNull();
  expect(checks.match(/^ok /gm)?.length).toBeGreaterThan(20);
});

test('OCRmyPDF lays the words over a page so that its text has the spaces between them', () => {
  const pdf = join(folder, 'words.pdf');
  if (output(join(TOOLS, 'python'), 'test/fixtures/hocr-to-pdf.py', hocr, pdf) === undefined) return;
  expect(existsSync(pdf)).toBe(true);
  const text = output('pdftotext', pdf, '-');
  if (text !== undefined) {
    expect(text.replaceAll(/\s+/g, ' ')).toContain('Present were fourteen members and two guests.');
  }
});
