#!/usr/bin/env node
/**
 * How well pages of each complexity are read by the smallest models, by those that their score chooses, and by the
 * largest: what the ranges of `complexity-score.ts` and the bounds between the classes are judged by.
 *
 *   npm run --silent calibration -- DIR [--sets funsd,unlv] [--degrade] [--keep OUT]
 *
 * DIR holds `score.py` and the sets (`accuracy/sets.mjs`). Text layers are ignored. With `--degrade` images are read as
 * blurred, compressed, noisy and small copies as well. With `--keep` readings stay in OUT, where those of an accuracy
 * run (the same layout) are taken as they are.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { readPages, readWithOmega } from './accuracy/omega.mjs';
import { openScorer } from './accuracy/scorer.mjs';
import { findSets } from './accuracy/sets.mjs';
import { checkNames, commandLine } from './command-line.mjs';

const MODES = ['fast', 'auto', 'quality'];
const CLASSES = ['simple', 'medium', 'complex'];
/** The same as `COMPLEXITY_BOUNDS`. */
const BOUNDS = [30, 60];

/** Copies as bad scanners, fax machines and messengers make them. */
const DEGRADATIONS = {
  blurred: (image) => image.blur(1.5).png(),
  compressed: (image) => image.jpeg({ quality: 15 }),
  noisy: async (image) => {
    const { width, height } = await image.metadata();
    const noise = { create: { width, height, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 25 } } };
    const grain = await sharp({ ...noise, create: { ...noise.create, background: '#808080' } })
      .png()
      .toBuffer();
    return image.composite([{ input: grain, blend: 'hard-light' }]).png();
  },
  small: async (image) => image.resize({ width: Math.round((await image.metadata()).width / 2) }).png(),
};

const command = commandLine('calibration', 'How well pages of each complexity are read by each of the tiers.')
  .argument('<dir>', 'a folder with score.py and the evaluation sets')
  .option('--sets <names>', 'some of the sets, with commas between')
  .option('--degrade', 'images as blurred, compressed, noisy and small copies as well')
  .option('--keep <out>', 'a folder where the readings stay')
  .parse();
const [dir] = command.args;
const flags = command.opts();
if (!existsSync(join(dir, 'score.py'))) command.error(`error: there is no score.py in ${dir}`);
const allSets = findSets(dir);
const setNames = allSets.map(({ name }) => name);
const wanted = flags.sets?.split(',') ?? setNames;
checkNames(command, 'set', wanted, setNames);
const sets = allSets.filter(({ name }) => wanted.includes(name));
const score = openScorer(dir);
const scratch = mkdtempSync(join(tmpdir(), 'omega-calibration-'));
const out = flags.keep === undefined ? scratch : resolve(flags.keep);
try {
  const rows = [];
  for (const set of sets) {
    rows.push(...(await calibrate(set.name, set.folder, set.truth)));
    if (!flags.degrade) continue;
    const images = set.truth.filter(({ file }) => !file.endsWith('.pdf'));
    for (const [name, degrade] of Object.entries(DEGRADATIONS)) {
      if (images.length === 0) continue;
      const folder = join(scratch, `${set.name}-${name}`);
      const truth = await degraded(set.folder, images, folder, degrade);
      rows.push(...(await calibrate(`${set.name}-${name}`, folder, truth)));
    }
  }
  console.log(table(rows));
} finally {
  rmSync(scratch, { recursive: true });
}

async function degraded(folder, truth, into, degrade) {
  mkdirSync(into, { recursive: true });
  const copies = [];
  for (const entry of truth) {
    const file = `${entry.file.replace(/\.\w+$/, '')}.copy`;
    writeFileSync(join(into, file), await (await degrade(sharp(join(folder, entry.file)).removeAlpha())).toBuffer());
    copies.push({ ...entry, file });
  }
  return copies;
}

/** One row a class that the set has pages of. Documents are counted by their hardest page. */
async function calibrate(name, folder, truth) {
  const places = {};
  for (const mode of MODES) places[mode] = await readingsOf(name, mode, folder, truth);
  const classes = new Map(truth.map(({ file }) => [file, classOf(readPages(places.auto, file))]));
  return CLASSES.flatMap((complexity) => {
    const members = truth.filter(({ file }) => classes.get(file) === complexity);
    if (members.length === 0) return [];
    const f1 = MODES.map((mode) => wordF1(members, places[mode]));
    console.log(`${name} ${complexity}: ${members.length} documents, ${f1.map(percent).join(' / ')}`);
    return [{ name, complexity, documents: members.length, f1 }];
  });
}

async function readingsOf(name, mode, folder, truth) {
  const place = join(out, name, mode);
  const predictionFile = join(place, 'predictions.jsonl');
  if (existsSync(predictionFile)) return place;
  mkdirSync(place, { recursive: true });
  const files = truth.map(({ file }) => file);
  const { predictions } = await readWithOmega({ mode, textLayer: 'ignore' }, folder, files, place);
  writeFileSync(predictionFile, predictions.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return place;
}

function classOf(pages) {
  const hardest = Math.max(...pages.map((page) => page.pipeline_metadata.complexity_score));
  return CLASSES[BOUNDS.filter((bound) => hardest >= bound).length];
}

function wordF1(members, place) {
  const wanted = new Set(members.map(({ file }) => file));
  const lines = readFileSync(join(place, 'predictions.jsonl'), 'utf8').trim().split('\n');
  const predictions = lines.filter((line) => wanted.has(JSON.parse(line).file));
  const predictionFile = join(scratch, 'predictions.jsonl');
  const truthFile = join(scratch, 'truth.jsonl');
  writeFileSync(predictionFile, predictions.map((line) => `${line}\n`).join(''));
  // Tables and assertions are slow to score, and not asked for.
  writeFileSync(
    truthFile,
    members.map((entry) => `${JSON.stringify({ ...entry, tables: null, tests: null })}\n`).join(''),
  );
  return score(predictionFile, truthFile).word_f1_nocase_pooled;
}

function table(rows) {
  const lines = rows.map(
    ({ name, complexity, documents, f1 }) =>
      `| ${name} | ${complexity} | ${documents} | ${f1.map(percent).join(' | ')} |`,
  );
  return ['| set | complexity | documents | `fast` | `auto` | `quality` |', '|---|---|--:|--:|--:|--:|', ...lines].join(
    '\n',
  );
}

function percent(share) {
  return share === undefined ? '—' : (100 * share).toFixed(1);
}
