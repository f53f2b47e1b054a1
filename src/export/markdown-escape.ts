/**
 * Keeps text from being read as Markdown (CommonMark 0.31 with GitHub's tables), and escapes nothing else: a
 * backslash stands only where the character behind it would otherwise have a meaning.
 */

/** Underscores inside a word mean nothing, nor do a form's blanks to fill in; before and behind a word they are emphasis. */
const OPENING_UNDERSCORES = /(?<![\p{L}\p{N}_])_+(?=[\p{L}\p{N}])/u;
const CLOSING_UNDERSCORES = /(?<=[\p{L}\p{N}])_+(?![\p{L}\p{N}_])/u;
const UNDERSCORES_AT_WORD = new RegExp(`${OPENING_UNDERSCORES.source}|${CLOSING_UNDERSCORES.source}`, 'gu');

/** For text anywhere in a paragraph, heading or cell. */
export function escapeInline(text: string): string {
  let escaped = text
    .replace(/\\(?=[!-/:-@[-`{-~])/g, '\\\\')
    .replace(/<(?=[a-z/!?])/gi, '\\<')
    .replace(/&(?=#\d+;|#x[0-9a-f]+;|[a-z][a-z0-9]*;)/gi, '\\&')
    .replace(/\[(?=[^\]]*\]\()/g, '\\[');
  // A lone delimiter has nothing to pair with.
  if (OPENING_UNDERSCORES.test(escaped) && CLOSING_UNDERSCORES.test(escaped)) {
    escaped = escaped.replace(UNDERSCORES_AT_WORD, (run) => '\\_'.repeat(run.length));
  }
  if (occurrences(escaped, '`') > 1) escaped = escaped.replaceAll('`', '\\`');
  if (occurrences(escaped, '*') > 1) escaped = escaped.replace(/(?<=\S)\*|\*(?=\S)/g, '\\*');
  if (occurrences(escaped, '~') > 1) escaped = escaped.replace(/(?<=\S)~|~(?=\S)/g, '\\~');
  return escaped;
}

/** For text that begins a line: what would start a heading, quotation, list, rule, code or link definition. */
export function escapeLine(text: string): string {
  const line = escapeInline(text);
  if (/^#{1,6}(?:\s|$)/.test(line) || line.startsWith('>')) return `\\${line}`;
  if (/^[-+*](?:\s|$)/.test(line) || /^(?:=+|-+)$/.test(line)) return `\\${line}`;
  if (/^(?:(?:-\s*){3,}|(?:_\s*){3,}|(?:\*\s*){3,})$/.test(line) || /^(?:~{3}|`{3})/.test(line)) return `\\${line}`;
  if (/^\[[^\]]+\]:/.test(line)) return `\\${line}`;
  // "1985. It was …" is a sentence's end, not item 1985; up to three digits it is an item.
  return line.replace(/^(\d{4,9})([.)])(?=\s|$)/, '$1\\$2');
}

export function escapeCell(text: string): string {
  return escapeInline(text.replace(/\s+/g, ' ').trim()).replaceAll('|', '\\|');
}

function occurrences(text: string, character: string): number {
  return text.split(character).length - 1;
}
