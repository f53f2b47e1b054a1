/**
 * Displayed equations of a page that is read from its text layer: lines of formulas, with their numbers, that stand
 * by themselves. No picture of the page is needed; on scans the layout model sees them.
 */
import type { Region } from './layout.js';
import { boundsOf, type LineBox, levelLines, median, type StyledLine } from './line-box.js';
import { rowsOf } from './reading-order.js';

/** What relates or combines the sides of a formula; Greek letters and digits are in prose as well. */
const RELATION = /[=<>≤≥≈≡≃≅∼∝≠≪≫→⇒↦∈⊂⊆∑∏∫√±]/u;
/** Words that formulas are made of. */
const FUNCTION = /^(?:sin|cos|tan|cot|sinh|cosh|tanh|exp|log|lim|max|min|sup|inf|det|ker|dim|deg|gcd|mod|arg|Tr|tr)$/u;
const NUMBER = /^\(\s*[A-Z]?\.?\d{1,3}(?:\.\d{1,3})*[a-z]?\s*\)$/u;
/** Ends of statements in programs, settings and addresses, where a sign of equality relates nothing. */
const CODE = /[;{}#"@]|==|:\/\//u;
/** Words of a line besides those of its formula ("for all", "where"): more are a sentence with a formula in it. */
const MAX_WORDS = 2;
/** The pieces of one formula (limits of sums, numerators, the next of its lines) are this many letter heights apart. */
const PIECE_GAP = { across: 3, down: 0.5 } as const;
/** Its number stands at the end of the line, up to this many letter heights away. */
const NUMBER_GAP = 40;
/** A formula within this many letter heights of prose on its own row is a part of the sentence. */
const PROSE_GAP = 3;

interface Piece {
  readonly box: LineBox;
  readonly kind: 'prose' | 'number' | 'formula' | 'bit';
  readonly row: number;
}

/** In the pixels of the lines; each encloses its lines. */
export function findEquations(
  lines: readonly StyledLine[],
  page: { readonly widthPx: number; readonly heightPx: number },
): readonly Region[] {
  if (!lines.some(({ text }) => RELATION.test(text))) return [];
  const { level } = levelLines(lines, page.widthPx, page.heightPx);
  const letter = median(level.map((line) => line.height));
  const pieces = rowsOf(level.map((line) => ({ ...line, atom: false }))).flatMap((row, index) => {
    const kinds = row.map((box) => kindOf(box.line.text));
    return row.map((box, i): Piece => {
      const kind = kinds[i] as Piece['kind'];
      const inSentence = (other: LineBox | undefined, at: number) =>
        other !== undefined && kinds[at] === 'prose' && gap(other, box) < PROSE_GAP * letter;
      const isProse = kind !== 'number' && (inSentence(row[i - 1], i - 1) || inSentence(row[i + 1], i + 1));
      return { box, kind: isProse ? 'prose' : kind, row: index };
    });
  });
  return clusters(pieces, letter)
    .filter((cluster) => cluster.some(({ kind }) => kind === 'formula'))
    .map((cluster) => {
      const { left, top, right, bottom } = boundsOf(cluster.flatMap(({ box }) => box.line.quad));
      return { type: 'equation', rect: { x: left, y: top, width: right - left, height: bottom - top }, score: 1 };
    });
}

function kindOf(text: string): Piece['kind'] {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed)) return 'number';
  const words = trimmed
    .split(/\s+/u)
    .filter((word) => /^[("“]?\p{L}{3,}[)”",.;:]*$/u.test(word) && !FUNCTION.test(word));
  if (words.length > MAX_WORDS || CODE.test(trimmed) || /\p{Script=Han}{2}|\p{Script=Hangul}{2}/u.test(trimmed))
    return 'prose';
  if (!RELATION.test(trimmed)) return words.length > 0 ? 'prose' : 'bit';
  return 'formula';
}

/** From the right edge of the one to the left edge of the other; below 0 where they overlap. */
function gap(a: LineBox, b: LineBox): number {
  return Math.max(a.left, b.left) - Math.min(a.right, b.right);
}

/** Pieces that belong together, from each formula outwards. Rows are few pieces wide: a piece looks at a few rows. */
function clusters(pieces: readonly Piece[], letter: number): Piece[][] {
  const rows = new Map<number, Piece[]>();
  for (const piece of pieces) {
    if (piece.kind === 'prose') continue;
    const row = rows.get(piece.row);
    if (row === undefined) rows.set(piece.row, [piece]);
    else row.push(piece);
  }
  for (const [index, row] of rows) if (row.length > MAX_ROW_PIECES) rows.delete(index);
  const free = new Set(pieces.filter(({ kind }) => kind !== 'prose'));
  const found: Piece[][] = [];
  for (const start of pieces) {
    if (start.kind !== 'formula' || !free.delete(start)) continue;
    const cluster = [start];
    for (const piece of cluster) {
      for (let row = piece.row - REACH; row <= piece.row + REACH; row++) {
        for (const other of rows.get(row) ?? []) {
          if (free.has(other) && belong(piece, other, letter)) {
            free.delete(other);
            cluster.push(other);
          }
        }
      }
    }
    found.push(cluster);
  }
  return found;
}

/** No formula has more in a row; grids of numbers do. */
const MAX_ROW_PIECES = 50;
/** Rows up and down that may hold pieces of one formula: limits and fractions make rows of their own. */
const REACH = 3;

function belong(a: Piece, b: Piece, letter: number): boolean {
  const across = gap(a.box, b.box);
  const down = Math.max(a.box.top, b.box.top) - Math.min(a.box.bottom, b.box.bottom);
  if (a.kind === 'number' && b.kind === 'number') return false;
  if (a.kind === 'number' || b.kind === 'number') return down < 0 && across < NUMBER_GAP * letter;
  return across < PIECE_GAP.across * letter && down < PIECE_GAP.down * letter;
}
