/** Measures → the tables of docs/benchmarks.md. */
import { markdownTable } from '../markdown-table.mjs';

/**
 * @param {object} run
 * @param {ReturnType<typeof import('./measures.mjs').openMeasures>} run.measures
 * @param {readonly object[]} run.kinds
 * @param {readonly object[]} run.readers
 * @param {readonly { goal: string, found: string, reached: boolean }[]} run.goals
 * @param {Readonly<Record<string, readonly number[]>>} run.growth the numbers that were measured, by what grows
 * @param {readonly string[]} run.failures what could not be measured
 * @param {string} run.origin
 */
export function benchmarkReport({ measures, kinds, readers, goals, growth, failures, origin }) {
  const ours = readers.filter(({ script }) => script.endsWith('omega-reader.mjs'));
  return [
    origin,
    failures.length === 0 ? undefined : `Not measured, since it failed: ${failures.join('; ')}.`,
    section(
      'Goals',
      ['goal', 'found', ''],
      1,
      goals.map(({ goal, found, reached }) => [goal, found, reached ? 'reached' : '**missed**']),
    ),
    ...kinds.map((kind) =>
      section(
        `${kind.label}: ${kind.paths.length} pages`,
        ['reader', 'pages/s', 'accuracy', 'one page, ms', 'peak MB'],
        1,
        readers.map(({ id, label }) => [
          label,
          measures.text([kind.id, id, 'pages/s']),
          measures.text([kind.id, id, 'accuracy'], 3),
          measures.text([kind.id, id, 'ms'], 0),
          measures.median([kind.id, id, 'peak MB'])?.toFixed(0),
        ]),
      ),
    ),
    section(
      'Beside the models’ floor',
      ['pages', 'mode', 'floor, ms a page', 'floor ratio'],
      2,
      kinds.flatMap((kind) =>
        ours.map(({ id, label }) => [
          kind.id,
          label,
          measures.text([kind.id, id, 'floor ms/page'], 0),
          measures.text([kind.id, id, 'floor ratio']),
        ]),
      ),
    ),
    section(
      'By HTTP',
      ['pages', 'mode', 'eight clients, pages/s', 'engine alone, pages/s', 'one client, ms a page'],
      2,
      kinds.flatMap((kind) =>
        ours.map(({ id, label }) => [
          kind.id,
          label,
          measures.text([kind.id, id, 'HTTP pages/s']),
          measures.text([kind.id, id, 'engine pages/s']),
          measures.text([kind.id, id, 'HTTP ms'], 0),
        ]),
      ),
    ),
    section('Whole documents', ['document', 'read', 'pages/s'], 2, [
      ...ours.map(({ id, label }) => ['scanned PDF', label, measures.text(['scanned PDF', id, 'pages/s'])]),
      ...['all threads', 'one thread', 'bare MuPDF, one thread'].map((name) => [
        'born-digital PDF',
        `text layer, ${name}`.replace('text layer, bare', 'bare'),
        measures.text(['text layer', name, 'pages/s'], 0),
      ]),
    ]),
    section(
      'Cold start',
      ['reader', 'seconds to the first result'],
      1,
      readers.map(({ id, label }) => [label, measures.text([id, 'cold start s'])]),
    ),
    section(
      'As things grow',
      ['what', 'number', 'pages/s', 'peak MB'],
      2,
      Object.entries(growth).flatMap(([what, numbers]) =>
        numbers.map((number) => [
          what,
          number,
          measures.text([what, number, 'pages/s']),
          measures.text([what, number, 'peak MB'], 0),
        ]),
      ),
    ),
  ]
    .filter((part) => part !== undefined)
    .join('\n\n');
}

/**
 * Rows of which nothing was measured are left out, and a table of such rows as a whole. `names`: how many of a row's first
 * cells say what it is of.
 */
function section(title, heading, names, rows) {
  const known = rows.filter((row) => row.slice(names).some((cell) => cell !== undefined));
  return known.length === 0 ? undefined : `### ${title}\n\n${markdownTable(heading, known)}`;
}
