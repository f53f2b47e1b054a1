/**
 * The evaluation sets of a folder: `SET/dev/gt.jsonl`, one JSON object a line with at least `file`, beside the documents
 * that it names. What is shown of a set, and its goals, are in `sets.json`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DESCRIPTIONS = JSON.parse(readFileSync(new URL('sets.json', import.meta.url), 'utf8'));

/**
 * @typedef {object} Figure
 * @property {string} name as the scorer calls it
 * @property {string} label
 * @property {boolean} [lowerIsBetter]
 * @property {Readonly<Record<string, number>>} [goals] by mode
 *
 * @typedef {object} EvaluationSet
 * @property {string} name
 * @property {string} shows what its documents are
 * @property {string} folder of the documents
 * @property {string} truthFile
 * @property {readonly object[]} truth the parsed lines
 * @property {'auto' | 'ignore'} textLayer whether a PDF's own text may be used
 * @property {boolean} peers whether readers of images are to be compared
 * @property {readonly Figure[]} figures
 */

/** @returns {EvaluationSet[]} in the order of `sets.json`, then the ones that it does not know */
export function findSets(dir) {
  const present = readdirSync(dir).filter((name) => existsSync(join(dir, name, 'dev', 'gt.jsonl')));
  const known = Object.keys(DESCRIPTIONS).filter((name) => present.includes(name));
  return [...known, ...present.filter((name) => DESCRIPTIONS[name] === undefined)].map((name) => openSet(dir, name));
}

function openSet(dir, name) {
  const folder = join(dir, name, 'dev');
  const truthFile = join(folder, 'gt.jsonl');
  const truth = readFileSync(truthFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const {
    shows = `${truth.length} documents`,
    textLayer = 'ignore',
    peers = false,
    figures = [],
  } = DESCRIPTIONS[name] ?? {};
  return { name, shows, folder, truthFile, truth, textLayer, peers, figures };
}
