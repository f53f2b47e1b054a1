/** What the speed should be, on two cores, and whether it is. */

const NOISY = ['form', 'receipt', 'typed'];
const CLEAN = ['two-column'];
const EQUAL_TIERS = { fast: 'tiny', quality: 'small' };

/** `auto` may be this much less accurate than `quality`. */
const AUTO_TOLERANCE = 0.005;
/** What memory may differ by and still count as flat. */
const FLAT = 1.1;

/**
 * @param {ReturnType<typeof import('./measures.mjs').openMeasures>} measures
 * @param {readonly { id: string }[]} kinds that were read
 * @returns {{ goal: string, found: string, reached: boolean }[]} those that something was measured for
 */
export function judgeGoals(measures, kinds) {
  const has = (ids) => ids.filter((id) => kinds.some((kind) => kind.id === id));
  return [
    ...has(CLEAN).flatMap((kind) => ['fast', 'auto', 'quality'].map((mode) => floor(measures, kind, mode))),
    ...has(NOISY).map((kind) => faster(measures, kind, 'fast', 'faster-paddle-tiny', 1.25)),
    ...has([...NOISY, ...CLEAN]).map((kind) => faster(measures, kind, 'quality', 'faster-paddle-small', 1.3)),
    ...has(CLEAN).map((kind) => faster(measures, kind, 'auto', 'quality', 3, AUTO_TOLERANCE)),
    ...has(NOISY).map((kind) => faster(measures, kind, 'auto', 'quality', 1.2, AUTO_TOLERANCE)),
    ...has(CLEAN).map((kind) => faster(measures, kind, 'auto', 'faster-paddle-small', 4)),
    ...has(NOISY).map((kind) => faster(measures, kind, 'auto', 'faster-paddle-small', 1.5)),
    ...has([...NOISY, ...CLEAN]).flatMap((kind) =>
      Object.entries(EQUAL_TIERS).flatMap(([mode, tier]) =>
        ['rapidocr', 'ppu-paddle-ocr'].map((peer) => times(measures, kind, mode, `${peer}-${tier}`, 3)),
      ),
    ),
    limit('born-digital PDF, text layer: ≥ 60 pages/s', measures.median(['text layer', 'all threads', 'pages/s']), 60),
    limit(
      'born-digital PDF, text layer, against bare MuPDF: ≥ 0.8',
      measures.ratio(['text layer', 'one thread', 'pages/s'], ['text layer', 'bare MuPDF, one thread', 'pages/s']),
      0.8,
    ),
    ...kinds.map(({ id }) =>
      limit(
        `${id}: HTTP server against the engine alone, \`auto\`: ≥ 0.95`,
        measures.ratio([id, 'auto', 'HTTP pages/s'], [id, 'auto', 'engine pages/s']),
        0.95,
      ),
    ),
    ...kinds.map(({ id }) =>
      limit(`${id}: peak memory, \`auto\`: ≤ 900 MB`, measures.median([id, 'auto', 'peak MB']), -900),
    ),
    flatMemory(measures),
    limit('cold start to the first page, `auto`: ≤ 1.2 s', measures.median(['auto', 'cold start s']), -1.2),
  ].filter((goal) => goal !== undefined);
}

function floor(measures, kind, mode) {
  return limit(`${kind}: floor ratio, \`${mode}\`: ≤ 1.10`, measures.median([kind, mode, 'floor ratio']), -1.1);
}

/** So many times as fast, and not less accurate. */
function faster(measures, kind, mode, other, factor, tolerance = 0) {
  const ratio = measures.ratio([kind, mode, 'pages/s'], [kind, other, 'pages/s']);
  if (ratio === undefined) return undefined;
  const [ours, theirs] = [mode, other].map((reader) => measures.median([kind, reader, 'accuracy']));
  const accurate = ours === undefined || theirs === undefined ? undefined : ours >= theirs - tolerance;
  const accuracies = accurate === undefined ? '' : `, accuracy ${ours.toFixed(3)} to ${theirs.toFixed(3)}`;
  return {
    goal: `${kind}: \`${mode}\` against ${other}, not less accurate: ≥ ${factor}×`,
    found: `${ratio.toFixed(2)}×${accuracies}`,
    reached: ratio >= factor && accurate !== false,
  };
}

function times(measures, kind, mode, other, factor) {
  const ratio = measures.ratio([kind, mode, 'pages/s'], [kind, other, 'pages/s']);
  return limit(`${kind}: \`${mode}\` against ${other}: ≥ ${factor}×`, ratio, factor);
}

/** A negative bound is the most that may be, a positive one the least. */
function limit(goal, value, bound) {
  if (value === undefined) return undefined;
  return { goal, found: value.toFixed(value < 10 ? 2 : 0), reached: bound < 0 ? value <= -bound : value >= bound };
}

function flatMemory(measures) {
  const [few, many] = [10, 1000].map((pages) => measures.median(['pages in a PDF, text layer', pages, 'peak MB']));
  if (few === undefined || many === undefined) return undefined;
  return {
    goal: 'peak memory, flat from 10 to 1,000 pages',
    found: `${few.toFixed(0)} MB to ${many.toFixed(0)} MB`,
    reached: many <= FLAT * few,
  };
}
