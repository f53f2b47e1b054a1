/** Rows → list items: what marks one, what continues it, and how deep it lies. */
import { endsByIntent, paragraphs } from './paragraphs.js';
import { type Row, rowHeight } from './rows.js';

export interface ListItem {
  /** As printed, without its space: "1.", "(a)"; empty for a bullet, whatever its shape. */
  readonly label: string;
  readonly rows: readonly Row[];
  /** 0 for the outermost. */
  readonly depth: number;
  /** Of an item with a box to tick; undefined of any other. */
  readonly isTicked: boolean | undefined;
}

export interface ListParts {
  /** Rows before the first item. */
  readonly lead: readonly Row[];
  readonly items: readonly ListItem[];
  /** Rows behind the last item that do not belong to it. */
  readonly tail: readonly Row[];
}

/** Shapes that mark an item wherever they begin a row. Squares to tick (□, ☐) are not among them. */
const BULLET = /^[•‣⁃∙●○◦■▪▫◆◇❖➢➤►▶✓✔✦·]\s*(?=\S)/u;
/** The same shapes of Symbol and Wingdings, which PDFs leave in Unicode's private use area. */
const SYMBOL_BULLET = /^[\uf020-\uf0ff]\s+(?=\S)/;
/** A dash or star that begins a row of words; before a number it may be a sign. */
const DASH = /^[-–*]\s+(?=\p{L})/u;
/** Dashes of every length and a lone "o", which mark an item only where it is known that a list stands. */
const LIST_ONLY_BULLET = /^(?:[-–—*+]\s*|[oO]\s+)(?=\S)/;
const NUMBER = /^(\d{1,3}[.)])\s*(?=[^\s\d])/;
/** Full-width and Chinese marks, which no space follows. */
const CJK_LABEL =
  /^(\d{1,3}[．）、]|（(?:\d{1,3}|[一二三四五六七八九十]{1,3})）|\((?:\d{1,3}(?=\)\s*\p{Script=Han})|[一二三四五六七八九十]{1,3})\)|[一二三四五六七八九十]{1,3}、|[①-⑳⑴-⒇])\s*(?=\S)/u;
const LETTER = /^(\(\d{1,3}\)|\(?[a-zA-Z][.)]|\(?[ivxlIVXL]{1,5}[.)])\s+(?=\S)/;
/** Labels that are as often the first letter of a name; and those that say that letters count. */
const INITIAL = /^[A-Z]\.$/;
const ROMAN = /^\(?[ivxlIVXL]{2,5}[.)]$/;

/** A box to tick, where it is the only one of its row; two of them are choices that stand side by side. */
const BOX = /^([☐□☑☒])\s*(?=\S)(?!.*[☐□☑☒])/u;
const TICKED = /^[☑☒]/u;

/** Row heights between the left edges of two depths. */
const DEPTH_STEP = 0.8;

/** For a heading that slides set as the first item of a list. */
export function withoutBullet(text: string): string {
  return text.replace(BULLET, '').replace(SYMBOL_BULLET, '');
}

interface Marked {
  readonly label: string;
  readonly isTicked: boolean | undefined;
  readonly row: Row;
}

/**
 * Reads rows as a list, or gives undefined where they are none. `known` says that the layout calls them a list;
 * otherwise bullets or numbers that count up have to show it.
 */
export function listParts(rows: readonly Row[], known: boolean): ListParts | undefined {
  const marks = withoutInitials(rows.map((row) => marker(row, known)));
  if (!known && !marks.some((mark) => mark?.label === '') && !countsUp(marks)) return undefined;
  const edge = Math.max(...rows.map((row) => row.right));
  if (marks.every((mark) => mark === undefined)) {
    if (!known) return undefined;
    const items = paragraphs(rows).flatMap((lines) =>
      lines.map((item) => ({ label: '', rows: item, depth: 0, isTicked: undefined })),
    );
    return { lead: [], items, tail: [] };
  }
  const first = marks.findIndex((mark) => mark !== undefined);
  const lead = rows.slice(0, first);
  const items: PlacedItem[] = [];
  for (let index = first; index < rows.length; index++) {
    const row = rows[index] as Row;
    const mark = marks[index];
    const item = items.at(-1);
    if (mark !== undefined) items.push({ ...mark, rows: [mark.row], left: row.left });
    else if (item !== undefined && continues(item, row, edge)) item.rows.push(row);
    else return { lead, items: withDepths(items), tail: rows.slice(index) };
  }
  return { lead, items: withDepths(items), tail: [] };
}

interface PlacedItem extends Omit<ListItem, 'depth'> {
  readonly rows: Row[];
  readonly left: number;
}

function marker(row: Row, known: boolean): Marked | undefined {
  const strip = (length: number, label: string, isTicked?: boolean) => ({
    label,
    isTicked,
    row: { ...row, text: row.text.slice(length) },
  });
  const box = BOX.exec(row.text);
  if (box !== null) return strip(box[0].length, '', TICKED.test(row.text));
  const bullet =
    BULLET.exec(row.text) ??
    SYMBOL_BULLET.exec(row.text) ??
    DASH.exec(row.text) ??
    (known ? LIST_ONLY_BULLET.exec(row.text) : null);
  if (bullet !== null) return strip(bullet[0].length, '');
  const number = NUMBER.exec(row.text) ?? CJK_LABEL.exec(row.text) ?? (known ? LETTER.exec(row.text) : null);
  return number === null ? undefined : strip(number[0].length, plainNumber(number[1] ?? ''));
}

/** "1．" is "1." in another width. */
function plainNumber(label: string): string {
  return label.replace(/^(\d+)．$/, '$1.').replace(/^(\d+)）$/, '$1)');
}

/** Between a label that stays text and what it marks. */
export function gapBehind(label: string): '' | ' ' {
  return CJK_LABEL.test(`${label}一`) ? '' : ' ';
}

/** Behind the first row a capital marks an item where another has the letter beside it: else it begins a name. */
function withoutInitials(marks: readonly (Marked | undefined)[]): readonly (Marked | undefined)[] {
  const labels = marks.map((mark) => mark?.label ?? '');
  if (labels.some((label) => ROMAN.test(label))) return marks;
  const letters = new Set(labels.filter((label) => INITIAL.test(label)).map((label) => label.charCodeAt(0)));
  return marks.map((mark, index) => {
    if (mark === undefined || index === 0 || !INITIAL.test(mark.label)) return mark;
    const letter = mark.label.charCodeAt(0);
    return letters.has(letter - 1) || letters.has(letter + 1) ? mark : undefined;
  });
}

function countsUp(marks: readonly (Marked | undefined)[]): boolean {
  const numbers = marks.flatMap((mark) => (mark === undefined ? [] : [ordinalOf(mark.label)]));
  return (
    numbers.length > 1 && numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1)
  );
}

const CHINESE_DIGITS = '零一二三四五六七八九';

/** Not a number where the label is none. */
function ordinalOf(label: string): number {
  const circled = /^[①-⑳⑴-⒇]$/u.test(label) ? label.normalize('NFKC') : label;
  const digits = /\d+/.exec(circled)?.[0];
  if (digits !== undefined) return Number(digits);
  const [, tens, ten, ones] = /([二三四五六七八九]?)(十?)([一二三四五六七八九]?)(?=[、）)]|$)/u.exec(label) ?? [];
  const digitOf = (digit = '') => Math.max(0, CHINESE_DIGITS.indexOf(digit || '零'));
  const value = ten ? 10 * (digitOf(tens) || 1) + digitOf(ones) : digitOf(tens) || digitOf(ones);
  return value === 0 ? Number.NaN : value;
}

/** A row goes on with the item above when it hangs under its text, or when that item's row was full. */
function continues(item: PlacedItem, row: Row, edge: number): boolean {
  const last = item.rows.at(-1);
  return row.left > item.left + rowHeight(row) / 2 || (last !== undefined && !endsByIntent(last, row, edge));
}

function withDepths(items: readonly PlacedItem[]): ListItem[] {
  const heights = items.flatMap((item) => item.rows.map(rowHeight)).sort((a, b) => a - b);
  const step = DEPTH_STEP * (heights[Math.floor(heights.length / 2)] ?? 0);
  const lefts = items.map((item) => item.left).sort((a, b) => a - b);
  const levels = lefts.filter((left, index) => index === 0 || left - (lefts[index - 1] ?? 0) > step);
  return items.map(({ label, rows, isTicked, left }) => ({
    label,
    rows,
    isTicked,
    depth: Math.max(
      0,
      levels.findLastIndex((level) => left >= level),
    ),
  }));
}
