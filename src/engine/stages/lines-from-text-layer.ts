/**
 * Turns a PDF's text layer into lines as a reader sees them, in pixels of the page image: glyph runs that stand on
 * one baseline and touch become one line, runs with a wide gap inside become several, text printed twice in one place
 * (the usual imitation of bold) is kept once.
 */
import type { Point, Quad } from '../../schema/document.js';
import { RIGHT_TO_LEFT, readsRightToLeft } from '../../schema/writing-direction.js';
import { readingAngle, type StyledLine } from './line-box.js';
import { once } from './once.js';
import type { TextLayer, TextLayerLine, TextLayerWord } from './open.js';
import { readText, readWords } from './right-to-left.js';

/** Gaps in units of the font size. A justified word space seldom exceeds 0.7; a column gutter is seldom below 1. */
const JOIN_GAP = 0.7;
const SPLIT_GAP = 2;
/** A gap from which a space stands between two runs; a word space is about 0.25, kerning below 0.1. */
const SPACE_GAP = 0.12;

interface Run {
  readonly text: string;
  readonly words: () => readonly TextLayerWord[];
  readonly quad: Quad;
  readonly size: number;
  readonly bold: boolean;
  readonly italic: boolean;
  /** Position along and across the reading direction, in points. */
  readonly start: number;
  readonly end: number;
  readonly top: number;
  readonly bottom: number;
}

/** `scale`: pixels a point. */
export function linesFromTextLayer(layer: TextLayer, scale: number): StyledLine[] {
  const byDirection = new Map<number, Run[]>();
  for (const line of layer.lines) {
    // Runs of one direction are compared in the frame of that direction; a degree apart is the same direction.
    const angle = Math.round(readingAngle(line.quad));
    const runs = byDirection.get(angle) ?? [];
    runs.push(...splitAtGaps(line, angle));
    byDirection.set(angle, runs);
  }
  const isBase = readsRightToLeft(layer.lines.map(({ text }) => text));
  const lines: StyledLine[] = [];
  for (const [angle, runs] of byDirection) {
    for (const run of joinOnBaseline(joinInitials(withoutReprints(runs), angle), angle)) {
      // Glyphs without characters have held their lines together; that is all they can do.
      if (run.text.trim() !== '') lines.push(toLine(run, scale, isBase));
    }
  }
  return lines;
}

function along(quad: Quad, angle: number): Span {
  const radians = (-angle * Math.PI) / 180;
  const cos = Math.cos(radians);
  const sin = Math.sin(radians);
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (const { x, y } of quad) {
    const along = x * cos - y * sin;
    const across = x * sin + y * cos;
    if (along < start) start = along;
    if (along > end) end = along;
    if (across < top) top = across;
    if (across > bottom) bottom = across;
  }
  return { start, end, top, bottom };
}

function joinQuads(first: Quad, last: Quad): Quad {
  return [first[0] as Point, last[1] as Point, last[2] as Point, first[3] as Point];
}

/** Gaps are measured along the line, and here along its direction to a degree: this much nearer they may still be cut at. */
const GAP_TOLERANCE = 0.1;

function splitAtGaps(line: TextLayerLine, angle: number): Run[] {
  const size = Math.max(line.fontSizePt, 1);
  const style = { size, bold: line.bold, italic: line.italic };
  const whole = (): Run[] => [
    { text: line.text.trim(), words: line.words, quad: line.quad, ...style, ...along(line.quad, angle) },
  ];
  if (line.widestGapPt < (SPLIT_GAP - GAP_TOLERANCE) * size) return whole();
  const pieces: TextLayerWord[][] = [[]];
  let end = Number.POSITIVE_INFINITY;
  for (const word of line.words()) {
    const span = along(word.quad, angle);
    if (span.start - end > SPLIT_GAP * size) pieces.push([]);
    pieces.at(-1)?.push(word);
    end = span.end;
  }
  if (pieces.length === 1) return whole();
  return pieces.map((piece) => {
    const quad = joinQuads((piece[0] as { quad: Quad }).quad, (piece[piece.length - 1] as { quad: Quad }).quad);
    return { text: textOf(piece), words: () => piece, quad, ...style, ...along(quad, angle) };
  });
}

/** Drops a run that repeats the text of another in the same place. */
function withoutReprints(runs: readonly Run[]): Run[] {
  const seen = new Map<string, Run[]>();
  return runs.filter((run) => {
    const twins = seen.get(run.text);
    if (twins === undefined) {
      seen.set(run.text, [run]);
      return true;
    }
    // Imitated bold and shadows are shifted by far less than half a letter.
    const near = 0.4 * run.size;
    if (twins.some((twin) => Math.abs(twin.start - run.start) < near && Math.abs(twin.top - run.top) < near))
      return false;
    twins.push(run);
    return true;
  });
}

/** Type this much larger than what is beside it is an initial, a headline or a pulled quote. */
const UNLIKE_SIZE = 2;
/** Between an initial and its word, in its own size: a letter's box may reach over the next. */
const INITIAL_GAP = { min: -0.1, max: 0.4 } as const;
/** Lines beside an initial; with fewer it stands on the baseline of its word. */
const INITIAL_LINES = 2;

/** The first letter of a text that is set several lines high begins the uppermost of them, and is no higher than that. */
function joinInitials(runs: readonly Run[], angle: number): readonly Run[] {
  const initials = runs.filter(({ text }) => /^\p{Pi}?\p{L}$/u.test(text));
  const joined = new Map<Run, Run | undefined>();
  for (const initial of initials) {
    const beside = runs.filter((run) => {
      const middle = (run.top + run.bottom) / 2;
      const gap = run.start - initial.end;
      return (
        initial.size >= UNLIKE_SIZE * run.size &&
        gap >= INITIAL_GAP.min * initial.size &&
        gap <= INITIAL_GAP.max * initial.size &&
        middle > initial.top &&
        middle < initial.bottom
      );
    });
    if (beside.length < INITIAL_LINES) continue;
    const first = beside.reduce((upper, run) => (run.top < upper.top ? run : upper));
    if (joined.has(first)) continue;
    const space = first.start - initial.end > SPACE_GAP * initial.size;
    joined.set(first, join({ ...initial, top: first.top, bottom: first.bottom }, first, space, angle));
    joined.set(initial, undefined);
  }
  return joined.size === 0 ? runs : runs.flatMap((run) => (joined.has(run) ? (joined.get(run) ?? []) : run));
}

function onOneBaseline(a: Run, b: Run): boolean {
  // Half of the lower run's height must overlap: enough for sub- and superscripts, too much for the next line.
  const overlap = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return overlap > 0.5 * Math.min(a.bottom - a.top, b.bottom - b.top);
}

function joinOnBaseline(runs: readonly Run[], angle: number): Run[] {
  const sorted = [...runs].sort((a, b) => a.start - b.start);
  const open: Run[] = [];
  const done: Run[] = [];
  for (const run of sorted) {
    let joined = false;
    for (let i = open.length - 1; i >= 0; i--) {
      const before = open[i] as Run;
      const [smaller, larger] = before.size < run.size ? [before.size, run.size] : [run.size, before.size];
      // What is unlike in size is of one line only where it touches, as indices do.
      const size = larger < UNLIKE_SIZE * smaller ? larger : smaller;
      const gap = run.start - before.end;
      const inserted = gap < 0 && onOneBaseline(before, run) ? insert(before, run, angle) : undefined;
      if (inserted !== undefined) {
        open[i] = inserted;
        joined = true;
        break;
      }
      if (gap > SPLIT_GAP * larger) {
        // Sorted by start: nothing that follows can reach back to this one, unless it is much larger.
        if (gap > 20 * larger) done.push(...open.splice(i, 1));
        continue;
      }
      if (gap > JOIN_GAP * size || gap < -0.5 * smaller || !onOneBaseline(before, run)) continue;
      open[i] = join(before, run, gap > SPACE_GAP * size, angle);
      joined = true;
      break;
    }
    if (!joined) open.push(run);
  }
  // Content order is lost by the sort; the layout stages order by geometry alone.
  return [...done, ...open];
}

function join(a: Run, b: Run, space: boolean, angle: number): Run {
  // The longer run speaks for the size and weight of the line: a superscript must not.
  const main = b.text.length > a.text.length ? b : a;
  const quad = spanning(a, b, angle);
  return {
    text: a.text + (space ? ' ' : '') + b.text,
    words: once(() => (space ? [...a.words(), ...b.words()] : joinWords(a, b, angle))),
    quad,
    size: main.size,
    bold: main.bold,
    italic: main.italic,
    start: a.start,
    end: Math.max(a.end, b.end),
    top: Math.min(a.top, b.top),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

/** A run that stands in a gap between two words of `line`, as indices often do: one line, its words in their order. */
function insert(line: Run, run: Run, angle: number): Run | undefined {
  const words = line.words();
  const spans = words.map((word) => along(word.quad, angle));
  const next = spans.findIndex((span) => span.end > run.start + SPACE_GAP * line.size);
  const before = spans[next - 1];
  const after = spans[next];
  if (before === undefined || after === undefined) return undefined;
  if (after.start < run.end - SPACE_GAP * line.size) return undefined;
  const size = Math.max(line.size, run.size);
  const [first, last] = [words.slice(0, next), words.slice(next)];
  const left = { ...line, ...before, words: () => first, text: textOf(first) };
  const right = { ...line, ...after, end: line.end, words: () => last, text: textOf(last) };
  const spaceBefore = run.start - before.end > SPACE_GAP * size;
  const spaceAfter = after.start - run.end > SPACE_GAP * size;
  const joined = join(join({ ...left, start: line.start }, run, spaceBefore, angle), right, spaceAfter, angle);
  return { ...joined, size: line.size, bold: line.bold, italic: line.italic };
}

function textOf(words: readonly TextLayerWord[]): string {
  return words.map(({ text }) => text).join(' ');
}

/** The last word of `a` and the first of `b` touch: they are one word. */
function joinWords(a: Run, b: Run, angle: number): readonly TextLayerWord[] {
  const [before, behind] = [a.words(), b.words()];
  const last = before.at(-1);
  const [first] = behind;
  if (last === undefined || first === undefined) return [...before, ...behind];
  const quad = spanning(along(last.quad, angle), along(first.quad, angle), angle);
  return [...before.slice(0, -1), { text: last.text + first.text, quad }, ...behind.slice(1)];
}

type Span = Pick<Run, 'start' | 'end' | 'top' | 'bottom'>;

/** The quad around both spans, turned back into the page. */
function spanning(a: Span, b: Span, angle: number): Quad {
  const radians = (angle * Math.PI) / 180;
  const cos = Math.cos(radians);
  const sin = Math.sin(radians);
  const back = (x: number, y: number): Point => ({ x: x * cos - y * sin, y: x * sin + y * cos });
  const start = Math.min(a.start, b.start);
  const end = Math.max(a.end, b.end);
  const top = Math.min(a.top, b.top);
  const bottom = Math.max(a.bottom, b.bottom);
  return [back(start, top), back(end, top), back(end, bottom), back(start, bottom)];
}

/** `isBase`: whether the page is read from right to left. */
function toLine(run: Run, scale: number, isBase: boolean): StyledLine {
  const scaled = (quad: Quad): Quad => quad.map(({ x, y }) => ({ x: x * scale, y: y * scale }));
  const shown = run.text.replace(/\s+/g, ' ').trim();
  const isMirrored = RIGHT_TO_LEFT.test(shown);
  return {
    text: isMirrored ? readText(shown, isBase) : shown,
    quad: scaled(run.quad),
    confidence: 1,
    source: 'text-layer',
    style: { fontSizePx: run.size * scale, bold: run.bold, italic: run.italic },
    makeWords: () => {
      const words = run.words().filter(({ text }) => text !== '');
      const read = isMirrored ? readWords(words, isBase) : words;
      return read.map(({ text, quad }) => ({ text, quad: scaled(quad), confidence: 1 }));
    },
  };
}
