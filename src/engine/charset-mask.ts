/**
 * The option `languages`: ISO 639 codes -> scripts -> the classes that a recognizer may answer.
 *
 * A language admits the letters of the script it is written in, and whatever belongs to no script: digits, punctuation,
 * symbols. Which script that is comes from Unicode's CLDR (likely subtags), which Node carries. Scripts go by their
 * ISO 15924 codes. CLDR's alphabets Node does not carry; `MORE_LETTERS` stands for them.
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

/**
 * Letters that a language cannot be written without, beyond those that every charset of its script has; after the main
 * exemplar characters of CLDR. A language that is not here needs none.
 */
const MORE_LETTERS: Readonly<Record<string, string>> = {
  af: 'êëïôû',
  az: 'çəğıöşü',
  bs: 'čćđšž',
  ca: 'àçéèíïóòúü',
  cs: 'áčďéěíňóřšťúůýž',
  cy: 'âêîôûŵŷ',
  da: 'åæø',
  de: 'äöüß',
  el: 'άέήίόύώ',
  eo: 'ĉĝĥĵŝŭ',
  es: 'áéíñóúü',
  et: 'äõöüšž',
  eu: 'ñ',
  fi: 'äåö',
  fil: 'ñ',
  fo: 'áæðíóøúý',
  fr: 'àâçéèêëîïôùûüœ',
  ga: 'áéíóú',
  gl: 'áéíñóú',
  ha: 'ɓɗƙƴ',
  hr: 'čćđšž',
  hu: 'áéíóöőúüű',
  ig: 'ịọụṅ',
  is: 'áæðéíóöþúý',
  it: 'àéèìòù',
  ku: 'çêîşû',
  lb: 'äéë',
  lt: 'ąčęėįšųūž',
  lv: 'āčēģīķļņšūž',
  mi: 'āēīōū',
  mt: 'ċġħż',
  nb: 'åæø',
  nl: 'éëï',
  nn: 'åæø',
  no: 'åæø',
  pl: 'ąćęłńóśźż',
  pt: 'áàâãçéêíóôõú',
  ro: 'ăâîșț',
  se: 'áčđŋšŧž',
  sk: 'áäčďéíĺľňóôŕšťúýž',
  sl: 'čšž',
  sq: 'çë',
  sv: 'äåö',
  tk: 'äçžňöşüý',
  tr: 'çğıöşü',
  vi: 'ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ',
  yo: 'ẹọṣ',
};

/** The smallest alphabets have some 20 letters; a charset with fewer has only symbols that stem from the script. */
const MIN_LETTERS = 20;

/** Missing letters that a refusal names. */
const NAMED_LETTERS = 8;

type Charset = readonly string[];

/** What can be written with a charset. */
export interface Repertoire {
  readonly scripts: ReadonlySet<string>;
  readonly characters: ReadonlySet<string>;
}

/** What was worked out of a charset: some milliseconds, which every page would cost anew. */
const repertoires = new WeakMap<Charset, Repertoire>();
const masksByCharset = new WeakMap<Charset, Map<string, Uint8Array>>();

/** Of a charset (the text of each class). */
export function repertoireOf(charset: Charset): Repertoire {
  const repertoire = repertoires.get(charset) ?? { scripts: findScripts(charset), characters: new Set(charset) };
  repertoires.set(charset, repertoire);
  return repertoire;
}

function findScripts(charset: Charset): ReadonlySet<string> {
  const text = charset.join('');
  const letterCount = (script: Script) => text.match(new RegExp(`\\p{Script=${script}}`, 'gu'))?.length ?? 0;
  return new Set(SCRIPTS.filter((script) => letterCount(script) >= MIN_LETTERS));
}

export function canWrite(repertoire: Repertoire, languages: readonly string[]): boolean {
  return languages.every(
    (language) =>
      scriptsOfLanguage(language).every((script) => repertoire.scripts.has(script)) &&
      missingLetters(repertoire, language).length === 0,
  );
}

function missingLetters({ characters }: Repertoire, language: string): readonly string[] {
  const letters = MORE_LETTERS[new Intl.Locale(language).language] ?? '';
  return [...letters].filter((letter) => !characters.has(letter));
}

/**
 * REQUIRES: `recognizers`, one of each installed recognizer, is not empty.
 * @throws OcrError request.option-invalid where no recognizer can write all of the languages
 */
export function checkLanguages(languages: readonly string[], recognizers: readonly Repertoire[]): void {
  if (recognizers.some((repertoire) => canWrite(repertoire, languages))) return;
  const unknown = languages.find((language) => !recognizers.some((repertoire) => canWrite(repertoire, [language])));
  throw new OcrError(
    'request.option-invalid',
    `Option "languages" must be ISO 639 codes of languages that the installed models read (scripts: ` +
      `${scriptNamesOf(recognizers)}), not ${
        unknown === undefined ? `the languages ${languages.join(',')} together` : describeUnknown(unknown, recognizers)
      }.`,
  );
}

function scriptNamesOf(recognizers: readonly Repertoire[]): string {
  // Loaded for a refusal alone: it takes Node some ten milliseconds.
  const scriptNames = new Intl.DisplayNames('en', { type: 'script' });
  const readable = SCRIPTS.filter((script) => recognizers.some(({ scripts }) => scripts.has(script)));
  return readable.map((script) => scriptNames.of(script)).join(', ');
}

/** With the letters that keep a language of a script that is read from being one. */
function describeUnknown(language: string, recognizers: readonly Repertoire[]): string {
  const name = JSON.stringify(language);
  const ofScript = recognizers.filter(({ scripts }) =>
    scriptsOfLanguage(language).every((script) => scripts.has(script)),
  );
  const [fewest] = ofScript
    .map((repertoire) => missingLetters(repertoire, language))
    .sort((a, b) => a.length - b.length);
  return fewest === undefined ? name : `${name}, whose letters ${fewest.slice(0, NAMED_LETTERS).join('')} they lack`;
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
