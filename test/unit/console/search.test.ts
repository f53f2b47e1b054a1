import { expect, test } from 'vitest';
import { findHits, fold } from '../../../src/console/search.js';
import { block, line, page } from './pages.js';

const NOTES = page(
  block('text', [line('The café near the pier is o-', 0, 0), line('pen until the tide turns.', 0, 0.03)]),
  block('text', [line('Pier 4', 0, 0.5)]),
);

test('neither case nor accents matter', () => {
  expect(findHits([NOTES], 'CAFE')).toEqual([{ pageNumber: 1, spans: [{ ref: '1.1', from: 4, to: 8 }] }]);
  expect(findHits([NOTES], 'Café')).toHaveLength(1);
});

test('every place is found, in the order of the text', () => {
  expect(findHits([NOTES], 'pier').map(({ spans }) => spans[0]?.ref)).toEqual(['1.1', '2.1']);
});

test('a word that the line end broke is found, as a part of each line', () => {
  expect(findHits([NOTES], 'open until')).toEqual([
    {
      pageNumber: 1,
      spans: [
        { ref: '1.1', from: 26, to: 27 },
        { ref: '1.2', from: 0, to: 9 },
      ],
    },
  ]);
});

test('text is not found over the end of a block', () => {
  expect(findHits([NOTES], 'turns. Pier')).toEqual([]);
});

test('nothing is found for nothing, and nothing on a page that failed', () => {
  const failed = { page_number: 2, error: { code: 'page.timeout', title: 'Page took too long', detail: 'pier' } };
  expect(findHits([NOTES, failed], ' ')).toEqual([]);
  expect(findHits([failed], 'pier')).toEqual([]);
});

test('what is compared is as long as the text', () => {
  for (const text of ['İstanbul', 'Straße', 'ﬁn', 'e\u0301', '日本', '👩🏽‍🚀'])
    expect(fold(text)).toHaveLength(text.length);
});
