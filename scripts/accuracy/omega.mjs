/** Our own readings, by the command `omega ocr`, in the form that the scorer takes. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measuredRun } from '../measured-run.mjs';
import { ROOT } from '../root.mjs';

const MAIN = join(ROOT, 'dist', 'main.js');

/** A machine that is slow, or busy, is not to count as inaccurate. */
const PAGE_TIMEOUT_MS = '600000';

/**
 * @typedef {object} Prediction
 * @property {string} file
 * @property {string} text
 * @property {string} [markdown]
 * @property {readonly { text: string, quad: number[][] }[]} lines quads in pixels
 * @property {readonly string[]} [tables] HTML
 */

/**
 * @param {{ mode: string, textLayer: string }} options
 * @param {string} folder that holds the files
 * @param {readonly string[]} files
 * @param {string} out where the results are written
 * @returns {Promise<{ predictions: Prediction[], pages: number, seconds: number, problems: string[] }>} `seconds` of the
 *   whole process, its start included
 */
export async function readWithOmega({ mode, textLayer }, folder, files, out) {
  const flags = ['--out', out, '--format', 'json,txt', '--mode', mode, '--text-layer', textLayer];
  const paths = files.map((file) => join(folder, file));
  const { stderr, seconds } = await measuredRun(process.execPath, [MAIN, 'ocr', ...flags, ...paths], {
    environment: { OMEGA_PAGE_TIMEOUT_MS: PAGE_TIMEOUT_MS },
  });
  const read = files.filter((file) => existsSync(join(out, `${file}.json`)));
  return {
    predictions: read.map((file) => prediction(out, file)),
    pages: read.reduce((sum, file) => sum + jobOf(out, file).results.length, 0),
    seconds,
    // Progress is told on the same stream.
    problems: stderr.split('\n').filter((line) => paths.some((path) => line.startsWith(path))),
  };
}

/** The pages of a document that were read, as the API gives them; none where it could not be opened. */
export function readPages(out, file) {
  if (!existsSync(join(out, `${file}.json`))) return [];
  return jobOf(out, file).results.filter((page) => page.content_blocks !== undefined);
}

function jobOf(out, file) {
  return JSON.parse(readFileSync(join(out, `${file}.json`), 'utf8'));
}

function prediction(out, file) {
  const pages = readPages(out, file);
  return {
    file,
    text: readFileSync(join(out, `${file}.txt`), 'utf8'),
    markdown: pages.map((page) => page.raw_markdown).join('\n\n'),
    lines: pages.flatMap(({ content_blocks, document_metadata: { page_dimensions: size } }) =>
      content_blocks.flatMap((block) =>
        block.lines.map((line) => ({
          text: line.text,
          quad: line.polygon.map(([x, y]) => [x * size.width, y * size.height]),
        })),
      ),
    ),
    tables: pages.flatMap((page) => page.content_blocks.flatMap((block) => (block.table ? [block.table.html] : []))),
  };
}
