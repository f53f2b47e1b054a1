/** The part of a document that a script writes, between two marks; the rest is left as it is. */
import { readFileSync, writeFileSync } from 'node:fs';

const BEGIN = '<!-- generated: begin -->';
const END = '<!-- generated: end -->';

/** @throws Error where the marks are not there */
export function writeGeneratedPart(path, text) {
  const [head, rest] = readFileSync(path, 'utf8').split(BEGIN);
  const [, tail] = (rest ?? '').split(END);
  if (tail === undefined) throw new Error(`${path} does not hold the marks ${BEGIN} and ${END}.`);
  writeFileSync(path, `${head}${BEGIN}\n\n${text}\n\n${END}${tail}`);
}
