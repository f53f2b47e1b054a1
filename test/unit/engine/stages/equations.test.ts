import { describe, expect, it } from 'vitest';
import { findEquations } from '../../../../src/engine/stages/equations.js';
import { line, paragraph } from './page-of-lines.js';

const PAGE = { widthPx: 1000, heightPx: 1400 };

describe('equations of a text layer', () => {
  it('a formula between paragraphs is one, with its number and its limits', () => {
    const equations = findEquations(
      [
        ...paragraph(['where the sum is taken over all of the', 'states of the system and'], 80, 100, 840),
        line('N', 452, 168, 10, 12),
        line('Q = ∑ p log p,', 400, 180, 140),
        line('i', 452, 202, 10, 12),
        line('(25)', 880, 180, 40),
        ...paragraph(['with the sums of each of the others', 'left out for now.'], 80, 260, 840),
      ],
      PAGE,
    );
    expect(equations).toEqual([{ type: 'equation', rect: { x: 400, y: 168, width: 520, height: 46 }, score: 1 }]);
  });

  it('two formulas with white between them are two', () => {
    const equations = findEquations([line('a = b', 400, 100), line('(1)', 880, 100), line('c = d', 400, 160)], PAGE);
    expect(equations.map(({ rect }) => rect.y)).toEqual([100, 160]);
  });

  it('a formula beside words of its row belongs to the sentence', () => {
    expect(findEquations([line('where the mean value is', 80, 100), line('x = y + 1', 330, 100)], PAGE)).toEqual([]);
  });

  it.each(['we find that x = 3 holds for each', 'int x = 5;', 'https://example.org/?a=b', '甲方 = 乙方'])(
    '"%s" is no formula',
    (text) => {
      expect(findEquations([line(text, 400, 100)], PAGE)).toEqual([]);
    },
  );
});
