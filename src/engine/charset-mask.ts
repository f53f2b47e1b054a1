/**
 * The option `languages`: ISO 639 codes -> scripts -> the classes that a recognizer may answer.
 *
 * A language admits the letters of the script it is written in, and whatever belongs to no script: digits, punctuation,
 * symbols. Which script that is comes from Unicode's CLDR (likely subtags), which Node carries. Scripts go by their
 * ISO 15924 codes.
 */
import { OcrError } from '../errors.js';

/** Those that a recognizer's charset may be of. */
const SCRIPTS = [
  ...['Latn', 'Grek', 'Cyrl', 'Hani', 'Hira', 'Kana', 'Hang', 'Arab', 'Hebr', 'Thai', 'Deva', 'Beng', 'Guru', 'Gujr'],
  ...['Taml', 'Telu', 'Knda', 'Mlym', 'Sinh', 'Geor', 'Armn', 'Ethi', 'Khmr', 'Laoo', 'Mymr', 'Tibt'],
] as const;
type Script = (typeof SCRIPTS)[number];

/** What CLDR has one code for and a charset several. */
const WRITING_SYSTEMS: Readonly<Record<string, readonly Script[]>> = {
  Hans: ['Hani'],
  Hant: ['Hani'],
  Jpan: ['Hani', 'Hira', 'Kana'],
  Kore: ['Hang', 'Hani'],
};

/** The smallest alphabets have some 20 letters; a charset with fewer has only symbols that stem from the script. */
const MIN_LETTERS = 20;

const scriptNames = new Intl.DisplayNames('en', { type: 'script' });

type Charset = readonly string[];

/** What was worked out of a charset: some milliseconds, which every page would cost anew. */
const scriptsByCharset = new WeakMap<Charset, ReadonlySet<string>>();
const masksByCharset = new WeakMap<Charset, Map<string, Uint8Array>>();

/** The scripts that can be written with a charset (the text of each class). */
export function scriptsOfCharset(charset: Charset): ReadonlySet<string> {
  const scripts = scriptsByCharset.get(charset) ?? findScripts(charset);
  scriptsByCharset.set(charset, scripts);
  return scripts;
}

function findScripts(charset: Charset): ReadonlySet<string> {
  const text = charset.join('');
  const letterCount = (script: Script) => text.match(new RegExp(`\\p{Script=${script}}`, 'gu'))?.length ?? 0;
  return new Set(SCRIPTS.filter((script) => letterCount(script) >= MIN_LETTERS));
}

export function canWrite(scripts: ReadonlySet<string>, languages: readonly string[]): boolean {
  return languages.every((language) => scriptsOfLanguage(language).every((script) => scripts.has(script)));
}

/**
 * REQUIRES: `recognizers`, the scripts of each installed recognizer, is not empty.
 * @throws OcrError request.option-invalid where no recognizer can write all of the languages
 */
export function checkLanguages(languages: readonly string[], recognizers: readonly ReadonlySet<string>[]): void {
  if (recognizers.some((scripts) => canWrite(scripts, languages))) return;
  const unknown = languages.find((language) => !recognizers.some((scripts) => canWrite(scripts, [language])));
  const given = unknown === undefined ? `the languages ${languages.join(',')} together` : JSON.stringify(unknown);
  const readable = SCRIPTS.filter((script) => recognizers.some((scripts) => scripts.has(script)));
  throw new OcrError(
    'request.option-invalid',
    `Option "languages" must be ISO 639 codes of languages in the scripts that the installed models read ` +
      `(${readable.map((script) => scriptNames.of(script)).join(', ')}), not ${given}.`,
  );
}

/** One byte a class, 0 where none of the languages has it; see `Native.ctcDecode`. */
export function charsetMask(charset: Charset, languages: readonly string[]): Uint8Array {
  const masks = masksByCharset.get(charset) ?? new Map<string, Uint8Array>();
  masksByCharset.set(charset, masks);
  const key = languages.join();
  const mask = masks.get(key) ?? makeMask(charset, languages);
  masks.set(key, mask);
  return mask;
}

function makeMask(charset: Charset, languages: readonly string[]): Uint8Array {
  // Zyyy and Zinh: common and inherited, of no script (UAX #24). The blank is the empty text.
  const scripts = ['Zyyy', 'Zinh', ...languages.flatMap(scriptsOfLanguage)];
  const allowed = new RegExp(`^[${scripts.map((script) => `\\p{Script=${script}}`).join('')}]*$`, 'u');
  return Uint8Array.from(charset, (text) => (allowed.test(text) ? 1 : 0));
}

/** For a code of no language (or "und", of none in particular), the code of no script. */
function scriptsOfLanguage(language: string): readonly string[] {
  const script = (language === 'und' ? undefined : new Intl.Locale(language).maximize().script) ?? 'Zzzz';
  return WRITING_SYSTEMS[script] ?? [script];
}
