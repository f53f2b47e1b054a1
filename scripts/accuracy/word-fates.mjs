/**
 * Why true words are lost, counted: what remains of a document's words, read and true, when those that agree are taken
 * away. It explains the scorer's word F1 and does not stand for it.
 */
import { distance } from 'fastest-levenshtein';

export const WORD_FATES = ['found', 'other case', 'joined or split', 'misread', 'missing', 'invented'];

/** A word that was read counts as a misreading of a true one while no more than this share of it differs. */
const MAX_MISREAD_SHARE = 0.5;

/** Scripts without spaces: each character is a word. */
const UNSPACED = /([\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])/gu;

/**
 * A true word is joined or split where it is part of a longer word that was read, or a word that was read is part of it. The
 * last fate is that of words that were read and explain no true one.
 *
 * @param {readonly { truth: string, read: string }[]} documents
 * @returns {Record<string, number>} words by fate
 */
export function wordFates(documents) {
  const fates = Object.fromEntries(WORD_FATES.map((fate) => [fate, 0]));
  for (const { truth, read } of documents) {
    const left = { truth: wordsOf(truth), read: wordsOf(read) };
    fates.found += takeAgreeing(left, (word) => word);
    fates['other case'] += takeAgreeing(left, (word) => word.toLowerCase());
    fates['joined or split'] += takeParts(left);
    fates.misread += takeMisread(left);
    fates.missing += left.truth.length;
    fates.invented += left.read.length;
  }
  return fates;
}

function wordsOf(text) {
  return text
    .normalize('NFKC')
    .replace(/[‘’]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[‐-―−]/g, '-')
    .replace(UNSPACED, ' $1 ')
    .split(/\s+/)
    .filter(Boolean);
}

/** Takes away pairs of words with the same key, and counts them. */
function takeAgreeing(left, keyOf) {
  const counts = new Map();
  for (const word of left.read) counts.set(keyOf(word), (counts.get(keyOf(word)) ?? 0) + 1);
  const before = left.truth.length;
  const taken = new Map();
  left.truth = left.truth.filter((word) => {
    const key = keyOf(word);
    const free = (counts.get(key) ?? 0) - (taken.get(key) ?? 0) > 0;
    if (free) taken.set(key, (taken.get(key) ?? 0) + 1);
    return !free;
  });
  left.read = left.read.filter((word) => {
    const due = taken.get(keyOf(word)) ?? 0;
    if (due > 0) taken.set(keyOf(word), due - 1);
    return due === 0;
  });
  return before - left.truth.length;
}

/** A word that was read explains as many characters as it has. */
function takeParts(left) {
  const read = left.read.map((word) => ({ word, key: word.toLowerCase(), free: word.length, used: false }));
  const before = left.truth.length;
  left.truth = left.truth.filter((word) => {
    const key = word.toLowerCase();
    const whole = read.find((candidate) => candidate.free >= key.length && candidate.key.includes(key));
    const parts = whole === undefined ? read.filter(({ key: part, used }) => !used && key.includes(part)) : [whole];
    const explained = parts.reduce((sum, part) => sum + Math.min(part.key.length, key.length), 0);
    if (explained < key.length / 2) return true;
    for (const part of parts) {
      part.free -= Math.min(part.free, key.length);
      part.used = true;
    }
    return false;
  });
  left.read = read.filter(({ used }) => !used).map(({ word }) => word);
  return before - left.truth.length;
}

/** The closest pairs first. */
function takeMisread(left) {
  const pairs = left.truth
    .flatMap((truth, i) =>
      left.read.map((read, j) => ({ i, j, share: distance(truth, read) / Math.max(truth.length, read.length) })),
    )
    .filter(({ share }) => share <= MAX_MISREAD_SHARE)
    .sort((a, b) => a.share - b.share);
  const [truth, read] = [new Set(), new Set()];
  for (const { i, j } of pairs) {
    if (truth.has(i) || read.has(j)) continue;
    truth.add(i);
    read.add(j);
  }
  left.truth = left.truth.filter((_, i) => !truth.has(i));
  left.read = left.read.filter((_, j) => !read.has(j));
  return truth.size;
}
