/**
 * Stage marks: selection marks of forms, found by their boxes, become characters (☐, ☑) of the lines they stand in or
 * beside: "☐ Yes ☑ No". One without a line near it is a line of its own.
 */
import type { Point, Quad, TextLine, Word } from '../../schema/document.js';
import type { Native, RgbImage } from '../native.js';
import { type Box, boundsOf, median } from './line-box.js';
import { quadOf, sliceQuad } from './quad.js';

const EMPTY = '☐';
const CHECKED = '☑';
/** Where the text of such a line comes from: see `TextLine.source`. */
const SOURCE = 'selection-mark';
/** A box is a matter of geometry: no model is less than sure of it. */
const CONFIDENCE = 1;

/** Pages with more of them are patterns, not forms. */
const MAX_MARKS = 1000;
/** So many side by side, closer than half of their size, are the cells of a field that is filled letter by letter. */
const MIN_CELLS = 3;
const CELL_GAP = 0.5;
/** In line heights: a label follows its box, seldom the box its label. */
const LABEL_BEHIND = 2.5;
const LABEL_BEFORE = 1;
/** Of a mark's height, in the line. */
const LEVEL = 0.5;

/** How recognizers write a box that they see; and what else they take one for, where it stands alone. */
const BOX_GLYPHS = '□☐☑☒◻▢■囗';
const LOOKALIKES = '口日回田区因图XxVv✓√✗×OoD0CLU[]()|';

interface Mark {
  readonly box: Box;
  readonly text: string;
}

export function withSelectionMarks(image: RgbImage, lines: readonly TextLine[], native: Native): readonly TextLine[] {
  if (lines.length === 0) return lines;
  const lineHeight = median(lines.map(({ quad }) => heightOf(quad)));
  const { rects, checked } = native.findSelectionMarks(image, Math.max(1, lineHeight));
  if (checked.length > MAX_MARKS) return lines;
  const marks = Array.from(checked, (isChecked, i): Mark => {
    const [x, y, width, height] = rects.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    return { box: { left: x, top: y, right: x + width, bottom: y + height }, text: isChecked ? CHECKED : EMPTY };
  });
  return placeMarks(withoutCells(marks), lines);
}

function heightOf([a, b, c, d]: Quad): number {
  if (!(a && b && c && d)) return 0;
  return (Math.hypot(d.x - a.x, d.y - a.y) + Math.hypot(c.x - b.x, c.y - b.y)) / 2;
}

/** Without the cells of fields for single letters. */
function withoutCells(marks: readonly Mark[]): Mark[] {
  const sorted = [...marks].sort((a, b) => a.box.left - b.box.left);
  const runs: Mark[][] = [];
  for (const mark of sorted) {
    const size = mark.box.bottom - mark.box.top;
    const run = runs.find((members) => {
      const { box } = members[members.length - 1] as Mark;
      return mark.box.left - box.right < CELL_GAP * size && Math.abs(mark.box.top - box.top) < CELL_GAP * size;
    });
    if (run === undefined) runs.push([mark]);
    else run.push(mark);
  }
  return runs
    .filter((run) => run.length < MIN_CELLS)
    .flat()
    .sort((a, b) => a.box.top - b.box.top);
}

function placeMarks(marks: readonly Mark[], lines: readonly TextLine[]): readonly TextLine[] {
  const placed = [...lines];
  const boxes = lines.map(({ quad }) => boundsOf(quad));
  const alone: TextLine[] = [];
  for (const mark of marks) {
    const at = lineOf(mark.box, placed, boxes);
    if (at === undefined) {
      alone.push(lineOfMark(mark));
      continue;
    }
    const line = insert(mark, placed[at] as TextLine, boxes[at] as Box);
    if (line === undefined) continue;
    placed[at] = line;
    boxes[at] = boundsOf(line.quad);
  }
  return [...placed, ...alone];
}

/** The line that the mark stands in, else the one beside it. */
function lineOf(mark: Box, lines: readonly TextLine[], boxes: readonly Box[]): number | undefined {
  let best: number | undefined;
  let nearest = Infinity;
  boxes.forEach((box, i) => {
    const level = Math.min(mark.bottom, box.bottom) - Math.max(mark.top, box.top);
    if (level < LEVEL * (mark.bottom - mark.top)) return;
    const height = heightOf((lines[i] as TextLine).quad);
    // Turned lines have boxes that are much higher.
    if (box.bottom - box.top > 2 * height) return;
    const behind = (box.left - mark.right) / height;
    const before = (mark.left - box.right) / height;
    const distance = Math.max(behind, before, 0);
    if (distance > (behind > 0 ? LABEL_BEHIND : LABEL_BEFORE)) return;
    // Of two labels as near, the one behind its box.
    const cost = before > 0 ? distance + 0.5 : distance;
    if (cost < nearest) {
      nearest = cost;
      best = i;
    }
  });
  return best;
}

function lineOfMark({ box, text }: Mark): TextLine {
  const quad = quadOf(box);
  return { text, quad, confidence: CONFIDENCE, source: SOURCE, words: [{ text, quad, confidence: CONFIDENCE }] };
}

/** Undefined where the recognizer read a letter that is as square as a box: an "O", a "D", a "因". */
function insert(mark: Mark, line: TextLine, box: Box): TextLine | undefined {
  const word: Word = { text: mark.text, quad: quadOf(mark.box), confidence: CONFIDENCE };
  const centre = (mark.box.left + mark.box.right) / 2;
  const words: Word[] = [];
  let isPlaced = false;
  for (const each of line.words ?? []) {
    const { left, right } = boundsOf(each.quad);
    if (centre < left) {
      if (!isPlaced) words.push(word);
      isPlaced = true;
    }
    if (centre < left || centre > right) {
      words.push(each);
      continue;
    }
    const characters = [...each.text];
    const at = Math.min(characters.length - 1, Math.floor(((centre - left) / (right - left)) * characters.length));
    const read = characters[at] ?? '';
    if (!(BOX_GLYPHS.includes(read) || (characters.length === 1 && LOOKALIKES.includes(read)))) return undefined;
    const piece = (from: number, to: number): Word => ({
      ...each,
      text: characters.slice(from, to).join(''),
      quad: sliceQuad(each.quad, from / characters.length, to / characters.length),
    });
    if (at > 0) words.push(piece(0, at));
    words.push(word);
    if (at + 1 < characters.length) words.push(piece(at + 1, characters.length));
    isPlaced = true;
  }
  if (!isPlaced) words.push(word);
  const [a, b, c, d] = line.quad as [Point, Point, Point, Point];
  const left = Math.min(0, mark.box.left - box.left);
  const right = Math.max(0, mark.box.right - box.right);
  const quad = [
    { x: a.x + left, y: a.y },
    { x: b.x + right, y: b.y },
    { x: c.x + right, y: c.y },
    { x: d.x + left, y: d.y },
  ];
  return { ...line, text: words.map(({ text }) => text).join(' '), quad, words };
}
