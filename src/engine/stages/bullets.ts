/**
 * Stage marks, of lists: dots and squares before lines, which detectors take for dust. They become bullets (•) of their
 * lines where several stand under each other.
 */
import type { Point, Quad, TextLine, Word } from '../../schema/document.js';
import type { RgbImage } from '../native.js';
import { type Box, boundsOf } from './line-box.js';
import { quadOf } from './quad.js';

const BULLET = '•';
/** A bullet is a matter of geometry: no model is less than sure of it. */
const CONFIDENCE = 1;

/** What follows is in heights of the line's box, which is about 1.3 of the type's. */
const REACH = 2.5;
/** White before and behind a bullet. */
const WHITE = { before: 0.25, behind: 0.2 } as const;
/** A dot in the middle of a line is 0.15 of it, a full stop the same at its foot; letters are 0.35 and more. */
const SIZE = { min: 0.14, max: 0.5 } as const;
/** Between the middle of a bullet and that of its line. */
const OFF_MIDDLE = 0.18;
/** Of two bullets of one list: their middles, and the larger over the smaller. */
const SAME_COLUMN = 0.3;
const SAME_SIZE = 1.4;
/** Items are not longer. */
const SAME_LIST = 15;
/** Of the longer side. */
const MIN_ASPECT = 0.72;
/** Of the bullet's box: a disc fills 0.79 of it, a ring or a letter far less. */
const MIN_FILL = 0.66;
/** Lines that rise or fall by more a pixel are not level enough for a box before them. */
const MAX_SLOPE = 0.05;
/** Between paper and ink, of 255. */
const MIN_CONTRAST = 60;
/** In pixels: the bullets of smaller lines are as large as dust. */
const MIN_LINE_HEIGHT = 10;

/** How lines begin that have a bullet, or something else that stands for one. */
const MARKED = /^(?:[^\p{L}\p{N}\s"'“‘(（「『《<[¿¡$€£¥#@&~_/\\]|\(?\p{N}{1,3}[.)、．）])/u;

interface Bullet {
  readonly box: Box;
  readonly lineHeight: number;
}

export function withBullets(image: RgbImage, lines: readonly TextLine[]): readonly TextLine[] {
  const boxes = lines.map(({ quad }) => boundsOf(quad));
  const bullets = lines.map((line) => {
    const bullet = MARKED.test(line.text) ? undefined : bulletBefore(image, line.quad);
    return bullet === undefined || boxes.some((box) => holdsMiddle(box, bullet.box)) ? undefined : bullet;
  });
  const found = bullets.filter((bullet) => bullet !== undefined);
  return lines.map((line, i) => {
    const bullet = bullets[i];
    return bullet !== undefined && found.some((other) => areOfOneList(bullet, other)) ? insert(bullet.box, line) : line;
  });
}

const middleOf = ({ left, top, right, bottom }: Box): Point => ({ x: (left + right) / 2, y: (top + bottom) / 2 });

function holdsMiddle(box: Box, of: Box): boolean {
  const { x, y } = middleOf(of);
  return x > box.left && x < box.right && y > box.top && y < box.bottom;
}

function areOfOneList(a: Bullet, b: Bullet): boolean {
  if (a === b) return false;
  const [p, q] = [middleOf(a.box), middleOf(b.box)];
  const [size, other] = [a.box.right - a.box.left, b.box.right - b.box.left];
  return (
    Math.abs(p.x - q.x) < SAME_COLUMN * a.lineHeight &&
    Math.abs(p.y - q.y) < SAME_LIST * a.lineHeight &&
    Math.max(size, other) < SAME_SIZE * Math.min(size, other)
  );
}

/** The one thing that is printed shortly before the line, where it is as large, as high and as full as a bullet. */
function bulletBefore(image: RgbImage, quad: Quad): Bullet | undefined {
  const [a, b, , d] = quad as [Point, Point, Point, Point];
  const lineHeight = d.y - a.y;
  if (lineHeight < MIN_LINE_HEIGHT || b.x - a.x < lineHeight) return undefined;
  if (Math.abs(b.y - a.y) > MAX_SLOPE * (b.x - a.x)) return undefined;
  const window = {
    left: Math.floor(Math.min(a.x, d.x) - REACH * lineHeight),
    right: Math.floor(Math.min(a.x, d.x)),
    top: Math.floor(a.y),
    bottom: Math.ceil(d.y),
  };
  if (window.left < 0 || window.top < 0 || window.bottom > image.height || window.right >= image.width)
    return undefined;
  const limit = inkLimit(image, { ...window, right: Math.min(image.width, window.right + Math.round(2 * lineHeight)) });
  const box = limit === undefined ? undefined : onlyMark(image, window, limit);
  if (limit === undefined || box === undefined) return undefined;
  const [width, height] = [box.right - box.left, box.bottom - box.top];
  const isBullet =
    Math.min(width, height) >= SIZE.min * lineHeight &&
    Math.max(width, height) <= SIZE.max * lineHeight &&
    Math.min(width, height) >= MIN_ASPECT * Math.max(width, height) &&
    box.left - window.left >= WHITE.before * lineHeight &&
    window.right - box.right >= WHITE.behind * lineHeight &&
    Math.abs(middleOf(box).y - (a.y + d.y) / 2) <= OFF_MIDDLE * lineHeight &&
    inkIn(image, box, limit) >= MIN_FILL * width * height;
  return isBullet ? { box, lineHeight } : undefined;
}

/** Halfway between the paper and the ink of the window; undefined where it has only one of them. */
function inkLimit(image: RgbImage, { left, top, right, bottom }: Box): number | undefined {
  let darkest = 255;
  let lightest = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const gray = grayAt(image, x, y);
      if (gray < darkest) darkest = gray;
      if (gray > lightest) lightest = gray;
    }
  }
  return lightest - darkest < MIN_CONTRAST ? undefined : (darkest + lightest) / 2;
}

/** Around all ink of the window, where that is in one piece and touches no edge but for what begins the line. */
function onlyMark(image: RgbImage, { left, top, right, bottom }: Box, limit: number): Box | undefined {
  const columns = Array.from({ length: right - left }, (_, i) => {
    const x = left + i;
    return inkIn(image, { left: x, right: x + 1, top, bottom }, limit) > 0;
  });
  const end = columns.lastIndexOf(false) + 1;
  const first = columns.indexOf(true);
  const last = columns.lastIndexOf(true, end - 1);
  if (first < 0 || last < first || !columns.slice(first, last + 1).every(Boolean)) return undefined;
  const rows = Array.from({ length: bottom - top }, (_, i) => {
    const y = top + i;
    return inkIn(image, { left: left + first, right: left + last + 1, top: y, bottom: y + 1 }, limit) > 0;
  });
  const [upper, lower] = [rows.indexOf(true), rows.lastIndexOf(true)];
  if (upper === 0 || lower === rows.length - 1 || !rows.slice(upper, lower + 1).every(Boolean)) return undefined;
  return { left: left + first, right: left + last + 1, top: top + upper, bottom: top + lower + 1 };
}

function inkIn(image: RgbImage, { left, top, right, bottom }: Box, limit: number): number {
  let ink = 0;
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) if (grayAt(image, x, y) < limit) ink++;
  return ink;
}

function grayAt({ data, width }: RgbImage, x: number, y: number): number {
  const at = 3 * (y * width + x);
  return ((data[at] as number) + 2 * (data[at + 1] as number) + (data[at + 2] as number)) >> 2;
}

function insert(box: Box, line: TextLine): TextLine {
  const [a, b, c, d] = line.quad as [Point, Point, Point, Point];
  const shift = Math.min(a.x, d.x) - box.left;
  const word: Word = { text: BULLET, quad: quadOf(box), confidence: CONFIDENCE };
  return {
    ...line,
    text: `${BULLET} ${line.text}`,
    quad: [{ x: a.x - shift, y: a.y }, b, c, { x: d.x - shift, y: d.y }],
    ...(line.words === undefined ? {} : { words: [word, ...line.words] }),
  };
}
