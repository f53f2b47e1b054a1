/**
 * Block F1: how many of a page's true blocks were found as one block of the same extent, and the other way round.
 *
 * A found block and a true one match where they overlap by half (IoU 0.5), each with one partner at most; of all ways to
 * pair them the one with the most pairs counts. By type, a pair needs the same type too. F1 is over the blocks of all
 * pages together.
 */
const MIN_IOU = 0.5;

/**
 * @typedef {{ type: string, bbox: readonly [number, number, number, number] }} TypedBox bbox: left, top, right, bottom
 * @typedef {{ truth: readonly TypedBox[], found: readonly TypedBox[] }} BlocksOfPage
 */

/**
 * @param {readonly BlocksOfPage[]} pages
 * @returns {Record<string, number>} `block_f1`, `block_f1_by_type`, and `block_f1:TYPE` for each type of the truth
 */
export function blockFigures(pages) {
  const types = [...new Set(pages.flatMap(({ truth }) => truth.map(({ type }) => type)))].sort();
  const counts = types.map((type) => ({ type, ...count(pages, type) }));
  const all = count(pages);
  return {
    block_f1: f1(all),
    block_f1_by_type: f1({ ...all, pairs: counts.reduce((sum, { pairs }) => sum + pairs, 0) }),
    ...Object.fromEntries(counts.map((byType) => [`block_f1:${byType.type}`, f1(byType)])),
  };
}

/** Of one type, or of all. */
function count(pages, type) {
  const sums = { pairs: 0, truth: 0, found: 0 };
  for (const page of pages) {
    const [truth, found] = [page.truth, page.found].map((boxes) =>
      boxes.filter((box) => type === undefined || box.type === type).map(({ bbox }) => bbox),
    );
    sums.pairs += mostPairs(truth.map((a) => [...found.keys()].filter((i) => iou(a, found[i]) >= MIN_IOU)));
    sums.truth += truth.length;
    sums.found += found.length;
  }
  return sums;
}

function f1({ pairs, truth, found }) {
  return truth + found === 0 ? 1 : (2 * pairs) / (truth + found);
}

/** Size of a maximum matching (Kuhn, 1955, by augmenting paths). `partners[i]`: what i may be paired with. */
function mostPairs(partners) {
  const owners = new Map();
  const augment = (i, seen) =>
    partners[i].some((partner) => {
      if (seen.has(partner)) return false;
      seen.add(partner);
      if (owners.has(partner) && !augment(owners.get(partner), seen)) return false;
      owners.set(partner, i);
      return true;
    });
  return partners.filter((_, i) => augment(i, new Set())).length;
}

function iou(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = ([left, top, right, bottom]) => (right - left) * (bottom - top);
  return (width * height) / (area(a) + area(b) - width * height);
}
