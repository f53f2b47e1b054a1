import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBatchState } from '../../src/cli/batch-state.js';
import { threadsToTry } from '../../src/cli/thread-choice.js';
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
    // A machine that takes more than two seconds is told how far it got.
    expect([status, stdout, stderr.replace(/^1 of 1 pages, .*\n/m, '')]).toEqual([0, '', '']);
    const names = ['scan.pdf.alto.xml', 'scan.pdf.hocr', 'scan.pdf.html', 'scan.pdf.pdf'];
    expect(readdirSync(out).sort()).toEqual(names);
    const [alto, hocr, html, pdf] = names.map((name) => readFileSync(join(out, name), 'latin1'));
    expect(alto).toMatch(
      /<String ID="[^"]+" HPOS="\d+" VPOS="\d+" WIDTH="\d+" HEIGHT="\d+" WC="[01]\.\d+" CONTENT="Present"/,
    );
    expect(hocr).toMatch(/<span class="ocrx_word" id="[^"]+" title="bbox [\d ]+; x_wconf \d+">Present<\/span>/);
    const rows = hocr?.split('\n').filter((row) => row.includes('ocrx_word')) ?? [];
    const boxes = rows.map((row) =>
      [...row.matchAll(/ocrx_word"[^>]*bbox (\d+) \d+ (\d+)/g)].map(([, ...x]) => x.map(Number)),
    );
    const gaps = boxes.flatMap((row) => row.slice(1).map(([left = 0], i) => left - (row[i]?.[1] ?? 0)));
    // By these, programs that lay words over a page tell one from the next.
    expect(gaps.length).toBeGreaterThan(50);
    expect(gaps.filter((gap) => gap < 1).length).toBeLessThan(0.05 * gaps.length);
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
    expect(refused('--figures')[1]).toContain('Figures need a folder to be written to');
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

describe('omega ocr FOLDER --out', () => {
  const FILES = 40;

  function batchFolder(name: string): { input: string; out: string; report: string } {
    const input = join(folder, name);
    mkdirSync(join(input, 'below'), { recursive: true });
    for (let file = 1; file < FILES; file += 1) cpSync(`${DOCUMENTS}/letter.pdf`, join(input, `letter-${file}.pdf`));
    cpSync(`${DOCUMENTS}/two-columns.pdf`, join(input, 'below/letter-1.pdf'));
    return { input, out: join(input, 'read'), report: join(folder, `${name}.jsonl`) };
  }

  const lines = (report: string): { path: string; outcome: string; resumed: boolean; error_code?: string }[] =>
    readFileSync(report, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));

  it('goes on where a killed run was, reads nothing twice and leaves nothing half written', async () => {
    const { input, out, report } = batchFolder('killed');
    const args = ['dist/main.js', 'ocr', input, '--out', out, '--report', report, '--jobs', '2', '--threads', '1'];
    const killed = spawn('node', args, { stdio: 'ignore' });
    const ended = once(killed, 'exit');
    while (!existsSync(report) || lines(report).length < 3) await delay(5);
    killed.kill('SIGKILL');
    await ended;
    const before = lines(report).map(({ path }) => path);
    const written = new Map(
      before.map((path) => [path, statSync(join(out, `${path.slice(path.indexOf('killed/') + 7)}.md`)).ino]),
    );

    expect(spawnSync('node', args).status).toBe(0);
    expect(lines(report)).toHaveLength(FILES);
    // A document whose results were there, and whose end was not yet recorded, may be among the others.
    expect(
      lines(report)
        .filter(({ resumed }) => resumed)
        .map(({ path }) => path),
    ).toEqual(expect.arrayContaining(before));
    for (const [path, ino] of written) {
      expect(statSync(join(out, `${path.slice(path.indexOf('killed/') + 7)}.md`)).ino).toBe(ino);
    }
    expect(readdirSync(out).filter((name) => !/^(letter-\d+\.pdf\.md|below|\.omega)$/.test(name))).toEqual([]);
    expect(readdirSync(join(out, '.omega'))).toEqual(['state.db']);
    expect(readFileSync(join(out, 'letter-1.pdf.md'), 'utf8')).not.toBe(
      readFileSync(join(out, 'below/letter-1.pdf.md'), 'utf8'),
    );
  });

  it('reads again what was changed, what lost its results, and, when asked to, what failed', () => {
    const input = join(folder, 'again');
    mkdirSync(input);
    for (const name of ['letter', 'two-columns', 'table', 'encrypted'])
      cpSync(`${DOCUMENTS}/${name}.pdf`, join(input, `${name}.pdf`));
    const report = join(folder, 'again.jsonl');
    const run = (...args: string[]) => {
      const { status, stderr } = omega('ocr', input, '--out', join(input, 'read'), '--report', report, ...args);
      const read = lines(report).flatMap(({ path, resumed }) =>
        resumed ? [] : [path.slice(path.lastIndexOf('/') + 1)],
      );
      return { status, read: read.sort(), stderr };
    };
    expect(run()).toMatchObject({ status: 1, read: ['encrypted.pdf', 'letter.pdf', 'table.pdf', 'two-columns.pdf'] });
    expect(run()).toMatchObject({ status: 1, read: [], stderr: expect.stringContaining('--retry-failed') });
    expect(lines(report).find(({ outcome }) => outcome === 'failed')?.error_code).toBe('file.encrypted');

    cpSync(`${DOCUMENTS}/scan.pdf`, join(input, 'letter.pdf'));
    rmSync(join(input, 'read/table.pdf.md'));
    expect(run().read).toEqual(['letter.pdf', 'table.pdf']);
    expect(run('--retry-failed').read).toEqual(['encrypted.pdf']);
    expect(run('--format', 'txt').read).toHaveLength(4);
  });

  it('refuses a second run into one folder, and stops when it is interrupted', async () => {
    const { input, out, report } = batchFolder('twice');
    mkdirSync(out);
    const first = openBatchState(out);
    const { status, stderr } = omega('ocr', input, '--out', out);
    first.close();
    expect([status, stderr]).toEqual([1, expect.stringContaining('Another omega is writing to the output folder')]);

    const args = ['ocr', input, '--out', out, '--report', report, '--text-layer', 'ignore', '--threads', '1'];
    const interrupted = spawn('node', ['dist/main.js', ...args], { stdio: 'ignore' });
    const ended = once(interrupted, 'exit');
    while (!existsSync(report) || lines(report).length < 1) await delay(5);
    interrupted.kill('SIGINT');
    expect((await ended)[0]).toBe(130);
    expect(readdirSync(join(out, '.omega'))).toEqual(['state.db']);
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
    expect(stdout).toContain('Devices: models run on cpu\n');
    expect(stdout.match(/^ok {4}Model: (\S+) on cpu, \d+\.\d ms$/gm)?.map((line) => line.split(' ')[5])).toEqual([
      'pp-ocrv6-tiny-det',
      'pp-ocrv6-tiny-rec',
      'pp-ocrv6-small-det',
      'pp-ocrv6-small-rec',
      'pp-ocr-line-orientation',
      'pp-lcnet-page-orientation',
      'picodet-layout-cdla',
      'slanet-1m-table',
      'pp-ocrv4-seal-det',
    ]);
  });

  it('measures numbers of threads and ends with what to set', () => {
    const { status, stdout, stderr } = omega('doctor', '--tune', '--seconds', '1');
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(0, -1).map((line) => line.replace(/: \d+\.\d\d pages\/s$/, ''))).toEqual(
      threadsToTry(availableParallelism(), availableParallelism()).map((n) => (n === 1 ? '1 thread' : `${n} threads`)),
    );
    expect(lines.at(-1)).toMatch(
      /^(Nothing to set: the default|Set OMEGA_THREADS=\d+) \(\d+ threads?, \d+\.\d\d pages\/s\)/,
    );
    expect(stderr).toContain('trying 1 thread ...\n');
    expect(status).toBe(0);
  });

  it('refuses a time to measure for where nothing is measured, and one that is none', () => {
    expect(omega('doctor', '--seconds', '5').stderr).toContain('--seconds needs --tune');
    expect(omega('doctor', '--tune', '--seconds', 'long').stderr).toContain('Option "--seconds" must be');
  });

  it('says which library keeps CUDA from loading, where that was asked for', () => {
    const { status, stdout } = spawnSync('node', ['dist/main.js', 'doctor'], {
      encoding: 'utf8',
      env: { ...process.env, OMEGA_DEVICES: 'cuda:0' },
    });
    expect(stdout).toMatch(/^FAIL {2}Devices: cuda:0 asked for: lib\S+\.so\S* is not beside ONNX Runtime/m);
    expect(status).toBe(1);
  });
});
