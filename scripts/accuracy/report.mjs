/** Results → Markdown. */
import { markdownTable } from '../markdown-table.mjs';
import { BLOCK_FATES } from './block-f1.mjs';
import { WORD_FATES } from './word-fates.mjs';

/** What a turned copy may lose. */
const TURN_TOLERANCE = 0.01;

/**
 * @typedef {object} Result of one reader on one set
 * @property {import('./sets.mjs').EvaluationSet} set
 * @property {{ id: string, label: string, mode?: string }} reader a mode of ours, or a peer
 * @property {number} turn degrees clockwise
 * @property {number} pages
 * @property {number} seconds
 * @property {Readonly<Record<string, number>>} figures
 * @property {Readonly<Record<string, Readonly<Record<string, number>>>>} [ofBlocks] by type and fate
 * @property {Readonly<Record<string, number>>} [ofWords] by fate
 */

/** @param {readonly Result[]} results @param {string} origin says how they were made */
export function accuracyReport(results, origin) {
  const upright = results.filter(({ turn }) => turn === 0);
  const ours = upright.filter(({ reader }) => reader.mode !== undefined);
  const beside = upright.filter(({ set }) =>
    upright.some((other) => other.set === set && other.reader.mode === undefined),
  );
  return [
    origin,
    ...section('Every set, and its goals', figureTable(ours, { withGoals: true })),
    ...section('Beside readers that use the same weights', figureTable(beside, { withGoals: false })),
    ...section('Turned copies', turnedTable(results)),
    ...section('Words, and what became of the true ones', wordTable(upright)),
    ...section('Blocks by type, and what became of the true ones', blockTable(ours)),
  ].join('\n\n');
}

/** Nothing where the table would be empty. */
function section(title, table) {
  return table === undefined ? [] : [`### ${title}`, table];
}

function figureTable(results, { withGoals }) {
  if (results.length === 0) return undefined;
  const readers = unique(results.map(({ reader }) => reader));
  const rows = unique(results.map(({ set }) => set)).flatMap((set) => {
    const cells = readers.map((reader) => results.find((result) => result.set === set && result.reader === reader));
    return [
      ...figuresOf(set, cells).map((figure) => [
        set.name,
        figure.label,
        ...cells.map((result) => result && figureCell(figure, result, withGoals)),
      ]),
      [set.name, 'pages/s', ...cells.map((result) => result && (result.pages / result.seconds).toFixed(2))],
    ];
  });
  return markdownTable(['set', 'figure', ...readers.map(({ label }) => label)], rows);
}

/** Of a set that is not described, all. */
function figuresOf(set, results) {
  if (set.figures.length > 0) return set.figures;
  return unique(results.flatMap((result) => Object.keys(result?.figures ?? {}))).map((name) => ({ name, label: name }));
}

function figureCell(figure, { figures, reader }, withGoals) {
  const value = figures[figure.name];
  if (value === undefined) return undefined;
  const goal = withGoals ? figure.goals?.[reader.mode] : undefined;
  if (goal === undefined) return value.toFixed(3);
  const reached = figure.lowerIsBetter ? value <= goal : value >= goal;
  return `${value.toFixed(3)}, ${reached ? 'reached' : '**missed**'} ${figure.lowerIsBetter ? '≤' : '≥'} ${goal}`;
}

function turnedTable(results) {
  const turns = unique(results.map(({ turn }) => turn)).filter((turn) => turn !== 0);
  if (turns.length === 0) return undefined;
  const rows = results
    .filter(({ turn, reader }) => turn === 0 && reader.mode !== undefined)
    .flatMap((upright) =>
      figuresOf(upright.set, [upright])
        .filter(({ name }) => !name.startsWith('block_f1'))
        .map((figure) => [
          upright.set.name,
          figure.label,
          upright.reader.label,
          upright.figures[figure.name]?.toFixed(3),
          ...turns.map((turn) => turnedCell(figure, upright, turn, results)),
        ]),
    );
  const headings = turns.map((turn) => `${turn}°`);
  return markdownTable(['set', 'figure', 'mode', 'upright', ...headings], rows);
}

function turnedCell(figure, upright, turn, results) {
  const turned = results.find(
    (result) => result.turn === turn && result.set === upright.set && result.reader === upright.reader,
  )?.figures[figure.name];
  if (turned === undefined) return undefined;
  const gained = (turned - upright.figures[figure.name]) * (figure.lowerIsBetter ? -1 : 1);
  return `${turned.toFixed(3)}${gained < -TURN_TOLERANCE ? ', **missed**' : ''}`;
}

function wordTable(results) {
  const withWords = results.filter(({ ofWords }) => ofWords !== undefined);
  if (withWords.length === 0) return undefined;
  const rows = withWords.map(({ set, reader, ofWords }) => [
    set.name,
    reader.label,
    ...WORD_FATES.map((fate) => ofWords[fate]),
  ]);
  return markdownTable(['set', 'mode', ...WORD_FATES], rows);
}

function blockTable(results) {
  const withBlocks = results.filter(({ ofBlocks }) => ofBlocks !== undefined);
  if (withBlocks.length === 0) return undefined;
  const rows = withBlocks.flatMap(({ reader, figures, ofBlocks }) =>
    Object.entries(ofBlocks).map(([type, counts]) => [
      reader.label,
      type,
      figures[`block_f1:${type}`].toFixed(3),
      ...BLOCK_FATES.map((fate) => counts[fate]),
    ]),
  );
  return markdownTable(['mode', 'type', 'F1', ...BLOCK_FATES], rows);
}

function unique(values) {
  return [...new Set(values)];
}
