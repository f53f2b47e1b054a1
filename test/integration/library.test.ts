/** The package as a program has it: packed, installed beside its dependencies, imported by its name. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OcrEngine, OcrError, ReadOptions } from '../../src/index.js';
import { Job } from '../../src/schema/job.js';

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENTS = join(ROOT, 'test/fixtures/documents');
const project = mkdtempSync(join(tmpdir(), 'omega-library-'));
const installed = join(project, 'node_modules/ocr-omega');

beforeAll(() => {
  const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', project], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(project, packed.trim()), '-C', installed, '--strip-components=1']);
  symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  mkdirSync(join(project, 'node_modules/@types'));
  symlinkSync(join(ROOT, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'));
  symlinkSync(join(ROOT, 'node_modules/undici-types'), join(project, 'node_modules/undici-types'));
  cpSync(join(ROOT, 'examples'), join(project, 'examples'), { recursive: true });
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync('node', args, { cwd: project, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('the package', () => {
  it('brings its types: the examples and those of the documentation compile under NodeNext', () => {
    const blocks = readFileSync(join(ROOT, 'docs/library.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs);
    let count = 0;
    for (const [, block = ''] of blocks) writeFileSync(join(project, `examples/documented-${++count}.ts`), block);
    expect(count).toBe(4);
    const options =
      '--module nodenext --target es2022 --strict --exactOptionalPropertyTypes --types node --outDir build';
    const sources = readdirSync(join(project, 'examples')).filter((name) => name.endsWith('.ts'));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = run(tsc, ...options.split(' '), ...sources.map((name) => `examples/${name}`));
    expect([stdout, status]).toEqual(['', 0]);
    writeFileSync(
      join(project, 'wrong.ts'),
      "import { openEngine } from 'ocr-omega';\nawait (await openEngine()).read('a.pdf', { textlayer: 'auto' });\n",
    );
    expect(run(tsc, ...options.split(' '), 'wrong.ts').stdout).toContain("'textlayer' does not exist");
  });

  it('runs the examples with the models it brings', () => {
    const letter = run('build/read-document.js', join(DOCUMENTS, 'letter.pdf'));
    expect(letter).toMatchObject({ status: 0, stdout: expect.stringMatching(/^# Harbour Library Newsletter\n/) });
    expect(run('build/read-document.js', join(DOCUMENTS, 'encrypted.pdf'))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^file\.encrypted: [A-Z].*\.\n$/),
    });
    const pages = run('examples/read-pages.mjs', join(DOCUMENTS, 'two-pages.tiff'), join(DOCUMENTS, 'note.webp'));
    expect(pages.stdout.replaceAll(/\S+\//g, '').replaceAll(/\d+ blocks/g, 'blocks')).toBe(
      'two-pages.tiff, page 1: blocks\ntwo-pages.tiff, page 2: blocks\nnote.webp, page 1: blocks\n',
    );
    expect(pages.status).toBe(0);
  });

  it('runs as a command line too, and has nothing of the sources', () => {
    expect(run('node_modules/ocr-omega/dist/main.js', '--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(readdirSync(installed).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'build',
      'dist',
      'docs',
      'models',
      'node_modules',
      'openapi.json',
      'package.json',
    ]);
  });
});

describe('openEngine', () => {
  let library: typeof import('../../src/index.js');
  let engine: OcrEngine;
  beforeAll(async () => {
    library = await import(pathToFileURL(join(installed, 'dist/index.js')).href);
    engine = await library.openEngine({ threads: 1 });
  });
  afterAll(() => engine.close());

  const refusal = (promise: Promise<unknown>) =>
    promise.then(
      () => 'nothing was refused',
      (error: OcrError) => `${error instanceof library.OcrError ? error.code : error}: ${error.message}`,
    );
  const temporary = () => readdirSync(tmpdir()).filter((name) => /^ocr-omega-/.test(name));

  it('reads a path, a URL and bytes alike', async () => {
    const path = join(DOCUMENTS, 'letter.pdf');
    const fromPath = (await engine.read(path)).markdown();
    expect(fromPath).toMatch(/^# Harbour Library Newsletter\n/);
    expect((await engine.read(pathToFileURL(path))).markdown()).toBe(fromPath);
    expect((await engine.read(readFileSync(path))).markdown()).toBe(fromPath);
  });

  it('gives a document in every format', async () => {
    const document = await engine.read(readFileSync(join(DOCUMENTS, 'scan.pdf')));
    const sentence = 'Present were fourteen members and two guests.';
    expect(document.markdown().replaceAll('\n', ' ')).toContain(sentence);
    expect(document.text().replaceAll('\n', ' ')).toContain(sentence);
    expect(document.html()).toContain(sentence);
    expect(document.hocr()).toMatch(/<span class="ocrx_word"[^>]*>Present<\/span>/);
    expect(document.alto()).toContain('CONTENT="Present"');
    expect(Value.Check(Job, document.json())).toBe(true);
    expect(document.json().results).toBe(document.pages);
    const pdf = await document.searchablePdf();
    const [page] = (await engine.read(pdf, { text_layer: 'only' })).pages;
    expect(page !== undefined && 'raw_markdown' in page && page.raw_markdown.replaceAll('\n', ' ')).toContain(sentence);
    expect(temporary()).toEqual([]);
  });

  it('gives what `omega ocr` writes', async () => {
    const path = join(DOCUMENTS, 'table.pdf');
    const { stdout } = spawnSync('node', [join(ROOT, 'dist/main.js'), 'ocr', path], { encoding: 'utf8' });
    expect(`${(await engine.read(path)).markdown()}\n`).toBe(stdout);
  });

  it('gives pages in order, those that were asked for, with words where they were asked for', async () => {
    const numbersOf = async (options: ReadOptions) => {
      const found: string[] = [];
      for await (const page of engine.pages(join(DOCUMENTS, 'two-pages.tiff'), options)) {
        const hasWords = 'content_blocks' in page && page.content_blocks[0]?.lines[0]?.words !== undefined;
        found.push(`${page.page_number}${hasWords ? ' with words' : ''}`);
      }
      return found;
    };
    expect(await numbersOf({})).toEqual(['1', '2']);
    expect(await numbersOf({ pages: '2', word_boxes: true })).toEqual(['2 with words']);
  });

  it('ends the reading where the loop is left, and removes what it wrote', async () => {
    const bytes = readFileSync(join(DOCUMENTS, 'two-pages.tiff'));
    for await (const page of engine.pages(bytes)) {
      expect(page.page_number).toBe(1);
      expect(temporary()).toHaveLength(1);
      break;
    }
    expect(temporary()).toEqual([]);
  });

  it('refuses what it does not know, and says what was meant', async () => {
    const scan = join(DOCUMENTS, 'scan.pdf');
    const read = (options: object, source = scan) => refusal(engine.read(source, options));
    expect(await read({ languagees: ['en'] })).toBe(
      'request.option-invalid: Misspelled option "languagees" should be "languages".',
    );
    expect(await read({ mode: 'fsat' })).toContain(
      'must be one of auto, fast, quality (did you mean "fast"?), not "fsat"',
    );
    expect(await read({ languages: 'en' })).toBe(
      'request.option-invalid: Option "languages" must be an array of texts, each item matching ^[a-z]{2,3}$, not "en".',
    );
    expect(await read({ languages: ['vi'] })).toMatch(/^request\.option-invalid: /);
    expect(await read({ searchable_pdf: true })).toMatch(/^request\.option-invalid: Unknown option/);
    expect(await read({ pages: '7' })).toMatch(/^page\.out-of-range: /);
    expect(await read({}, join(DOCUMENTS, 'gone.pdf'))).toMatch(/^file\.missing: /);
    expect(await refusal(engine.read(new Uint8Array([1, 2, 3])))).toMatch(/^file\.unsupported-type: /);
    expect(await refusal(engine.pages(scan, { pages: 'x' }).next())).toMatch(/^request\.option-invalid: /);
    expect(await refusal(library.openEngine({ thread: 2 } as object))).toBe(
      'config.invalid: Misspelled option "thread" should be "threads".',
    );
    expect(await refusal(library.openEngine({ modelsDir: join(project, 'nothing') }))).toMatch(/^model\.missing: /);
  });

  it('stops where the signal says so', async () => {
    const stopping = new AbortController();
    const reading = engine.read(join(DOCUMENTS, 'scan.pdf'), { text_layer: 'ignore', signal: stopping.signal });
    stopping.abort();
    expect(await refusal(reading)).toMatch(/^job\.cancelled: /);
    expect(await refusal(engine.pages(join(DOCUMENTS, 'scan.pdf'), { signal: AbortSignal.abort() }).next())).toMatch(
      /^job\.cancelled: /,
    );
  });

  it('lets the program end once it is closed', () => {
    const program = `import { openEngine } from 'ocr-omega';
      const engine = await openEngine({ threads: 1 });
      const reading = engine.read(${JSON.stringify(join(DOCUMENTS, 'scan.pdf'))}).catch(({ code }) => console.log(code));
      await engine.close();
      await reading;`;
    writeFileSync(join(project, 'close.mjs'), program);
    expect(run('close.mjs')).toEqual({ status: 0, stdout: 'engine.unavailable\n', stderr: '' });
  });
});
