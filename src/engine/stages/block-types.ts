/** What a group of rows is: heading, text, list, caption, footnote, table. By the model's region, else by geometry. */
import type { BlockType, Rect, Table } from '../../schema/document.js';
import type { Region } from './layout.js';
import { type LineBox, median } from './line-box.js';
import { cellsOf, type FlowLine, type Group, isBold, isLabelled, looksLikeTable } from './paragraphs.js';

export interface TypedBlock {
  readonly type: BlockType;
  readonly lines: readonly LineBox[];
  /** Letter height: what heading levels are told by. */
  readonly height: number;
  readonly level?: number;
  /** Of the model's region, where that is more than its lines. */
  readonly rect?: Rect;
  readonly table?: Table;
}

export interface PageContext {
  /** Of the page's characters; 0 where the type is not known. */
  readonly boldShare: number;
  /** Whether its lines are labels again and again. */
  readonly isForm: boolean;
  /** Letter height of most of the page's text. */
  readonly letterHeight: number;
  readonly frame: { readonly widthPx: number; readonly heightPx: number };
}

/** A heading is short: longer groups are paragraphs whatever they look like. */
const HEADING_MAX_ROWS = 4;
const HEADING_MAX_CHARACTERS = 200;
const NUMBERED_MAX_ROWS = 2;
/** A section's name in Chinese or Japanese is shorter, whatever its size. */
const CJK_MAX_CHARACTERS = 30;
/** Headings in bold type or capitals may be set smaller than the text, by this ratio at most. */
const SMALLEST_HEADING = 0.78;
/** Fewer capitals are an abbreviation. */
const MIN_CAPITALS = 5;
/** A label with its value is shorter; what is longer is a paragraph that begins with its subject. */
const FIELD_MAX_CHARACTERS = 120;
/** Letter height over the page's usual one. Detected boxes vary by a quarter with ascenders and descenders. */
const HEADING_RATIO = { detected: 1.3, known: 1.12 } as const;
/** Of a title of the layout model that stands close under other text. */
const TITLE_REGION_RATIO = 1.1;
/** Bold type marks headings on pages that have less of it than this. */
const MAX_BOLD_SHARE = 0.3;
/** Font sizes of one level differ by less than this ratio. */
const LEVEL_RATIO = { detected: 1.18, known: 1.06 } as const;
const MAX_LEVEL = 6;
/** Of the largest heading over the usual text, to be the title of the page. */
const TITLE_RATIO = 1.5;
/** Notes are set in smaller type, below this share of the text's. */
const FOOTNOTE_RATIO = 0.92;
const FOOTNOTE_ZONE = 0.6;

const BULLET = /^[•‣⁃∙●○◦■▪▫◆◇❖➢➤►▶✓✔✦·]/u;
const CAPTION =
  /^(?:fig(?:ure|\.)?|table|tab\.|chart|exhibit|abb(?:ildung|\.)|tabelle|tableau|圖|图|表|圖表|图表)\s*\d+/iu;
const FOOTNOTE_MARK = /^(?:\d{1,3}[\s)\p{Lu}]|[*†‡§¹²³⁴-⁹]|\(\d{1,2}\))/u;
const SECTION_NUMBER =
  /^(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[IVX]{1,5}\.|[A-Z]\.|第[一二三四五六七八九十百\d]+[章节節条條]|[一二三四五六七八九十]+、|(?:chapter|section|appendix|part|article)\s+\w+)\s*/iu;
const ADDRESS = /^(?:https?:\/\/|www\.)\S+$|^\S+@\S+\.\S+$/iu;

/** `groups`: all of a column, or of what a table or figure leaves of it. */
export function blocksOfGroups(groups: readonly Group[], regions: readonly Region[], page: PageContext): TypedBlock[] {
  return groups.map((group, i) => {
    const lines = group.rows.flat();
    const inList = groups[i - 1]?.start === 'item' || groups[i + 1]?.start === 'item';
    const type = typeOf(group, lines, inList, regions, page);
    return { type, lines, height: median(lines.map((line) => line.height)) };
  });
}

function typeOf(
  group: Group,
  lines: readonly FlowLine[],
  inList: boolean,
  regions: readonly Region[],
  page: PageContext,
): BlockType {
  const region = majorityRegion(lines, regions);
  const text = lines.map((line) => line.line.text.trim()).join(' ');
  if (group.tabular) {
    return looksLikeTable(group) ? 'table' : 'text';
  }
  if (region === 'figure_caption' || region === 'table_caption') return 'caption';
  if (CAPTION.test(text) && lines.length <= 8) return 'caption';
  if (isHeading(group, lines, text, region, page)) return 'heading';
  if (!inList && isNumberedHeading(group, lines, text)) return 'heading';
  if (isFootnote(lines, text, page)) return 'footnote';
  // References have numbers, whatever else the model takes for some.
  if (group.start === 'item') return region === 'reference' && !BULLET.test(text) ? 'reference' : 'list';
  const isField = group.start === 'label' || (page.isForm && group.rows.length <= 2 && isLabelled(text));
  if (isField && region !== 'reference' && text.length <= FIELD_MAX_CHARACTERS) return 'form_field';
  if (region === 'reference') return 'reference';
  return 'text';
}

function majorityRegion(lines: readonly FlowLine[], regions: readonly Region[]): Region['type'] | undefined {
  const counts = new Map<Region['type'], number>();
  for (const line of lines) {
    const type = line.region === undefined ? undefined : regions[line.region]?.type;
    if (type !== undefined) counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  for (const [type, count] of counts) if (2 * count > lines.length) return type;
  return undefined;
}

function isHeading(
  group: Group,
  lines: readonly FlowLine[],
  text: string,
  region: Region['type'] | undefined,
  page: PageContext,
): boolean {
  if (group.rows.length > HEADING_MAX_ROWS || text.length > HEADING_MAX_CHARACTERS) return false;
  if (group.start === 'label' || group.rows.some((row) => cellsOf(row) > 1)) return false;
  if (!/\p{L}{2}|\p{Script=Han}/u.test(text) || ADDRESS.test(text)) return false;
  const ratio = median(lines.map((line) => line.height)) / page.letterHeight;
  // A line of the text's own size close under another (an office under a name) is none, whatever the model saw.
  if (region === 'title') return group.apartAbove || ratio >= TITLE_REGION_RATIO || SECTION_NUMBER.test(text);
  if (/[,;，；、]$/u.test(text)) return false;
  const known = lines.every((line) => line.line.style !== undefined);
  const endsSentence = /[.。]$/u.test(text) && !SECTION_NUMBER.test(text);
  // The model saw running text here: only type that is clearly larger overrules it.
  const needed = (known ? HEADING_RATIO.known : HEADING_RATIO.detected) * (region === 'text' ? 1.15 : 1);
  if (ratio >= needed) return !endsSentence;
  if (!known || ratio < SMALLEST_HEADING) return false;
  if (group.apart && isCapitals(text)) return true;
  // Bold type of the text's own size on lines of its own, be it a sentence, where bold is not the usual type.
  if (!group.rows.every((row) => isBold({ lines: row }))) return false;
  return group.rows.length <= 2 && page.boldShare < MAX_BOLD_SHARE && !/:$/u.test(text);
}

function isCapitals(text: string): boolean {
  const capitals = text.match(/\p{Lu}/gu)?.length ?? 0;
  return capitals >= MIN_CAPITALS && capitals === text.match(/\p{L}/gu)?.length;
}

/** A section's number and name, alone between paragraphs: the first of several would be items of a list. */
function isNumberedHeading(group: Group, lines: readonly FlowLine[], text: string): boolean {
  const number = SECTION_NUMBER.exec(text)?.[0];
  if (/^[一二三四五六七八九十]{1,3}[、.．，,]/u.test(text))
    return text.length <= CJK_MAX_CHARACTERS && !/[。；：;:]$/u.test(text);
  if (number === undefined || !group.apart || group.rows.length > NUMBERED_MAX_ROWS) return false;
  const name = text.slice(number.length);
  if (name.length > HEADING_MAX_CHARACTERS / 2 || !/^[\p{Lu}\d]/u.test(name) || !/\p{L}{3}/u.test(name)) return false;
  return lines.every(({ line }) => line.style !== undefined) && !/[.,;:。，；：]$/u.test(text);
}

function isFootnote(lines: readonly FlowLine[], text: string, page: PageContext): boolean {
  const top = Math.min(...lines.map((line) => line.top));
  return (
    FOOTNOTE_MARK.test(text) &&
    top > FOOTNOTE_ZONE * page.frame.heightPx &&
    median(lines.map((line) => line.height)) < FOOTNOTE_RATIO * page.letterHeight
  );
}

/** Levels by letter height, the largest first; the largest becomes the title where it stands out and comes first. */
export function layHeadingLevels(blocks: readonly TypedBlock[], letterHeight: number): TypedBlock[] {
  const headings = blocks.filter((block) => block.type === 'heading');
  if (headings.length === 0) return [...blocks];
  const known = headings.every((block) => block.lines.every((line) => line.line.style !== undefined));
  const ratio = known ? LEVEL_RATIO.known : LEVEL_RATIO.detected;
  const steps: number[] = [];
  for (const height of headings.map((block) => block.height).sort((a, b) => b - a)) {
    const last = steps[steps.length - 1];
    if (last === undefined || last / height > ratio) steps.push(height);
  }
  const first = headings[0] as TypedBlock;
  const largest = steps[0] as number;
  const hasTitle =
    largest / first.height <= ratio &&
    largest >= TITLE_RATIO * letterHeight &&
    headings.filter((block) => largest / block.height <= ratio).length === 1;
  // Level 1 is the title's; a page without one begins at 2, as its headings divide a document that has one elsewhere.
  const offset = hasTitle ? 1 : 2;
  return blocks.map((block) => {
    if (block.type !== 'heading') return block;
    const step = steps.findIndex((height) => height / block.height <= ratio && height >= block.height);
    const level = Math.min(MAX_LEVEL, step + offset);
    return { ...block, type: hasTitle && block === first ? 'title' : 'heading', level };
  });
}
