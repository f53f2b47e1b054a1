import { describe, expect, it } from 'vitest';
import { settleLookAlikes } from '../../../../src/engine/stages/look-alikes.js';

/** Every character of `word` read with this probability. */
const settled = (word: string, probability = 0.9) =>
  settleLookAlikes([...word].map((text) => ({ text, probability })))
    .map((character) => character.text)
    .join('');

describe('settleLookAlikes', () => {
  it.each([
    ['2,00o', '2,000'],
    ['1,5oo', '1,500'],
    ['l989', '1989'],
    ['92l26.', '92126.'],
    ['O.54,', '0.54,'],
    ['0.l70', '0.170'],
    ['(l8)', '(18)'],
    ['385-228O', '385-2280'],
  ])('reads %s, a number but for its look-alikes, as %s', (word, expected) => {
    expect(settled(word)).toBe(expected);
  });

  it.each([
    ['l6th', '16th'],
    ['3lst', '31st'],
    ['1OL', '10L'],
    ['1OOS)', '100S)'],
  ])('reads %s, a number with an ending or a unit, as %s', (word, expected) => {
    expect(settled(word)).toBe(expected);
  });

  it.each([
    ['wi11', 'will'],
    ['I11inois', 'Illinois'],
    ['Tota1(RM)', 'Total(RM)'],
    ['Bi11#:', 'Bill#:'],
    ['c0me', 'come'],
    ['0FFICE', 'OFFICE'],
    ['INV0ICE', 'INVOICE'],
  ])('reads %s, a word but for its digits, as %s', (word, expected) => {
    expect(settled(word)).toBe(expected);
  });

  it.each([
    'SH01',
    'L1-044B,',
    'A0',
    'x0',
    'H1(U)',
    'C01',
    'NO.2',
    'VE0514',
    'B028',
    'mp3',
    '1st',
    'Io',
    'll',
    'O.',
    '-',
  ])('leaves %s as it is', (word) => {
    expect(settled(word)).toBe(word);
  });

  it('leaves what was read for sure, and settles a run of which one was not', () => {
    expect(settled('5l', 0.99)).toBe('5l');
    expect(settled('shal1', 0.99)).toBe('shal1');
    const run = [...'2oo'].map((text, i) => ({ text, probability: i === 1 ? 0.6 : 1 }));
    expect(settleLookAlikes(run)).toEqual([...'200'].map((text, i) => ({ text, probability: i === 1 ? 0.6 : 1 })));
  });

  // What tried every way to cut such a word up would take longer than a test may.
  it.each(['1o', 'a1', '1,', 'A0'])('settles a word as long as a line, of "%s" again and again', (pair) => {
    expect(settled(`${pair.repeat(2000)}!`)).toHaveLength(4001);
  });
});
