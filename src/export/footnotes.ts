/**
 * Notes at the foot of a page and the marks in its text that refer to them. Only what belongs together beyond doubt is
 * tied: a number that begins a note, and stands once in the page's text where a mark would.
 */
import type { Block } from '../schema/document.js';

export interface Footnotes {
  /** By the note's block: its number. */
  readonly numbers: ReadonlyMap<Block, string>;
  /** Text of the page's other blocks, with `[^1]` for the mark of note 1. */
  readonly withMarks: (text: string) => string;
}

/** Of a page: each is looked for in all of its text. */
const MAX_NOTES = 40;
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
/** "1 See above", "¹See above", "1. See above": the number, and what parts it from the note. */
const NOTE = /^\(?(\d{1,3}|[⁰¹²³⁴-⁹]{1,3})[).]?(?:\s+|(?=\p{Lu}))(?=\S)/u;

/** `labelOf`: what a note's number is called in the document, where every page may begin at 1 again. */
export function footnotesOf(blocks: readonly Block[], labelOf: (number: string) => string): Footnotes {
  const numbers = new Map<Block, string>();
  const seen = new Set<string>();
  const patterns: { readonly pattern: RegExp; readonly label: string }[] = [];
  const text = blocks
    .filter(({ type }) => type === 'text' || type === 'list')
    .flatMap(({ lines }) => lines.map((line) => line.text))
    .join('\n');
  for (const block of blocks.filter(({ type }) => type === 'footnote').slice(0, MAX_NOTES)) {
    const number = noteNumber(block);
    if (number === undefined || seen.has(number)) continue;
    seen.add(number);
    const pattern = markPattern(number);
    if ((text.match(pattern) ?? []).length !== 1) continue;
    const label = labelOf(number);
    numbers.set(block, label);
    patterns.push({ pattern, label });
  }
  return {
    numbers,
    withMarks: (line) => patterns.reduce((marked, { pattern, label }) => marked.replace(pattern, `[^${label}]`), line),
  };
}

/** The note's text without its number. */
export function withoutNumber(text: string): string {
  return text.replace(NOTE, '');
}

function noteNumber(block: Block): string | undefined {
  const mark = NOTE.exec(block.lines[0]?.text.trim() ?? '')?.[1];
  return (
    mark && [...mark].map((digit) => (SUPERSCRIPTS.includes(digit) ? SUPERSCRIPTS.indexOf(digit) : digit)).join('')
  );
}

/** Raised digits behind anything but digits, or plain ones right behind a word or what ends its sentence. */
function markPattern(number: string): RegExp {
  const raised = [...number].map((digit) => SUPERSCRIPTS[Number(digit)]).join('');
  return new RegExp(
    `(?<=[^\\s${SUPERSCRIPTS}])${raised}(?![${SUPERSCRIPTS}])|(?<=\\p{Ll}{2}[.,;:)”"’]?)${number}(?=[\\s.,;:)]|$)`,
    'gmu',
  );
}
