/**
 * Reads evaluation sets and scores what came out, beside their goals and beside other readers.
 *
 *   npm run --silent accuracy -- DIR [--sets funsd,sroie] [--modes fast,auto,quality] [--peers] [--turn 90,180,270,3,-3]
 *                                    [--text-layer auto|ignore] [--keep OUT] [--write]
 *
 * DIR holds `score.py` and the sets (`sets.mjs`). Without `--text-layer` a set is read as `sets.json` says. `--peers` adds
 * other readers where a set is for them, `--turn` turned copies. With `--keep` the readings stay in OUT, and those that
 * this commit made there before are scored again instead of made again. `--write` puts the tables into docs/accuracy.md.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import { checkNames, commandLine } from '../command-line.mjs';
import { writeGeneratedPart } from '../generated-part.mjs';
import { commitOf, originOf } from '../origin.mjs';
import { PYTHON_PEERS, runReader } from '../peers/readers.mjs';
import { ROOT } from '../root.mjs';
import { blockFates, blockFigures } from './block-f1.mjs';
import { docLayNetBlocks } from './doclaynet.mjs';
import { readPages, readWithOmega } from './omega.mjs';
import { accuracyReport } from './report.mjs';
import { openScorer } from './scorer.mjs';
import { findSets } from './sets.mjs';
import { turnFiles } from './turn.mjs';
import { wordFates } from './word-fates.mjs';

const MODES = ['fast', 'auto', 'quality'];
const TEXT_LAYERS = ['auto', 'ignore'];

const command = commandLine('accuracy', 'Reads evaluation sets and scores what came out, beside their goals.')
  .argument('<dir>', 'a folder with score.py and the evaluation sets')
  .option('--sets <names>', 'some of the sets, with commas between')
  .option('--modes <names>', 'some of the modes, with commas between', MODES.join(','))
  .option('--peers', 'other readers as well, where a set is for them')
  .option('--turn <degrees>', 'copies turned clockwise as well, as in 90,180,3,-3', '')
  .addOption(new Option('--text-layer <use>', 'for all sets; as sets.json says unless said').choices(TEXT_LAYERS))
  .option('--keep <out>', 'a folder where the readings stay')
  .option('--write', 'put the tables into docs/accuracy.md')
  .parse();
const [dir] = command.args;
const flags = command.opts();
if (!existsSync(join(dir, 'score.py'))) command.error(`error: there is no score.py in ${dir}`);
const allSets = findSets(dir);
const setNames = allSets.map(({ name }) => name);
const wantedSets = flags.sets?.split(',') ?? setNames;
const modes = flags.modes.split(',');
checkNames(command, 'set', wantedSets, setNames);
checkNames(command, 'mode', modes, MODES);
const sets = wantedSets.map((name) => allSets[setNames.indexOf(name)]);
const turns = [0, ...flags.turn.split(',').filter(Boolean).map(Number)];
if (turns.some(Number.isNaN)) command.error(`error: --turn takes degrees, not ${flags.turn}`);

const readers = [
  ...modes.map((mode) => ({ id: mode, label: `\`${mode}\``, mode })),
  ...(flags.peers ? PYTHON_PEERS : []),
];
const commit = commitOf();
const origin = originOf('accuracy', dir);
const score = openScorer(dir);
const scratch = mkdtempSync(join(tmpdir(), 'omega-accuracy-'));
const out = flags.keep === undefined ? scratch : resolve(flags.keep);
const results = [];
try {
  for (const set of sets) {
    for (const turn of turns) {
      const folder = turn === 0 ? set.folder : join(scratch, `${set.name}@${turn}`);
      if (turn !== 0) await turnFiles(set.folder, filesOf(set), turn, folder);
      for (const reader of readers) {
        if (reader.mode === undefined && (turn !== 0 || !set.peers)) continue;
        results.push(await measure(set, turn, folder, reader));
      }
    }
  }
} finally {
  rmSync(scratch, { recursive: true });
}
const report = accuracyReport(results, origin);
console.log(`\n${report}`);
if (flags.write) writeGeneratedPart(join(ROOT, 'docs', 'accuracy.md'), report);

async function measure(set, turn, folder, reader) {
  const place = join(out, turn === 0 ? set.name : `${set.name}@${turn}`, reader.id);
  const { pages, seconds } = await readingAt(place, set, folder, reader);
  const blocks =
    set.name === 'doclaynet' && turn === 0 && reader.mode !== undefined ? docLayNetPages(set, place) : undefined;
  const figures = {
    ...score(join(place, 'predictions.jsonl'), set.truthFile),
    ...(blocks === undefined ? {} : blockFigures(blocks)),
  };
  const shown = Object.entries(figures).filter(([, value]) => !Number.isInteger(value) || value <= 1);
  console.log(
    `\n== ${set.name}${turn === 0 ? '' : ` turned ${turn}°`}, ${reader.id}: ${pages} pages, ${(pages / seconds).toFixed(2)} pages/s`,
  );
  console.log(shown.map(([name, value]) => `${name} ${value.toFixed(4)}`).join('\n'));
  const countsWords = turn === 0 && set.figures.some(({ name }) => name.startsWith('word_f1'));
  return {
    set,
    reader,
    turn,
    pages,
    seconds,
    figures,
    ofBlocks: blocks && blockFates(blocks),
    ofWords: countsWords ? wordFates(textsOf(set, place)) : undefined,
  };
}

/** What was read into the place, now or before. */
async function readingAt(place, set, folder, reader) {
  const textLayer = flags.textLayer ?? set.textLayer;
  const recordFile = join(place, 'reading.json');
  const made = `${commit} ${reader.label} ${textLayer}`;
  if (existsSync(recordFile) && !commit.endsWith('-dirty')) {
    const record = JSON.parse(readFileSync(recordFile, 'utf8'));
    if (record.made === made) return record;
  }
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const files = filesOf(set);
  const { predictions, pages, seconds, problems } =
    reader.mode === undefined
      ? await readWithPeer(reader, folder, files)
      : await readWithOmega({ mode: reader.mode, textLayer }, folder, files, place);
  for (const problem of problems) console.log(problem);
  writeFileSync(join(place, 'predictions.jsonl'), predictions.map((line) => `${JSON.stringify(line)}\n`).join(''));
  writeFileSync(recordFile, JSON.stringify({ made, pages, seconds }));
  return { pages, seconds };
}

async function readWithPeer(peer, folder, files) {
  const paths = files.map((file) => join(folder, file));
  const { readings, seconds } = await runReader(peer, paths, 'all');
  const predictions = readings.map(({ text, lines }, index) => ({ file: files[index], text, lines }));
  return { predictions, pages: files.length, seconds, problems: [] };
}

/** All that is on the pages, where the truth has that; a document that was not read has no text. */
function textsOf(set, place) {
  const predictions = readFileSync(join(place, 'predictions.jsonl'), 'utf8').split('\n').filter(Boolean);
  const read = new Map(predictions.map((line) => JSON.parse(line)).map(({ file, text }) => [file, text]));
  const joined = (parts) => parts?.map(({ text }) => text).join('\n');
  return set.truth.map(({ file, all_text, words, lines, text }) => ({
    truth: all_text ?? joined(words) ?? joined(lines) ?? text,
    read: read.get(file) ?? '',
  }));
}

/** Pages are as large as the truth says, whatever they were rendered at; one that was not read has no blocks. */
function docLayNetPages(set, place) {
  return set.truth.map(({ file, blocks, page_size }) => ({
    truth: blocks,
    found: readPages(place, file).flatMap((page) => docLayNetBlocks(page, page_size)),
  }));
}

function filesOf(set) {
  return set.truth.map(({ file }) => file);
}
