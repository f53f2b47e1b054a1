import { describe, expect, it } from 'vitest';
import { hasOddWord } from '../../../../src/engine/stages/odd-words.js';

describe('hasOddWord', () => {
  it.each([
    ['S1.50 off', 'a letter for a digit before a number'],
    ['total 7,9O', 'and behind one'],
    ['12 Mi11 Lane', 'digits for letters'],
    ['the f0rm', 'within a word'],
    ['minutes ofThe meeting', 'a capital behind a small letter'],
    ['DIRECT ACCOUNTWHOLESALERS', 'two words as one'],
    ['Willliam', 'a letter three times'],
    ['Date:. May', 'two marks, one behind the other'],
    ['(see page 4', 'a bracket that does not close'],
    ['第一章）总则', 'one that does not open'],
  ])('finds %j odd: %s', (text) => {
    expect(hasOddWord(text)).toBe(true);
  });

  it.each([
    'The committee met on 3 May 2024 (in room 12).',
    'Prüfungsausschuss für Straßenverkehr, § 12 Abs. 3',
    'Всего к оплате: 1.250,00',
    '截至9月30日止六個月（未經審核）',
    'www.example.org, Louis VIII, 12:30, Wait...',
  ])('finds nothing odd in %j', (text) => {
    expect(hasOddWord(text)).toBe(false);
  });
});
