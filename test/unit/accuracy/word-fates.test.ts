import { expect, test } from 'vitest';
import { wordFates } from '../../../scripts/accuracy/word-fates.mjs';

const fatesOf = (truth: string, read: string) =>
  Object.fromEntries(Object.entries(wordFates([{ truth, read }])).filter(([, count]) => count > 0));

test.each([
  ['the words agree, whatever their order', 'red green', 'green red', { found: 2 }],
  ['a word read once is found once', 'red red', 'red', { found: 1, missing: 1 }],
  ['capitals alone differ', 'Total', 'TOTAL', { 'other case': 1 }],
  ['two words were read as one', 'of the', 'ofthe', { 'joined or split': 2 }],
  ['one word was read as two', 'midnight', 'mid night', { 'joined or split': 1 }],
  ['a letter is wrong', 'invoice', 'involce', { misread: 1 }],
  ['nothing like it was read', 'invoice', '', { missing: 1 }],
  ['what was read is not there', '', 'smudge', { invented: 1 }],
  ['characters of scripts without spaces are words', '图书馆', '图书官', { found: 2, missing: 1, invented: 1 }],
])('%s', (_, truth, read, fates) => {
  expect(fatesOf(truth, read)).toEqual(fates);
});

test('the closest reading explains a word', () => {
  expect(fatesOf('north south', 'morth south-')).toEqual({ 'joined or split': 1, misread: 1 });
});
