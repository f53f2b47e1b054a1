import { describe, expect, it } from 'vitest';
import { isDoubtful } from '../../../../src/engine/stages/read-lines.js';

describe('isDoubtful', () => {
  const reading = (confidence: number, leastProbability: number) => ({
    line: { text: 'x', quad: [], confidence, source: 'test' },
    leastProbability,
  });

  it('doubts what is not a reading at all', () => {
    expect(isDoubtful(undefined)).toBe(true);
  });

  it('doubts a line that is unsure on the whole', () => {
    expect(isDoubtful(reading(0.94, 0.9))).toBe(true);
    expect(isDoubtful(reading(0.96, 0.9))).toBe(false);
  });

  it('doubts a line of which one character or space is unsure', () => {
    expect(isDoubtful(reading(0.99, 0.54))).toBe(true);
    expect(isDoubtful(reading(0.99, 0.56))).toBe(false);
  });

  it('doubts a line with an odd word, however sure it is', () => {
    const sure = reading(1, 1);
    expect(isDoubtful(sure)).toBe(false);
    expect(isDoubtful({ ...sure, line: { ...sure.line, text: 'ofThe' } })).toBe(true);
  });

  it('asks for what sureness it is told', () => {
    const sureness = { confidence: 0.975, probability: 0.7 };
    expect(isDoubtful(reading(0.97, 0.9), sureness)).toBe(true);
    expect(isDoubtful(reading(0.98, 0.69), sureness)).toBe(true);
    expect(isDoubtful(reading(0.98, 0.71), sureness)).toBe(false);
  });
});
