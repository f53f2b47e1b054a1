import { describe, expect, it } from 'vitest';
import type { PageFeatures } from '../../../../src/engine/native.js';
import type { Evidence } from '../../../../src/engine/stages/analyze.js';
import { type RouteLimits, routePage } from '../../../../src/engine/stages/route.js';
import { CREDITS_BY_PROVIDER } from '../../../../src/schema/complexity.js';

/** A clean page of prose, as a rendered PDF measures. */
const CLEAN: PageFeatures = {
  threshold: 150,
  inkLevel: 60,
  paperLevel: 254,
  contrast: 0.6,
  inkFraction: 0.06,
  inverted: false,
  skewDegrees: 0,
  skewConfidence: 0.98,
  edgeWidth: 1.24,
  noise: 0,
  unevenness: 0.06,
  lineCount: 45,
  lineHeight: 7,
  columnCount: 1,
  horizontalRulings: 0,
  verticalRulings: 0,
  rulingCrossings: 0,
  pictureFraction: 0,
  blank: false,
};
const SCAN: PageFeatures = { ...CLEAN, edgeWidth: 1.39, noise: 0.05, lineHeight: 8 };
const PHOTO: PageFeatures = { ...SCAN, edgeWidth: 1.6, noise: 1.5, unevenness: 35, skewDegrees: -4 };

const LETTER = { sizePt: { width: 612, height: 792 }, sizePx: undefined, nativeDpi: () => undefined };
const IMAGE = { sizePt: undefined, sizePx: { width: 1700, height: 2200 }, nativeDpi: () => undefined };
const OPTIONS = { mode: 'auto', text_layer: 'auto', word_boxes: false, tables: true } as const;
const LIMITS: RouteLimits = { tiers: ['tiny', 'small'], maxPagePixels: 40_000_000 };

function evidence(features: PageFeatures, thumbnailScale: number): Evidence {
  return {
    textLayer: undefined,
    textLayerTrust: { trusted: false, reason: 'there is no text layer', checks: [] },
    imageCoverage: 1,
    scan: undefined,
    imageRegions: [],
    rotation: 0,
    features,
    thumbnailScale,
  };
}
/** 1000 pixels over 792 points, and over 2200 pixels. */
const onPdf = (features: PageFeatures) => evidence(features, 1000 / 792);
const onImage = (features: PageFeatures) => evidence(features, 1000 / 2200);

const TEXT_LAYER: Evidence = {
  ...onPdf(CLEAN),
  textLayer: { lines: [], characters: 2000, unmappedCharacters: 0 },
  textLayerTrust: { trusted: true, reason: 'the text layer is complete', checks: [] },
  imageCoverage: 0,
  features: undefined,
  thumbnailScale: undefined,
};

describe('provider and models', () => {
  it('clean print is simple and the tiny models read it', () => {
    const { features, ...route } = routePage(onPdf(CLEAN), LETTER, OPTIONS, LIMITS);
    expect(features?.every(({ points }) => points === 0)).toBe(true);
    expect(route).toEqual({
      provider: 'paddle',
      complexityScore: 0,
      reason: 'Simple page (score 0.0: clean print, 1 column) - read by PaddleOCR PP-OCRv6 tiny',
      needsImage: true,
      dpi: 200,
      letterHeightPx: 15.4,
      tier: 'tiny',
      detectorTier: 'tiny',
      escalationTier: 'small',
      textLayerChecks: [],
    });
  });

  it('only a simple page whose models were not asked for by name is read by two tiers', () => {
    const escalation = (mode: 'auto' | 'fast' | 'quality', evidence = onPdf(CLEAN), tiers = LIMITS.tiers) =>
      routePage(evidence, LETTER, { ...OPTIONS, mode }, { ...LIMITS, tiers }).escalationTier;
    expect(escalation('auto')).toBe('small');
    expect(escalation('fast')).toBeUndefined();
    expect(escalation('quality')).toBeUndefined();
    expect(escalation('auto', onPdf(SCAN))).toBeUndefined();
    expect(escalation('auto', onPdf(CLEAN), ['tiny'])).toBeUndefined();
    expect(escalation('auto', onPdf(CLEAN), ['tiny', 'medium'])).toBe('medium');
  });

  it('the tiny detector finds the lines of the small recognizer but on photographs and pages of few, whatever the mode', () => {
    const detector = (mode: 'auto' | 'fast' | 'quality', evidence = onPdf(SCAN), tiers = LIMITS.tiers) =>
      routePage(evidence, LETTER, { ...OPTIONS, mode }, { ...LIMITS, tiers }).detectorTier;
    expect(detector('auto')).toBe('tiny');
    expect(detector('fast')).toBe('tiny');
    expect(detector('quality')).toBe('tiny');
    expect(detector('auto', onImage(PHOTO))).toBe('small');
    expect(detector('fast', onImage(PHOTO))).toBe('tiny');
    expect(detector('quality', onImage(PHOTO))).toBe('small');
    expect(detector('auto', onPdf({ ...SCAN, lineCount: 19 }))).toBe('small');
    expect(detector('quality', onPdf({ ...SCAN, lineCount: 19 }))).toBe('small');
    expect(detector('quality', onPdf({ ...SCAN, lineCount: 20 }))).toBe('tiny');
    expect(detector('fast', onPdf({ ...SCAN, lineCount: 19 }))).toBe('tiny');
    expect(detector('quality', onPdf(SCAN), ['small'])).toBe('small');
    expect(detector('quality', onPdf(SCAN), ['tiny', 'small', 'medium'])).toBe('medium');
  });

  it('the clear lines of a page that the small models read are read by the tiny one, unless the mode names its models', () => {
    const screening = (mode: 'auto' | 'fast' | 'quality', evidence = onPdf(SCAN), tiers = LIMITS.tiers) =>
      routePage(evidence, LETTER, { ...OPTIONS, mode }, { ...LIMITS, tiers }).screeningTier;
    expect(screening('auto')).toBe('tiny');
    expect(screening('fast')).toBeUndefined();
    expect(screening('quality')).toBeUndefined();
    expect(screening('auto', onPdf(CLEAN))).toBeUndefined();
    expect(screening('auto', onPdf(SCAN), ['small'])).toBeUndefined();
    expect(screening('auto', onPdf(SCAN), ['tiny', 'medium'])).toBeUndefined();
  });

  it('a scan is medium and the small models read it', () => {
    const route = routePage(onImage(SCAN), IMAGE, OPTIONS, LIMITS);
    expect(route).toMatchObject({ provider: 'paddle-plus', tier: 'small', dpi: undefined });
    expect(route.reason).toBe(
      'Medium page (score 36.0: soft letter edges, 1 column) - read by PaddleOCR PP-OCRv6 small',
    );
  });

  it('a photograph is complex and the largest installed models read it', () => {
    const small = routePage(onImage(PHOTO), IMAGE, OPTIONS, LIMITS);
    expect(small).toMatchObject({ provider: 'paddle-structure', tier: 'small' });
    const medium = routePage(onImage(PHOTO), IMAGE, OPTIONS, {
      ...LIMITS,
      tiers: ['medium', 'tiny', 'small'],
    });
    expect(medium).toMatchObject({ provider: 'paddle-structure', tier: 'medium' });
  });

  it('a tier that is not installed is replaced by the next larger one, else by the largest', () => {
    const simple = routePage(onPdf(CLEAN), LETTER, OPTIONS, { ...LIMITS, tiers: ['small'] });
    expect(simple).toMatchObject({ provider: 'paddle', tier: 'small' });
    const medium = routePage(onImage(SCAN), IMAGE, OPTIONS, { ...LIMITS, tiers: ['tiny'] });
    expect(medium).toMatchObject({ provider: 'paddle-plus', tier: 'tiny' });
  });

  it('a mode that fixes the models fixes the provider and the price', () => {
    const fast = routePage(onImage(PHOTO), IMAGE, { ...OPTIONS, mode: 'fast' }, LIMITS);
    expect(fast).toMatchObject({ provider: 'paddle', tier: 'tiny' });
    expect(CREDITS_BY_PROVIDER[fast.provider]).toBe(1);
    expect(fast.reason).toMatch(/^Complex page \(score .*\), mode fast - read by PaddleOCR PP-OCRv6 tiny$/);
    const quality = routePage(onPdf(CLEAN), LETTER, { ...OPTIONS, mode: 'quality' }, LIMITS);
    expect(quality).toMatchObject({ provider: 'paddle-structure', tier: 'small' });
    expect(CREDITS_BY_PROVIDER[quality.provider]).toBe(5);
  });

  it('a trusted text layer needs no image and no models', () => {
    const { features, ...route } = routePage(TEXT_LAYER, LETTER, OPTIONS, LIMITS);
    expect(features?.map(({ name }) => name)).toEqual(['density', 'cells', 'pictures', 'unmapped glyphs']);
    expect(route).toEqual({
      provider: 'text-layer',
      complexityScore: 0,
      reason: "Read from the PDF's text layer (score 0.0): the text layer is complete",
      needsImage: false,
      dpi: 200,
      letterHeightPx: undefined,
      tier: undefined,
      textLayerChecks: [],
    });
  });

  it('images with text on a text-layer page are read by the models of a simple page, or those that the mode names', () => {
    const region = { from: { x: 0, y: 0 }, to: { x: 300, y: 200 }, dpi: 150, letterHeightPt: 5 };
    const hybrid = { ...TEXT_LAYER, imageRegions: [region, region] };
    const route = (mode: 'auto' | 'fast' | 'quality') => routePage(hybrid, LETTER, { ...OPTIONS, mode }, LIMITS);
    expect(route('auto')).toMatchObject({
      provider: 'paddle',
      tier: 'tiny',
      detectorTier: 'tiny',
      escalationTier: 'small',
      needsImage: false,
    });
    expect(route('auto').reason).toBe(
      "Read from the PDF's text layer (score 0.0): the text layer is complete; text of 2 images read by PaddleOCR PP-OCRv6 tiny",
    );
    expect(route('fast')).toMatchObject({ provider: 'paddle', tier: 'tiny', escalationTier: undefined });
    expect(route('quality')).toMatchObject({ provider: 'paddle-structure', tier: 'small', escalationTier: undefined });
  });

  it('the points of the features add up to the score, and each is given over its range', () => {
    const { complexityScore, features = [] } = routePage(onImage(SCAN), IMAGE, OPTIONS, LIMITS);
    expect(features.find(({ name }) => name === 'edges')).toMatchObject({
      value: 1.39,
      unit: 'px',
      from: 1.28,
      to: 1.36,
      maxPoints: 36,
    });
    expect(features.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(complexityScore, 1);
  });

  it('a score never leaves 0 to 100', () => {
    const worst: PageFeatures = {
      ...PHOTO,
      edgeWidth: 9,
      noise: 90,
      unevenness: 120,
      contrast: 0,
      lineHeight: 1,
      skewDegrees: 10,
      skewConfidence: 1,
      inverted: true,
      columnCount: 9,
      rulingCrossings: 900,
      lineCount: 900,
      pictureFraction: 1,
    };
    expect(routePage(onImage(worst), IMAGE, OPTIONS, LIMITS).complexityScore).toBe(100);
    const blank: PageFeatures = { ...CLEAN, lineCount: 0, lineHeight: 0, contrast: 1, columnCount: 0 };
    expect(routePage(onImage(blank), IMAGE, OPTIONS, LIMITS).complexityScore).toBe(0);
  });
});

describe('a blank page', () => {
  it.each(['auto', 'fast', 'quality'] as const)('is simple and read by no model in mode %s', (mode) => {
    const blank: PageFeatures = { ...PHOTO, lineCount: 0, lineHeight: 0, blank: true };
    const route = routePage(onPdf(blank), LETTER, { ...OPTIONS, mode }, LIMITS);
    expect(route).toEqual({
      provider: 'paddle',
      complexityScore: 0,
      reason: 'Blank page: nothing stands out from the paper, so that no model was run',
      textLayerChecks: [],
      needsImage: false,
      dpi: 200,
      tier: undefined,
      escalationTier: undefined,
      letterHeightPx: undefined,
    });
  });
});

describe('resolution', () => {
  it('the one that was asked for wins', () => {
    expect(routePage(onPdf(CLEAN), LETTER, { ...OPTIONS, dpi: 144 }, LIMITS).dpi).toBe(144);
  });

  it('a covering scan is rendered at its own resolution, within bounds', () => {
    const at = (nativeDpi: number) =>
      routePage(onPdf(SCAN), { ...LETTER, nativeDpi: () => nativeDpi }, OPTIONS, LIMITS).dpi;
    expect([at(300), at(1200), at(20)]).toEqual([300, 400, 72]);
  });

  it('small letters raise it and large ones lower it', () => {
    const at = (lineHeight: number) => routePage(onPdf({ ...CLEAN, lineHeight }), LETTER, OPTIONS, LIMITS).dpi;
    expect([at(4), at(7), at(30), at(300)]).toEqual([227, 200, 120, 120]);
  });

  it('the pixel cap holds', () => {
    const dpi = routePage(onPdf(CLEAN), LETTER, { ...OPTIONS, dpi: 600 }, { ...LIMITS, maxPagePixels: 1_000_000 }).dpi;
    expect((dpi ?? 0) ** 2 * 8.5 * 11).toBeCloseTo(1_000_000, 3);
  });

  it('an image has none', () => {
    expect(routePage(onImage(CLEAN), IMAGE, { ...OPTIONS, dpi: 300 }, LIMITS).dpi).toBeUndefined();
  });
});
