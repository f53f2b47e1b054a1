import { describe, expect, test } from 'vitest';
import { blockFates, blockFigures } from '../../../scripts/accuracy/block-f1.mjs';

const box = (type: string, left: number, top: number, right: number, bottom: number) => ({
  type,
  bbox: [left, top, right, bottom] as [number, number, number, number],
});

describe('block F1', () => {
  test('counts a block of the right extent and the wrong type as found, but not by type', () => {
    const truth = [box('Text', 0, 0, 100, 10), box('Title', 0, 20, 100, 30)];
    const found = [box('Text', 0, 0, 100, 10), box('Text', 0, 20, 100, 30)];
    expect(blockFigures([{ truth, found }])).toEqual({
      block_f1: 1,
      block_f1_by_type: 0.5,
      'block_f1:Text': 2 / 3,
      'block_f1:Title': 0,
    });
  });

  test('an overlap of half the union is enough, less is not', () => {
    const truth = [box('Text', 0, 0, 100, 10)];
    expect(blockFigures([{ truth, found: [box('Text', 0, 0, 50, 10)] }]).block_f1).toBe(1);
    expect(blockFigures([{ truth, found: [box('Text', 0, 0, 49, 10)] }]).block_f1).toBe(0);
  });

  test('one block found for two true ones is paired with one of them', () => {
    const truth = [box('Text', 0, 0, 100, 10), box('Text', 0, 0, 100, 12)];
    expect(blockFigures([{ truth, found: [box('Text', 0, 0, 100, 11)] }]).block_f1).toBe(2 / 3);
  });

  test('gives up a partner that another one needs', () => {
    const truth = [box('Text', 0, 0, 100, 10), box('Text', 0, 0, 100, 21)];
    // The second overlaps both true blocks, the first only the smaller.
    const found = [box('Text', 0, 0, 100, 12), box('Text', 0, 0, 100, 8)];
    expect(blockFigures([{ truth, found }]).block_f1).toBe(1);
  });

  test('blocks of another page do not match', () => {
    const pages = [
      { truth: [box('Text', 0, 0, 100, 10)], found: [] },
      { truth: [], found: [box('Text', 0, 0, 100, 10)] },
    ];
    expect(blockFigures(pages).block_f1).toBe(0);
  });
});

describe('the fate of a true block', () => {
  const fateOf = (found: ReturnType<typeof box>[]) => {
    const fates = blockFates([{ truth: [box('Text', 0, 0, 100, 10)], found }]).Text ?? {};
    return Object.keys(fates).filter((fate) => fates[fate] === 1);
  };

  test.each([
    ['found', [box('Text', 0, 0, 100, 10)]],
    ['other type', [box('Title', 0, 0, 100, 10)]],
    ['merged with others', [box('Text', 0, 0, 100, 40)]],
    ['split', [box('Text', 0, 0, 40, 10), box('Text', 60, 0, 100, 10)]],
    ['other extent', [box('Text', 0, 0, 30, 10)]],
    ['missing', [box('Text', 0, 20, 100, 30)]],
  ])('%s', (fate, found) => {
    expect(fateOf(found)).toEqual([fate]);
  });
});
