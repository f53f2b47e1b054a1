import { describe, expect, it } from 'vitest';
import { escapeCell, escapeInline, escapeLine } from '../../../src/export/markdown-escape.js';

describe('escapeInline', () => {
  it.each([
    ['5 * 3 * 2', '5 * 3 * 2'],
    ['a footnote*', 'a footnote*'],
    ['*one* and **two**', '\\*one\\* and \\*\\*two\\*\\*'],
    ['snake_case_name', 'snake_case_name'],
    ['_word_', '\\_word\\_'],
    ['Name: ________', 'Name: ________'],
    ['a < b and b > c', 'a < b and b > c'],
    ['<b>bold</b>', '\\<b>bold\\</b>'],
    ['R&D', 'R&D'],
    ['&amp; &#38;', '\\&amp; \\&#38;'],
    ['[12] and [a](b)', '[12] and \\[a](b)'],
    ['C:\\temp', 'C:\\temp'],
    ['a\\*b', 'a\\\\*b'],
    ['one ` tick', 'one ` tick'],
    ['`code`', '\\`code\\`'],
    ['~5 and ~~x~~', '\\~5 and \\~\\~x\\~\\~'],
    ['$5 (five) #1 + 2 - 3!', '$5 (five) #1 + 2 - 3!'],
  ])('%s → %s', (text, expected) => {
    expect(escapeInline(text)).toBe(expected);
  });
});

describe('escapeLine', () => {
  it.each([
    ['# 5 of 7', '\\# 5 of 7'],
    ['#5 of 7', '#5 of 7'],
    ['> 90%', '\\> 90%'],
    ['- 5 °C', '\\- 5 °C'],
    ['-5 °C', '-5 °C'],
    ['+ tax', '\\+ tax'],
    ['-----', '\\-----'],
    ['====', '\\===='],
    ['_____', '\\_____'],
    ['1985. It was', '1985\\. It was'],
    ['1. First', '1. First'],
    ['[1]: note', '\\[1]: note'],
  ])('%s → %s', (text, expected) => {
    expect(escapeLine(text)).toBe(expected);
  });
});

describe('escapeCell', () => {
  it('keeps a cell on one line and its pipes apart from the table', () => {
    expect(escapeCell(' a\n|b ')).toBe('a \\|b');
  });
});
