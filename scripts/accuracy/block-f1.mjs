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
      boxes.filter((box) => type === undefined || box.type === type).map(boxOf),
    );
    sums.pairs += pairUp(truth, found).size;
    sums.truth += truth.length;
    sums.found += found.length;
  }
  return sums;
}

function f1({ pairs, truth, found }) {
  return truth + found === 0 ? 1 : (2 * pairs) / (truth + found);
}

/** What becomes of a true block; `found` is of the right type too. */
export const BLOCK_FATES = ['found', 'other type', 'merged with others', 'split', 'other extent', 'missing'];

/**
 * Why true blocks are lost. A block is merged where one found block covers most of it, split where several found ones lie
 * mostly inside it, missing where none touches it.
 *
 * @param {readonly BlocksOfPage[]} pages
 * @returns {Record<string, Record<string, number>>} blocks by type and fate
 */
export function blockFates(pages) {
  const fates = {};
  for (const { truth, found } of pages) {
    const pairs = pairUp(truth.map(boxOf), found.map(boxOf));
    const partners = new Map([...pairs].map(([foundIndex, truthIndex]) => [truthIndex, found[foundIndex]]));
    for (const [index, block] of truth.entries()) {
      fates[block.type] ??= Object.fromEntries(BLOCK_FATES.map((fate) => [fate, 0]));
      fates[block.type][fateOf(block, partners.get(index), found.map(boxOf))] += 1;
    }
  }
  return fates;
}

function fateOf({ type, bbox }, partner, found) {
  if (partner !== undefined) return partner.type === type ? 'found' : 'other type';
  if (found.some((box) => overlap(bbox, box) >= area(bbox) / 2)) return 'merged with others';
  if (found.filter((box) => overlap(bbox, box) >= area(box) / 2).length > 1) return 'split';
  return found.some((box) => overlap(bbox, box) > 0) ? 'other extent' : 'missing';
}

const boxOf = ({ bbox }) => bbox;

/** A maximum matching (Kuhn, 1955, by augmenting paths) of boxes that overlap enough: indices of `found` → of `truth`. */
function pairUp(truth, found) {
  const partners = truth.map((box) => [...found.keys()].filter((i) => iou(box, found[i]) >= MIN_IOU));
  const owners = new Map();
  const augment = (i, seen) =>
    partners[i].some((partner) => {
      if (seen.has(partner)) return false;
      seen.add(partner);
      if (owners.has(partner) && !augment(owners.get(partner), seen)) return false;
      owners.set(partner, i);
      return true;
    });
  for (const i of truth.keys()) augment(i, new Set());
  return owners;
}

function iou(a, b) {
  const shared = overlap(a, b);
  return shared === 0 ? 0 : shared / (area(a) + area(b) - shared);
}

function overlap(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return width > 0 && height > 0 ? width * height : 0;
}

function area([left, top, right, bottom]) {
  return (right - left) * (bottom - top);
}
