/** Which way text is written. */

/** A letter of a script that is written from right to left. */
export const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

const EACH_RIGHT_TO_LEFT = new RegExp(RIGHT_TO_LEFT, 'gu');

/** Whether most of the letters are of scripts that are written so. */
export function readsRightToLeft(texts: readonly string[]): boolean {
  const count = (of: RegExp) => texts.reduce((sum, text) => sum + (text.match(of)?.length ?? 0), 0);
  const rightToLeft = count(EACH_RIGHT_TO_LEFT);
  return rightToLeft > 0 && 2 * rightToLeft > count(/\p{L}/gu);
}
