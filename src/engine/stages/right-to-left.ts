/**
 * Text of scripts that are written from right to left. A PDF may draw it in any order, so that its glyphs are put as they
 * stand on the line, from left to right: words and lines are told by white then, as those of other scripts are. At the
 * end they are put into the order in which they are read, which is the reverse of what the Unicode Bidirectional
 * Algorithm does to show them.
 */
import { RIGHT_TO_LEFT } from '../../schema/writing-direction.js';

/** Letters from Hebrew to Arabic Extended-A and their forms in fonts, with the marks over them. */
export function isRightToLeft(codePoint: number): boolean {
  return (
    (codePoint >= 0x590 && codePoint <= 0x8ff) ||
    (codePoint >= 0xfb1d && codePoint <= 0xfdff) ||
    (codePoint >= 0xfe70 && codePoint <= 0xfefc)
  );
}

/** A character with the marks over it, which stay behind it. */
const CHARACTER = /\p{M}+|\P{M}\p{M}*/gu;

/** `shown`: from left to right. `isBase`: whether the text around it is read from right to left. */
export function readText(shown: string, isBase: boolean): string {
  const characters = shown.match(CHARACTER) ?? [];
  return withBracketsOpened(
    readingOrderOf(characters, isBase).map((index) => characters[index] as string),
    isBase,
  ).join('');
}

/** The words of a line in the order they are read, each as it is read. */
export function readWords<T extends { readonly text: string }>(shown: readonly T[], isBase: boolean): T[] {
  const characters = shown.flatMap(({ text }, word) => [
    ...(text.match(CHARACTER) ?? []).map((character) => ({ character, word })),
    { character: ' ', word: -1 },
  ]);
  const order = readingOrderOf(
    characters.map(({ character }) => character),
    isBase,
  );
  const words = new Set(order.map((index) => (characters[index] as { word: number }).word));
  words.delete(-1);
  return [...words].map((word) => {
    const own = shown[word] as T;
    return { ...own, text: readText(own.text, isBase) };
  });
}

type Kind = 'right-to-left' | 'left-to-right' | 'number' | 'neutral';

function kindOf(character: string): Kind {
  if (RIGHT_TO_LEFT.test(character)) return 'right-to-left';
  if (/\p{L}/u.test(character)) return 'left-to-right';
  return /\p{Nd}/u.test(character) ? 'number' : 'neutral';
}

/** Indices of the characters as they are read. */
function readingOrderOf(characters: readonly string[], isBase: boolean): number[] {
  const kinds = characters.map(kindOf);
  if (isBase) return reversed(characters, kinds, 0, characters.length);
  const order: number[] = [];
  for (let at = 0; at < kinds.length; ) {
    if (kinds[at] !== 'right-to-left') {
      order.push(at++);
      continue;
    }
    const end = endOfRun(kinds, at, kinds.length, 'right-to-left');
    order.push(...reversed(characters, kinds, at, end));
    at = end;
  }
  return order;
}

/** From the right; letters of other scripts with what is between them, and each number, from the left. */
function reversed(characters: readonly string[], kinds: readonly Kind[], from: number, to: number): number[] {
  const runs: number[][] = [];
  for (let at = from; at < to; ) {
    const end = endOfLeftToRight(characters, kinds, at, to);
    runs.push(Array.from({ length: end - at }, (_, i) => at + i));
    at = end;
  }
  return runs.reverse().flat();
}

function endOfLeftToRight(characters: readonly string[], kinds: readonly Kind[], from: number, to: number): number {
  if (kinds[from] === 'left-to-right') return endOfRun(kinds, from, to, 'left-to-right');
  if (kinds[from] !== 'number') return from + 1;
  let end = from + 1;
  while (end < to && (kinds[end] === 'number' || (joinsDigits(characters[end]) && kinds[end + 1] === 'number'))) end++;
  if (kinds[end] === 'left-to-right' && end < to) return endOfRun(kinds, end, to, 'left-to-right');
  return end < to && /[%‰°]/.test(characters[end] as string) ? end + 1 : end;
}

const joinsDigits = (character = '') => /^[.,:/\-٫٬]$/.test(character);

/** Behind the last letter of the run's kind, or number among them, before one of the other kind. */
function endOfRun(kinds: readonly Kind[], from: number, to: number, kind: 'left-to-right' | 'right-to-left'): number {
  const other = kind === 'left-to-right' ? 'right-to-left' : 'left-to-right';
  let end = from + 1;
  for (let at = from; at < to && kinds[at] !== other; at++) {
    if (kinds[at] === kind || (kinds[at] === 'number' && kind === 'left-to-right')) end = at + 1;
  }
  return end;
}

const MIRRORED: Readonly<Record<string, string>> = { '(': ')', ')': '(', '[': ']', ']': '[', '{': '}', '}': '{' };

/** PDFs name brackets by how they look or by what they are; where the first one closes, it is by how they look. */
function withBracketsOpened(characters: readonly string[], isBase: boolean): readonly string[] {
  const first = characters.find((character) => character in MIRRORED);
  if (!isBase || first === undefined || !/[)\]}]/.test(first)) return characters;
  return characters.map((character) => MIRRORED[character] ?? character);
}
