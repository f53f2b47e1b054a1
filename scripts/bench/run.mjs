/**
 * How fast pages are read, beside the models' floor and beside other readers, in one run.
 *
 *   npm run --silent bench -- [DIR] [--quick] [--rows throughput,latency,…] [--write]
 *
 * DIR holds evaluation sets with their scorer, as for `npm run accuracy`; without it the pages are ones that the benchmark
 * sets itself, and accuracy is not told. `--quick` reads fewer pages, once. `--write` puts the tables into
 * docs/benchmarks.md. Every measure is of a fresh process; readers take turns. Nothing else should run on the machine.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { openScorer } from '../accuracy/scorer.mjs';
import { checkNames, commandLine } from '../command-line.mjs';
import { writeGeneratedPart } from '../generated-part.mjs';
import { temporaryFolder } from '../harness/server.mjs';
import { originOf } from '../origin.mjs';
import { peers } from '../peers/readers.mjs';
import { ROOT } from '../root.mjs';
import { compareLatency, compareThroughput } from './comparison.mjs';
import { pageKinds } from './documents.mjs';
import { measureFloor } from './floor.mjs';
import { judgeGoals } from './goals.mjs';
import { measureGrowth, measureScannedPdf, measureTextLayer } from './growth.mjs';
import { openMeasures } from './measures.mjs';
import { MODES } from './readers.mjs';
import { benchmarkReport } from './report.mjs';
import { measureServer } from './server.mjs';
import { measureStart } from './start.mjs';

/** 20 minutes and 5 on two cores. */
const FULL = {
  pages: 8,
  rounds: 3,
  kinds: ['form', 'receipt', 'typed', 'two-column'],
  latencyPages: 3,
  scannedPages: 12,
  bornDigitalPages: 300,
  pageCounts: [10, 100, 1000],
  scannedCounts: [1, 8, 32],
  lineCounts: [5, 20, 40, 80],
};
const QUICK = {
  pages: 3,
  rounds: 1,
  kinds: ['form', 'two-column'],
  latencyPages: 2,
  scannedPages: 4,
  bornDigitalPages: 100,
  pageCounts: [10, 100],
  scannedCounts: [1, 8],
  lineCounts: [5, 80],
};

const command = commandLine('bench', "How fast pages are read, beside the models' floor and beside other readers.")
  .argument('[dir]', 'a folder with score.py and the evaluation sets; pages set here unless said')
  .option('--quick', 'fewer pages, once')
  .option('--rows <names>', 'some of the rows, with commas between')
  .option('--write', 'put the tables into docs/benchmarks.md')
  .parse();
const [dir] = command.args;
const flags = command.opts();
if (dir !== undefined && !existsSync(join(dir, 'score.py'))) {
  command.error(`error: there is no score.py in ${dir}`);
}

const ROWS = {
  throughput: () => compareThroughput(kinds, [...MODES, ...others], scale.rounds, measures, { accuracyOf, fail }),
  latency: () => compareLatency(kinds, batching, scale.latencyPages, measures),
  floor: () => measureFloor(dense, MODES, Math.min(2, scale.rounds), measures),
  server: () => measureServer(kinds.slice(0, 1), [fast, auto], Math.min(2, scale.rounds), scale.latencyPages, measures),
  documents: async () => {
    await measureScannedPdf(folder, scale.scannedPages, MODES, 1, measures);
    await measureTextLayer(folder, scale.bornDigitalPages, scale.rounds, measures);
  },
  start: () => measureStart(kinds[0].paths[0], MODES, others, scale.rounds, measures),
  growth: () => measureGrowth({ ...scale, folder, fast, auto, paths: kinds[0].paths, measures }),
};
const wanted = flags.rows?.split(',') ?? Object.keys(ROWS);
// Before anything is installed or made for them.
checkNames(command, 'row', wanted, Object.keys(ROWS));

const scale = flags.quick ? QUICK : FULL;
const origin = originOf('bench', dir);
const score = dir === undefined ? undefined : openScorer(dir);
const folder = temporaryFolder('bench');
const kinds = (await pageKinds(dir, folder, scale.pages)).filter(({ id }) => scale.kinds.includes(id));
/** What could not be measured, and why; the rest goes on. */
const failures = [];
const others = peers().filter(canRun);
const measures = openMeasures();
const [fast, auto] = MODES;
/** The strongest of those that read several pages at a time: of the others a page alone takes its share of the batch. */
const batching = [...MODES, ...others.filter(({ id }) => id.startsWith('faster-paddle'))];
const dense = kinds.filter(({ id }) => id === 'two-column');
const growth = {
  'pages in a PDF, text layer': scale.pageCounts,
  'pages in a scanned PDF, `fast`': scale.scannedCounts,
  'threads, `auto`': Array.from({ length: availableParallelism() }, (_, i) => i + 1),
  'lines on a page, `fast`, one page after the other': scale.lineCounts,
};

for (const name of wanted) {
  const startedAt = performance.now();
  await ROWS[name]().catch((error) => fail(name, error));
  console.error(`== ${name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
}

const goals = judgeGoals(measures, kinds);
const report = benchmarkReport({ measures, kinds, readers: [...MODES, ...others], goals, growth, failures, origin });
console.log(report);
if (flags.write) writeGeneratedPart(join(ROOT, 'docs', 'benchmarks.md'), report);

/** undefined where there is no scorer. */
function accuracyOf(kind, readings) {
  if (score === undefined) return undefined;
  const predictions = readings.map(({ text, lines }, index) => ({
    file: basename(kind.paths[index]),
    text,
    lines,
  }));
  const file = join(folder, 'predictions.jsonl');
  writeFileSync(file, predictions.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return score(file, kind.truthFile)[kind.figure];
}

/** Installs what it needs. */
function canRun({ label, interpreter }) {
  try {
    interpreter();
    return true;
  } catch (error) {
    fail(label, error);
    return false;
  }
}

function fail(what, error) {
  console.error(`${what}: ${error.message}`);
  failures.push(what);
  process.exitCode = 1;
}
