/**
 * Atoms of a page: its tables, figures, equations and seals, which stand in the reading order as one piece, and the lines
 * that belong to them. By the layout model's regions, as far as the text inside them bears them out.
 */
import type { Region } from './layout.js';
import { type Box, type LineBox, shareInside, unionOf } from './line-box.js';
import type { FlowLine } from './paragraphs.js';
import { type OrderItem, readingOrder, rowsOf } from './reading-order.js';

/** A line belongs to the region that holds most of it, if that is more than this. */
export const LINE_IN_REGION = 0.5;
/** Scores below are dropped for the kinds that take lines out of the flow: a wrong table costs more than a missed one. */
export const ATOM_SCORE = 0.5;
/** A "figure" whose area is text to this share is a text page or form that the model mistook. */
const FIGURE_TEXT_SHARE = 0.3;

/** A "figure" of more of the page than this is the photograph of a page. */
const MAX_FIGURE_SHARE = 0.85;
/** Labels of a figure are short; a title and a note may be sentences. A form that was taken for one has more. */
const FIGURE_PROSE_LINES = 3;
/** Lines this wide, and this share of them, in columns are prose: cells are seldom wider than 25 Latin letters. */
const PROSE_EM = 12;
const PROSE_SHARE = 0.6;
/** Line numbers in the margin are narrower, and say nothing of the text beside them. */
const NUMBER_EM = 3;

const ATOM_TYPES = ['table', 'figure', 'equation', 'seal'] as const;
type AtomType = (typeof ATOM_TYPES)[number];

function isAtom(type: Region['type']): type is AtomType {
  return ATOM_TYPES.some((atom) => atom === type);
}

export interface Atom extends OrderItem {
  readonly atom: true;
  readonly type: AtomType;
  readonly region: Region;
  readonly lines: readonly LineBox[];
}

/** Tables, figures, equations and seals with the lines inside them; each line goes to one at most. */
export function takeAtoms(
  level: readonly LineBox[],
  regions: readonly Region[],
  boxes: readonly Box[],
  letterHeight: number,
  page: { readonly widthPx: number; readonly heightPx: number },
): { readonly atoms: Atom[]; readonly rest: FlowLine[] } {
  const owners = level.map((line) => bestRegion(line, regions, boxes));
  const atoms: Atom[] = [];
  const taken = new Set<LineBox>();
  regions.forEach((region, i) => {
    if (!isAtom(region.type)) return;
    if (region.score < ATOM_SCORE) return;
    const { width, height } = region.rect;
    if (region.type === 'figure' && width * height > MAX_FIGURE_SHARE * page.widthPx * page.heightPx) return;
    const box = boxes[i] as Box;
    const inside = level.filter((_, at) => owners[at] === i);
    const covered = level.filter((line) => shareInside(line, box) > LINE_IN_REGION);
    const type = region.table === undefined ? typeOfAtom(region.type, box, covered) : 'table';
    if (type === undefined || (type !== 'figure' && type !== 'seal' && inside.length === 0)) return;
    for (const line of inside) taken.add(line);
    atoms.push({
      ...(inside.length === 0 ? box : unionOf([box, ...inside])),
      height: letterHeight,
      widthEm: (box.right - box.left) / letterHeight,
      atom: true,
      type,
      region,
      lines: rowsOf(inside.map((line) => ({ ...line, atom: false }))).flat(),
    });
  });
  const rest: FlowLine[] = [];
  level.forEach((line, at) => {
    if (taken.has(line)) return;
    const owner = owners[at];
    const type = owner === undefined ? undefined : (regions[owner] as Region).type;
    const isText = type !== undefined && !isAtom(type);
    rest.push({ ...line, atom: false, region: isText ? owner : undefined });
  });
  return { atoms, rest };
}

function bestRegion(line: LineBox, regions: readonly Region[], boxes: readonly Box[]): number | undefined {
  let best: number | undefined;
  let bestShare = LINE_IN_REGION;
  for (let i = 0; i < regions.length; i++) {
    // Regions come best first; a later one must hold clearly more of the line.
    const share = shareInside(line, boxes[i] as Box);
    if (share > bestShare + (best === undefined ? 0 : 0.2)) {
      best = i;
      bestShare = share;
    }
  }
  return best;
}

/** What a table or figure of the model is by the text it covers; undefined where it is running text. */
function typeOfAtom(type: Atom['type'], box: Box, lines: readonly LineBox[]): Atom['type'] | undefined {
  if (type === 'equation' || type === 'seal' || lines.length < 2) return type;
  const words = lines.filter((line) => line.widthEm > NUMBER_EM);
  const prose = words.filter((line) => line.widthEm > PROSE_EM);
  const area = (box.right - box.left) * (box.bottom - box.top);
  const text = lines.reduce((sum, line) => sum + (line.right - line.left) * (line.bottom - line.top), 0);
  if (type === 'figure' && text < FIGURE_TEXT_SHARE * area && prose.length <= FIGURE_PROSE_LINES) return 'figure';
  const flows = readingOrder(lines.map((line) => ({ ...line, atom: false as const })));
  if (type === 'table') return flows.length > 1 && prose.length > PROSE_SHARE * words.length ? undefined : 'table';
  const rows = flows.flat();
  return flows.length === 1 && rows.length >= 3 && lines.length >= 2.5 * rows.length ? 'table' : undefined;
}
