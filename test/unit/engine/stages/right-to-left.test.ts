import { describe, expect, it, test } from 'vitest';
import { readText, readWords } from '../../../../src/engine/stages/right-to-left.js';

/** What stands on the paper, from left to right. */
const shown = (text: string) => [...text].reverse().join('');

describe('a line that is read from the right', () => {
  test.each([
    ['a line of letters', shown('שלום לכולם'), 'שלום לכולם'],
    [
      'numbers, from the left each',
      `${shown('שקל')} 1,250.50 ${shown('עד')} 300 ${shown('מחיר')}`,
      'מחיר 300 עד 1,250.50 שקל',
    ],
    ['a share', `25% ${shown('הנחה')}`, 'הנחה 25%'],
    [
      'names in another script, with the spaces and numbers in them',
      `${shown('עובד')} Windows 10 ${shown('עם')}`,
      'עם Windows 10 עובד',
    ],
    ['a number in a name', `3D ${shown('מודל')}`, 'מודל 3D'],
    ['brackets named by how they look', `(${shown('בערך')}) ${shown('מחיר')}`, 'מחיר (בערך)'],
    ['brackets named by what they are', `)${shown('בערך')}( ${shown('מחיר')}`, 'מחיר (בערך)'],
    ['the number of an item', `${shown('פריט')} .1`, '1. פריט'],
    ['marks behind their letters', 'םולש\u05c1', 'ש\u05c1לום'],
  ])('has %s', (_, visual, read) => {
    expect(readText(visual, true)).toBe(read);
  });

  it('has its words in that order, each as it is read', () => {
    const words = [shown('שקל'), '300', shown('מחיר')].map((text, at) => ({ text, at }));
    expect(readWords(words, true)).toEqual([
      { text: 'מחיר', at: 2 },
      { text: '300', at: 1 },
      { text: 'שקל', at: 0 },
    ]);
    const names = ['Windows', '10', shown('עם')].map((text) => ({ text }));
    expect(readWords(names, true).map(({ text }) => text)).toEqual(['עם', 'Windows', '10']);
  });
});

describe('a line of another script', () => {
  it('has what is written from the right within it in its place', () => {
    expect(readText(`the word ${shown('שלום לכולם')} means hello`, false)).toBe('the word שלום לכולם means hello');
    const words = ['the', 'word', shown('לכולם'), shown('שלום'), 'means'].map((text) => ({ text }));
    expect(readWords(words, false).map(({ text }) => text)).toEqual(['the', 'word', 'שלום', 'לכולם', 'means']);
  });

  it('stays as it is', () => {
    expect(readText('f(x) = 2 [1]', false)).toBe('f(x) = 2 [1]');
  });
});
