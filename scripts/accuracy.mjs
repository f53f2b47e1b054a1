#!/usr/bin/env node
/**
 * Reads evaluation sets and scores what came out.
 *
 *   npm run --silent accuracy -- DIR [--sets funsd,sroie] [--mode quality] [--text-layer ignore] [--keep OUT]
 *
 * DIR holds `score.py` and one folder a set, each with `dev/gt.jsonl` and the documents that it names. The score needs
 * python3 with rapidfuzz; where it is missing, a virtual environment of its own is made under build/.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VENV_PYTHON = join(ROOT, 'build', 'accuracy', 'bin', 'python');

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sets: { type: 'string' },
    mode: { type: 'string', default: 'auto' },
    'text-layer': { type: 'string', default: 'ignore' },
    keep: { type: 'string' },
  },
});
const [dir] = positionals;
if (dir === undefined || !existsSync(join(dir, 'score.py'))) {
  console.error('accuracy: a folder with score.py and the evaluation sets was expected as the first argument.');
  process.exit(2);
}

const python = pythonWithRapidfuzz();
const known = readdirSync(dir).filter((name) => existsSync(join(dir, name, 'dev', 'gt.jsonl')));
const sets = flags.sets?.split(',') ?? known;
const unknown = sets.find((name) => !known.includes(name));
if (unknown !== undefined) {
  console.error(`accuracy: no set is named "${unknown}"; there are ${known.join(', ')}.`);
  process.exit(2);
}

console.log(`mode ${flags.mode}, text layer ${flags['text-layer']}, commit ${commit()}`);
const work = mkdtempSync(join(tmpdir(), 'omega-accuracy-'));
try {
  for (const set of sets) measure(set);
} finally {
  rmSync(work, { recursive: true });
}

function measure(set) {
  const dev = join(dir, set, 'dev');
  const truth = join(dev, 'gt.jsonl');
  const files = readFileSync(truth, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).file);
  const out = flags.keep === undefined ? join(work, set) : resolve(flags.keep, set);
  mkdirSync(out, { recursive: true });
  const startedAt = performance.now();
  const run = spawnSync(
    process.execPath,
    [
      join(ROOT, 'dist', 'main.js'),
      'ocr',
      '--out',
      out,
      '--format',
      'json,txt',
      '--mode',
      flags.mode,
      '--text-layer',
      flags['text-layer'],
      ...files.map((file) => join(dev, file)),
    ],
    { encoding: 'utf8' },
  );
  const seconds = (performance.now() - startedAt) / 1000;
  if (run.status !== 0) console.log(run.stderr.trim());
  const predictions = files
    .filter((file) => existsSync(join(out, `${file}.json`)))
    .map((file) => prediction(out, file));
  const pages = predictions.reduce((sum, { pages }) => sum + pages, 0);
  const predictionFile = join(out, 'predictions.jsonl');
  writeFileSync(predictionFile, predictions.map((line) => `${JSON.stringify(line)}\n`).join(''));
  console.log(`\n== ${set}: ${files.length} files, ${pages} pages, ${(pages / seconds).toFixed(2)} pages/s`);
  console.log(execFileSync(python, [join(dir, 'score.py'), predictionFile, truth], { encoding: 'utf8' }).trim());
}

/** A job's JSON in the scorer's form: pixels, whole text, Markdown, tables. */
function prediction(out, file) {
  const job = JSON.parse(readFileSync(join(out, `${file}.json`), 'utf8'));
  const read = job.results.filter((page) => page.content_blocks !== undefined);
  return {
    file,
    pages: job.results.length,
    text: readFileSync(join(out, `${file}.txt`), 'utf8'),
    markdown: read.map((page) => page.raw_markdown).join('\n\n'),
    lines: read.flatMap(({ content_blocks, document_metadata: { page_dimensions: size } }) =>
      content_blocks.flatMap((block) =>
        block.lines.map(({ text, polygon }) => ({
          text,
          quad: polygon.map(([x, y]) => [x * size.width, y * size.height]),
        })),
      ),
    ),
    tables: read.flatMap((page) => page.content_blocks.flatMap((block) => (block.table ? [block.table.html] : []))),
  };
}

function commit() {
  return execFileSync('git', ['-C', ROOT, 'describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
}

function pythonWithRapidfuzz() {
  for (const candidate of ['python3', VENV_PYTHON]) {
    if (spawnSync(candidate, ['-c', 'import rapidfuzz']).status === 0) return candidate;
  }
  console.error('accuracy: installing rapidfuzz into build/accuracy');
  execFileSync('python3', ['-m', 'venv', join(ROOT, 'build', 'accuracy')]);
  execFileSync(VENV_PYTHON, ['-m', 'pip', 'install', '--quiet', 'rapidfuzz']);
  return VENV_PYTHON;
}
