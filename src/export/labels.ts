/** The "Label: value" lines of forms. */

/**
 * A label begins like one, is short, and no sentence ends in it; a time of day ("Opens 9:30") or an address is none.
 * Scripts without capitals have only its shortness, and colons as wide as their characters.
 */
const LABELLED =
  /^((?:\p{Lu}[^:：.!?;]{0,39}|\p{Lo}[^:：。！？；，]{0,11})(?:[:：](?=\s|$)|(?<!\d):(?!\/\/)|：))\s*(\S.*)?$/u;
const MAX_LABEL_WORDS = 6;
/** A longer value is running text that a word and a colon introduce. */
const MAX_VALUE_CHARACTERS = 80;

/** From this share of its lines on, a paragraph is a form; the others are values that go on below their labels. */
const FORM_SHARE = 0.5;

export interface Labelled {
  /** With its colon. */
  readonly label: string;
  /** Empty where the form was left blank. */
  readonly value: string;
}

export function labelled(line: string): Labelled | undefined {
  const match = LABELLED.exec(line);
  if (match?.[1] === undefined) return undefined;
  const [, label, value = ''] = match;
  if (label.split(/\s+/).length > MAX_LABEL_WORDS || value.length > MAX_VALUE_CHARACTERS) return undefined;
  return { label, value };
}

/** Whether the lines are those of a form: at least half of them labels, and of a single one also its value. */
export function isForm(lines: readonly string[]): boolean {
  const found = lines.map(labelled).filter((line) => line !== undefined);
  if (lines.length === 1)
    return found[0] !== undefined && found[0].value !== '' && !/[.!?。！？]$/.test(found[0].value);
  return found.length >= FORM_SHARE * lines.length;
}
