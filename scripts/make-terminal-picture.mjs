#!/usr/bin/env node
/**
 * Makes docs/images/terminal.png, the README's picture of a terminal in which `omega ocr` reads a folder: the fixtures are
 * read on a pseudo terminal, and the picture is what stood on it when half of the files were read.
 *
 *     npm run terminal-picture      # needs `script`, of util-linux
 */
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PICTURE = join(ROOT, 'docs/images/terminal.png');
const COMMAND = 'omega ocr scans --out read --format md,pdf';

const COLUMNS = 108;
const MARGIN_PX = 20;
const FONT_PX = 15;
const LINE_HEIGHT_PX = 24;
/** Of DejaVu Sans Mono. */
const CHARACTER_PX = 0.602 * FONT_PX;
const ESCAPE = '\x1b';
/** A bar as it is drawn, with how many files it tells of. */
const BAR = new RegExp(`\\[1G[█░]+ \\d+ % (\\d+) of (\\d+) files.*?${ESCAPE}\\[0K`, 'g');
/** What the bar is drawn by, each a sequence or a character. */
const TOKEN = new RegExp(`${ESCAPE}(?:\\[(\\d*)([A-Z])|[78])|.`, 'gsu');

/** Sharp on dense screens. */
const PIXEL_RATIO = 1.5;

const seen = untilHalf(await record());
const lines = [`$ ${COMMAND}`, ...screen(seen)];
const widthPx = Math.round(2 * MARGIN_PX + COLUMNS * CHARACTER_PX);
const heightPx = 2 * MARGIN_PX + lines.length * LINE_HEIGHT_PX;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx * PIXEL_RATIO}" height="${heightPx * PIXEL_RATIO}"
    viewBox="0 0 ${widthPx} ${heightPx}">
  <rect width="100%" height="100%" rx="8" fill="#0d1117"/>
  ${lines.map(textLine).join('')}
</svg>`;
const { size } = await sharp(Buffer.from(svg)).png({ palette: true, colors: 32, effort: 10 }).toFile(PICTURE);
console.error(`docs/images/terminal.png: ${Math.round(size / 1000)} kB`);

/** All that the command wrote to its terminal. */
async function record() {
  const folder = await mkdtemp(join(tmpdir(), 'omega-terminal-'));
  try {
    await cp(join(ROOT, 'test/fixtures/documents'), join(folder, 'scans'), {
      recursive: true,
      filter: (path) => !path.endsWith('.json'),
    });
    await mkdir(join(folder, 'bin'));
    await symlink(join(ROOT, 'dist/main.js'), join(folder, 'bin/omega'));
    const terminal = spawn('script', ['--quiet', '--command', `stty cols ${COLUMNS}; ${COMMAND}`, '/dev/null'], {
      cwd: folder,
      env: { ...process.env, PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    for await (const text of terminal.stdout.setEncoding('utf8')) output += text;
    return output;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The output up to the first bar that tells of half of the files. */
function untilHalf(output) {
  for (const bar of output.matchAll(BAR)) {
    if (Number(bar[1]) >= Number(bar[2]) / 2) return output.slice(0, bar.index + bar[0].length);
  }
  throw new Error(`The bar never told of half of the files:\n${output}`);
}

/** The lines that stand on a terminal after `output`: the few sequences that the bar is drawn by are understood. */
function screen(output) {
  const rows = [[]];
  let column = 0;
  for (const [token, parameter, command] of output.matchAll(TOKEN)) {
    const row = rows.at(-1);
    if (token === '\n') rows.push([]);
    else if (token === '\r') column = 0;
    else if (command === 'G') column = Number(parameter) - 1;
    else if (command === 'K') row.length = parameter === '2' ? 0 : Math.min(row.length, column);
    else if (command !== undefined) throw new Error(`The terminal knows no sequence ${JSON.stringify(token)}.`);
    else if (!token.startsWith(ESCAPE)) row[column++] = token;
  }
  return rows.map((row) => Array.from(row, (character) => character ?? ' ').join(''));
}

function textLine(text, index) {
  const y = MARGIN_PX + (index + 0.72) * LINE_HEIGHT_PX;
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const color = index === 0 ? '#7ee787' : '#e6edf3';
  return `<text x="${MARGIN_PX}" y="${y}" xml:space="preserve" font-family="DejaVu Sans Mono" font-size="${FONT_PX}" fill="${color}">${escaped}</text>`;
}
