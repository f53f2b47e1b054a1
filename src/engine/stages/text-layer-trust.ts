/**
 * Whether a PDF's text layer may stand for its page. Wrongly trusted, a page is lost; wrongly mistrusted, it costs a
 * second: every check here leans to mistrust.
 */
import type { TextLayerCheck } from '../../schema/document.js';
import { countLetters, type LetterCounts } from './letter-counts.js';
import { type Box, boundsOf } from './line-box.js';
import type { TextLayer, TextLayerLine } from './open.js';

export interface TextLayerTrust {
  readonly trusted: boolean;
  /** A clause that a reason is completed with, such as "the text layer is complete". */
  readonly reason: string;
  /** Empty where nothing had to be checked. */
  readonly checks: readonly TextLayerCheck[];
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Evidence {
  readonly layer: TextLayer;
  /** Of all lines. */
  readonly text: string;
  readonly letters: LetterCounts;
  readonly imageCoverage: number;
  readonly sizePt: Size;
}

interface Check extends Pick<TextLayerCheck, 'name' | 'atLeast' | 'atMost'> {
  /** Undefined where there is nothing to measure: the check is passed. */
  readonly value: (evidence: Evidence) => number | undefined;
  /** What a page that fails is said to have. */
  readonly flaw: string;
}

/** Names of the checks that a look at the page may overrule. */
export const IMAGE_COVERAGE = 'image coverage';
const INVISIBLE = 'invisible characters';
const DENSITY = 'characters a square inch';

const POINTS_PER_INCH = 72;

/** Below this images are illustrations, and how much text there is beside them tells nothing. */
const FIGURE_COVERAGE = 0.25;

const MISLABELLED = 'the letters of the text layer are not those of a language, as if its fonts were mislabelled';
const IMPLAUSIBLE = 'the text layer is not plausible text';

/** The first that fails gives the reason. */
const CHECKS: readonly Check[] = [
  {
    // Fewer than a short sentence may be a stamp or page number on a page drawn as outlines.
    name: 'characters',
    atLeast: 24,
    value: ({ layer }) => layer.characters,
    flaw: 'the text layer holds next to nothing',
  },
  {
    // A broken font maps most of its glyphs to nothing; a stray symbol or logo stays below a few percent.
    name: 'glyphs without characters',
    atMost: 0.03,
    value: ({ layer }) => layer.unmappedCharacters / layer.characters,
    flaw: 'fonts of the text layer map glyphs to no characters',
  },
  {
    // OCR layers are invisible as a whole, a hidden watermark or alternate text is small.
    name: INVISIBLE,
    atMost: 0.1,
    value: ({ layer: { lines } }) => {
      const count = (of: readonly TextLayerLine[]) => of.reduce((sum, line) => sum + line.text.length, 0);
      return count(lines.filter((line) => !line.visible)) / Math.max(1, count(lines));
    },
    flaw: 'the text layer is invisible, as earlier OCR leaves it',
  },
  {
    // Images beyond this cover the page as scans do: what they show is not in the text.
    name: IMAGE_COVERAGE,
    atMost: 0.75,
    value: ({ imageCoverage }) => imageCoverage,
    flaw: 'an image covers the page',
  },
  {
    // On what images leave free. A page of prose has 25 to 40, a slide or form 3 to 10.
    name: DENSITY,
    atLeast: 3,
    value: ({ layer, imageCoverage, sizePt: { width, height } }) =>
      imageCoverage > FIGURE_COVERAGE && imageCoverage < 1
        ? layer.characters / (((1 - imageCoverage) * width * height) / POINTS_PER_INCH ** 2)
        : undefined,
    flaw: 'images cover much of the page and there is little text',
  },
  {
    // Letters, numbers, marks, punctuation, symbols and spaces; a layer of a wrong encoding is full of anything else.
    name: 'printable characters',
    atLeast: 0.97,
    value: ({ letters }) => letters.printable / letters.all,
    flaw: IMPLAUSIBLE,
  },
  {
    // Leaders and rules of a form bring it down to about a third.
    name: 'letters and numbers',
    atLeast: 0.3,
    value: ({ letters }) => letters.lettersAndNumbers / letters.notSpace,
    flaw: IMPLAUSIBLE,
  },
  {
    // Of letters in a row. Letters with spaces between are a broken layer.
    name: 'letters a word',
    atLeast: 1.6,
    value: ({ letters }) => meanLetters(letters, letters.alphabeticRuns),
    flaw: IMPLAUSIBLE,
  },
  {
    // Of anything between spaces. Words without spaces are a broken layer.
    name: 'letters between spaces',
    atMost: 18,
    value: ({ letters }) => meanLetters(letters, letters.alphabeticWords),
    flaw: IMPLAUSIBLE,
  },
  {
    // 137 texts of eight collections (mostly English; French, Dutch, Indonesian, Vietnamese) have 0.53 to 0.74; with their
    // letters exchanged at random 99% have less than 0.5. Cyrillic and Greek by their letter frequencies, not measured.
    name: 'common letters',
    atLeast: 0.5,
    value: ({ text }) => commonLetterShare(text),
    flaw: MISLABELLED,
  },
  {
    // A Vietnamese page had 0.16, all others less than 0.04; Cyrillic taken for Latin-1 has all.
    name: 'accented letters',
    atMost: 0.5,
    value: ({ text, letters }) => accentedShare(text, letters),
    flaw: MISLABELLED,
  },
  {
    // Of lines that lie on the words of another line; indices stand in the gaps between.
    name: 'overlapping lines',
    atMost: 0.15,
    value: ({ layer }) => overlappingShare(layer.lines),
    flaw: 'lines of the text layer lie on each other',
  },
];

export function judgeTextLayer(
  layer: TextLayer | undefined,
  imageCoverage: number,
  sizePt: Size | undefined,
  policy: 'auto' | 'ignore' | 'only',
): TextLayerTrust {
  if (policy === 'ignore') return { trusted: false, reason: 'the text layer is to be ignored', checks: [] };
  if (policy === 'only') return { trusted: true, reason: 'only the text layer was asked for', checks: [] };
  if (layer === undefined || layer.characters === 0 || sizePt === undefined) {
    return { trusted: false, reason: 'there is no text layer', checks: [] };
  }
  const text = layer.lines.map((line) => line.text).join(' ');
  const evidence = { layer, imageCoverage, sizePt, text, letters: countLetters(text) };
  const checks: TextLayerCheck[] = [];
  let flaw: string | undefined;
  for (const { value: measure, flaw: said, ...check } of CHECKS) {
    const value = measure(evidence);
    if (value === undefined) continue;
    const passed = value >= (check.atLeast ?? value) && value <= (check.atMost ?? value);
    if (!passed) flaw ??= said;
    checks.push({ ...check, value, passed });
  }
  return { trusted: flaw === undefined, reason: flaw ?? 'the text layer is complete', checks };
}

/** Whether a layer fails for nothing but what those of scans do: it is not seen, and lies over an image. */
export function mayBeLayerOfScan({ checks }: TextLayerTrust): boolean {
  const failed = checks.filter(({ passed }) => !passed).map(({ name }) => name);
  return failed.includes(INVISIBLE) && failed.every((name) => [INVISIBLE, IMAGE_COVERAGE, DENSITY].includes(name));
}

/** Letters a word; undefined where most of the text is of scripts without spaces between words. */
function meanLetters({ alphabetic, notSpace }: LetterCounts, words: number): number | undefined {
  return alphabetic === 0 || alphabetic < 0.5 * notSpace ? undefined : alphabetic / words;
}

/** Letters that make up most of any text, whatever the language: of 24 to 33 in use, 8 to 10. */
const COMMON_LETTERS = [
  { script: /[a-z]/, common: /[eainorst]/ },
  { script: /[а-яёієґ]/, common: /[оеаинтсрві]/ },
  { script: /[α-ω]/, common: /[αοιετσηνυρ]/ },
] as const;
/** Latin, Greek and Cyrillic lie below. */
const ALPHABETS_END = 0x500;
/** By code: 0 for what is none of these letters, 1, or 2 for a common one. */
const COMMONNESS = Uint8Array.from({ length: ALPHABETS_END }, (_, code) => {
  const letter = String.fromCharCode(code);
  const alphabet = COMMON_LETTERS.find(({ script }) => script.test(letter));
  return alphabet === undefined ? 0 : alphabet.common.test(letter) ? 2 : 1;
});
/** In fewer letters, such as those of codes in a table, frequencies tell nothing. */
const MIN_LETTERS = 200;

/** Undefined where there are too few letters of alphabets whose frequencies are known. */
function commonLetterShare(text: string): number | undefined {
  const plain = text.toLowerCase().normalize('NFD');
  let letters = 0;
  let common = 0;
  for (let i = 0; i < plain.length; i++) {
    const commonness = COMMONNESS[plain.charCodeAt(i)] ?? 0;
    if (commonness > 0) letters++;
    if (commonness > 1) common++;
  }
  return letters < MIN_LETTERS ? undefined : common / letters;
}

function accentedShare(text: string, { latin }: LetterCounts): number | undefined {
  return latin < MIN_LETTERS ? undefined : (text.normalize('NFC').match(/[À-ɏḀ-ỿ]/g)?.length ?? 0) / latin;
}

/** A line is compared with this many that begin below its top, so that a heap of lines costs no square of its size. */
const MAX_COMPARED = 200;

function overlappingShare(lines: readonly TextLayerLine[]): number {
  const boxes = lines
    .filter((line) => line.text.trim() !== '')
    .map((line) => ({ line, ...boundsOf(line.quad) }))
    .sort((a, b) => a.top - b.top);
  let overlapping = 0;
  boxes.forEach((box, i) => {
    for (let j = i + 1; j < boxes.length && j <= i + MAX_COMPARED; j++) {
      const other = boxes[j] as typeof box;
      if (other.top > box.bottom) break;
      const width = Math.min(box.right, other.right) - Math.max(box.left, other.left);
      const height = Math.min(box.bottom, other.bottom) - other.top;
      const area = (other.right - other.left) * (other.bottom - other.top);
      const overlaps = width > 0 && height > 0 && width * height > 0.6 * area && box.line.text !== other.line.text;
      if (overlaps && !standsInGap(other, box.line) && !standsInGap(box, other.line)) {
        overlapping++;
        break;
      }
    }
  });
  return boxes.length === 0 ? 0 : overlapping / boxes.length;
}

/** Whether a box is free of all words of the line that it lies on. */
function standsInGap(box: Box, line: TextLayerLine): boolean {
  const words = line.words();
  // The sides of letters' boxes hold some white.
  const slack = 0.2 * (box.bottom - box.top);
  return (
    words.length > 0 &&
    words.every(({ quad }) => {
      const word = boundsOf(quad);
      return word.right < box.left + slack || word.left > box.right - slack;
    })
  );
}
