import { expect, it } from 'vitest';
import { explainPage } from '../../../src/cli/explain.js';
import { block, page } from '../export/page.js';

it('a page is explained by its features, the checks of its text layer, the decision and the lines of each model', () => {
  const read = page([block('text', ['one', 'two', 'three'])], {
    dpi: 200.4,
    routing: {
      provider: 'paddle',
      tier: 'tiny',
      escalationTier: 'small',
      letterHeightPx: 15.44,
      complexityScore: 18,
      reason: 'Simple page.',
      features: [
        { name: 'edges', unit: 'px', value: 1.3404, from: 1.28, to: 1.4, points: 18, maxPoints: 36 },
        { name: 'columns', value: 1, from: 1, to: 4, points: 0, maxPoints: 8 },
      ],
      textLayerChecks: [
        { name: 'characters', value: 7, atLeast: 24, passed: false },
        { name: 'image coverage', value: 0.12, atMost: 0.75, passed: true },
      ],
    },
  });
  const [first, ...others] = read.blocks[0]?.lines ?? [];
  const blocks = read.blocks.map((of) => ({ ...of, lines: [{ ...first, source: 'larger' }, ...others] as never }));

  expect(explainPage('scan.pdf', { ...read, blocks })).toBe(
    [
      'scan.pdf, page 1: Simple page.',
      '  feature         value    range        points',
      '  edges           1.34 px  1.28 to 1.4  18.0 of 36',
      '  columns         1        1 to 4       0.0 of 8',
      '  score                    simple       18.0 of 100',
      '  text layer      value    trusted',
      '  characters      7        from 24 on   failed',
      '  image coverage  0.12     up to 0.75',
      '  decision: provider paddle, tier tiny, doubtful lines again by small, 200 dpi, letters 15.4 px high',
      '  lines: 2 by test, 1 by larger',
    ].join('\n'),
  );
});

it('the smaller models that a page was read with are named beside its own', () => {
  const routing = { provider: 'paddle-plus', tier: 'small', complexityScore: 40, reason: 'Medium page.' } as const;
  const read = page([], { routing: { ...routing, detectorTier: 'tiny', screeningTier: 'tiny' } });
  expect(explainPage('scan.png', read)).toContain(
    'decision: provider paddle-plus, tier small, lines found by tiny, clear lines read by tiny\n',
  );
});

it('a page without lines or measurements is explained by its reason and decision', () => {
  expect(explainPage('blank.png', page([]))).toBe(
    [
      'blank.png, page 1: Simple page.',
      '  feature  value  range   points',
      '  score           simple  8.5 of 100',
      '  decision: provider paddle',
      '  lines: none',
    ].join('\n'),
  );
});
