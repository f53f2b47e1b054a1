import { describe, expect, it } from 'vitest';
import { countLetters } from '../../../../src/engine/stages/letter-counts.js';

describe('the letters of a text', () => {
  it('are told from numbers, spaces and signs', () => {
    expect(countLetters('Ab 1,ж\t')).toEqual({
      all: 7,
      printable: 7,
      lettersAndNumbers: 4,
      notSpace: 5,
      latin: 2,
      alphabetic: 3,
      alphabeticRuns: 2,
      alphabeticWords: 2,
    });
  });

  it('are counted in runs, and in words with what stands among them', () => {
    const { alphabetic, alphabeticRuns, alphabeticWords } = countLetters("it's 3-fold (αβ) 42");
    expect([alphabetic, alphabeticRuns, alphabeticWords]).toEqual([9, 4, 3]);
  });

  it('count as one where they are written with a pair of surrogates, and not at all where half of it is missing', () => {
    const { all, printable, lettersAndNumbers } = countLetters('𠮷\ud842x');
    expect([all, printable, lettersAndNumbers]).toEqual([3, 2, 2]);
  });

  it('are none in control characters and marks of private use', () => {
    const { all, printable, notSpace } = countLetters('\u0001\ue000');
    expect([all, printable, notSpace]).toEqual([2, 0, 2]);
  });
});
