import { describe, expect, test } from 'vitest';
import { checkPageRanges, formatPageRanges, parsePageRanges } from '../../../src/schema/page-ranges.js';

describe('parsePageRanges', () => {
  test.each([
    [undefined, 3, [0, 1, 2]],
    ['2', 3, [1]],
    ['1-3,7', 9, [0, 1, 2, 6]],
    ['5-', 6, [4, 5]],
    ['3, 1-2 ,2', 3, [0, 1, 2]],
  ])('%s of %i pages is %j', (text, count, indices) => {
    expect(parsePageRanges(text, count)).toEqual(indices);
  });

  test.each([
    ['', 3, 'Option "pages" must be page numbers and ranges such as "1-3,7" or "5-", not "".'],
    ['1,', 3, 'Option "pages" must be page numbers and ranges such as "1-3,7" or "5-", not "".'],
    ['a', 3, 'Option "pages" must be page numbers and ranges such as "1-3,7" or "5-", not "a".'],
    ['-2', 3, 'Option "pages" must be page numbers and ranges such as "1-3,7" or "5-", not "-2".'],
    ['0', 3, 'Option "pages" names page 0 of a document of 3 pages.'],
    ['2', 1, 'Option "pages" names page 2 of a document of 1 page.'],
    ['1-4', 3, 'Option "pages" names page 4 of a document of 3 pages.'],
    ['9-', 3, 'Option "pages" names page 9 of a document of 3 pages.'],
    ['3-2', 3, 'Option "pages" has a range that runs backwards: "3-2".'],
    ['1-999999', 3, 'Option "pages" names page 999999 of a document of 3 pages.'],
  ])('%j of %i pages is refused in one sentence', (text, count, sentence) => {
    expect(() => parsePageRanges(text, count)).toThrow(sentence);
    expect(() => checkPageRanges(text, count)).toThrow(sentence);
  });
});

describe('formatPageRanges', () => {
  test.each([
    [[0], '1'],
    [[0, 1, 2, 6], '1-3,7'],
    [[4, 5, 8], '5-6,9'],
  ])('%j is %s', (indices, text) => {
    expect(formatPageRanges(indices)).toBe(text);
    expect(parsePageRanges(text, 9)).toEqual(indices);
  });
});
