/**
 * Stage direct, of the page: where most of what was read lies on its side or its head, the page image is turned after
 * all, and the lines with it. The classifier of stage orient leaves a page as it is where it is in doubt. Where a text layer
 * says so, the page is turned before all else.
 */
import type { Point, TextLine } from '../../schema/document.js';
import type { RgbImage } from '../native.js';
import { readingAngle } from './line-box.js';
import type { PageSource } from './open.js';
import { turnImage, type Upright } from './orient.js';

export interface DirectedPage extends Upright {
  readonly lines: readonly TextLine[];
}

/** Of the characters; a page of less than this has margins, stamps or tables that lie otherwise. */
const MIN_SHARE = 2 / 3;

/** Fewer characters may be a stamp on an empty page. */
const MIN_CHARACTERS = 10;

/** Chinese, Japanese and Korean are written in columns on upright pages. */
const COLUMN_SCRIPT = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;

/** Reading directions in quarter turns clockwise: 1 is downward. */
const DOWNWARD = 1;

export async function turnByText({ image, rotation }: Upright, lines: readonly TextLine[]): Promise<DirectedPage> {
  const direction = directionOf(lines, true);
  if (direction === 0) return { image, rotation, lines };
  const degrees = 360 - 90 * direction;
  return {
    image: await turnImage(image, degrees),
    rotation: (rotation + degrees) % 360,
    lines: lines.map((line) => turnLine(line, image, degrees)),
  };
}

/** The page with most of its text layer upright. */
export function turnByLayer(source: PageSource): PageSource {
  // A PDF says of columns that they are such: what reads downward here lies on its side.
  const direction = directionOf(source.textLayer()?.lines ?? [], false);
  return direction === 0 || source.turned === undefined ? source : source.turned(360 - 90 * direction);
}

/**
 * Quarter turns clockwise from level to where most characters read; 0 where there is no such direction, and for what may
 * be columns.
 */
function directionOf(lines: readonly Pick<TextLine, 'text' | 'quad'>[], mayBeColumns: boolean): number {
  const byDirection: [string, string, string, string] = ['', '', '', ''];
  for (const line of lines) {
    const direction = (Math.round(readingAngle(line.quad) / 90) + 4) % 4;
    byDirection[direction as 0 | 1 | 2 | 3] += line.text;
  }
  const total = byDirection.reduce((sum, text) => sum + text.length, 0);
  if (total < MIN_CHARACTERS) return 0;
  const direction = byDirection.findIndex((text) => text.length >= MIN_SHARE * total);
  const text = byDirection[direction] ?? '';
  const isColumns =
    mayBeColumns && direction === DOWNWARD && (text.match(COLUMN_SCRIPT) ?? []).length > text.length / 2;
  return direction < 0 || isColumns ? 0 : direction;
}

function turnLine(line: TextLine, { width, height }: RgbImage, degrees: number): TextLine {
  const turn = ({ x, y }: Point): Point => {
    if (degrees === 90) return { x: height - y, y: x };
    if (degrees === 180) return { x: width - x, y: height - y };
    return { x: y, y: width - x };
  };
  const words = line.words?.map((word) => ({ ...word, quad: word.quad.map(turn) }));
  return { ...line, quad: line.quad.map(turn), ...(words === undefined ? {} : { words }) };
}
