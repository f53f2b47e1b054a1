/**
 * How hard a page is to read, 0 to 100: a sum of named components, each rising from 0 to its points over a range of
 * one measured feature. Clean print in one column comes out near 0. What blurs or covers letters weighs most, since
 * it decides whether the smallest models can read the page; structure only adds to it.
 */
import type { ScoredFeature } from '../../schema/document.js';
import type { PageFeatures } from '../native.js';
import type { TextLayer } from './open.js';

export interface Complication {
  readonly name: string;
  readonly kind: 'print' | 'structure';
  readonly points: number;
  /** As it is said in a reason: "blurred letters". */
  readonly words: string;
}

export interface Score {
  /** One decimal. */
  readonly score: number;
  /** What raised it noticeably, the worst first. */
  readonly complications: readonly Complication[];
  readonly features: readonly ScoredFeature[];
}

interface Component<Measured> {
  readonly name: string;
  readonly unit?: string;
  readonly kind: Complication['kind'];
  /** Given in full from `to` on, nothing below `from`; `from` > `to` where less is worse. */
  readonly points: number;
  readonly from: number;
  readonly to: number;
  /** Undefined where it cannot be measured. */
  readonly value: (page: Measured) => number | undefined;
  readonly words: (page: Measured) => string;
}

interface ImagePage {
  readonly features: PageFeatures;
  readonly letterHeightPx: number | undefined;
}

/**
 * Ranges and points were fitted to pages of ten collections (born-digital pages rendered and saved as images at 150 and
 * 200 dpi, forms, receipts, one-bit and gray scans, photographs), so that pages on which the tiny models read as well
 * as the small ones stay simple and scans reach medium. What each collection measures stands beside its range.
 */
const IMAGE_COMPONENTS: readonly Component<ImagePage>[] = [
  {
    // Rendered pages 1.16 to 1.34 (median 1.23), one-bit scans 1.30 to 1.47 (1.39), receipts 1.28 to 2.0 (1.58). A page
    // is medium from 1.347 on: of scans between that and 1.38 small reads up to 8 points more, and no rendered page is.
    name: 'edges',
    unit: 'px',
    kind: 'print',
    points: 36,
    from: 1.28,
    to: 1.36,
    value: ({ features }) => features.edgeWidth,
    words: ({ features }) => (features.edgeWidth > 1.5 ? 'blurred letters' : 'soft letter edges'),
  },
  {
    // Rendered pages 10 px and more; forms scanned at 100 dpi 7 to 11, on which small reads 6 points better.
    name: 'letters',
    unit: 'px',
    kind: 'print',
    points: 30,
    from: 11,
    to: 6,
    value: ({ letterHeightPx }) => letterHeightPx,
    words: ({ letterHeightPx }) => `letters of only ${(letterHeightPx ?? 0).toFixed(0)} px`,
  },
  {
    // Thin rendered letters and gray headings go down to 0.35 without harm.
    name: 'contrast',
    kind: 'print',
    points: 25,
    from: 0.35,
    to: 0.1,
    value: ({ features }) => features.contrast,
    words: () => 'low contrast',
  },
  {
    // Rendered and JPEG pages below 0.37; receipts up to 1.4, photographs 0.2 to 4.4.
    name: 'noise',
    unit: 'levels',
    kind: 'print',
    points: 25,
    from: 0.3,
    to: 2,
    value: ({ features }) => features.noise,
    words: () => 'noise',
  },
  {
    // Tinted boxes give up to 6; photographs 15 to 59.
    name: 'unevenness',
    unit: 'levels',
    kind: 'print',
    points: 25,
    from: 8,
    to: 40,
    value: ({ features }) => features.unevenness,
    words: () => 'uneven light',
  },
  {
    // Within half a degree no detector notices; beyond 5 lines run into each other's boxes.
    name: 'skew',
    unit: 'degrees',
    kind: 'print',
    points: 15,
    from: 0.5,
    to: 5,
    value: ({ features }) => Math.abs(features.skewDegrees) * features.skewConfidence,
    words: ({ features }) => `skew of ${Math.abs(features.skewDegrees).toFixed(1)} degrees`,
  },
  {
    // Letters that are small against their page: up to 0.25 on pages of prose, 0.3 and more on photographed newspapers.
    name: 'fine print',
    kind: 'print',
    points: 15,
    from: 0.28,
    to: 0.55,
    value: ({ features }) => (features.lineHeight > 0 ? features.edgeWidth / features.lineHeight : undefined),
    words: () => 'fine print',
  },
  {
    name: 'inverted',
    kind: 'print',
    points: 10,
    from: 0,
    to: 1,
    value: ({ features }) => Number(features.inverted),
    words: () => 'bright text on dark paper',
  },
  {
    name: 'columns',
    kind: 'structure',
    points: 8,
    from: 1,
    to: 4,
    value: ({ features }) => features.columnCount,
    words: ({ features }) => `${features.columnCount} columns`,
  },
  {
    name: 'rulings',
    kind: 'structure',
    points: 15,
    from: 4,
    to: 60,
    value: ({ features }) => features.rulingCrossings,
    words: () => 'ruled tables',
  },
  {
    name: 'density',
    kind: 'structure',
    points: 8,
    from: 70,
    to: 200,
    value: ({ features }) => features.lineCount,
    words: ({ features }) => `${features.lineCount} lines`,
  },
  {
    name: 'pictures',
    kind: 'structure',
    points: 10,
    from: 0.05,
    to: 0.5,
    value: ({ features }) => features.pictureFraction,
    words: () => 'pictures',
  },
];

/** Points below which a component is not worth naming in a reason. */
const NOTABLE_POINTS = 2;

export function scoreImage(features: PageFeatures, letterHeightPx: number | undefined): Score {
  return total(IMAGE_COMPONENTS, { features, letterHeightPx });
}

interface TextLayerPage {
  readonly lineCount: number;
  /** Share of the lines that are shorter than prose. */
  readonly shortLines: number;
  readonly imageCoverage: number;
  readonly unmapped: number;
}

/** Structure alone: there is no print to be misread. */
const TEXT_LAYER_COMPONENTS: readonly Component<TextLayerPage>[] = [
  {
    name: 'density',
    kind: 'structure',
    points: 8,
    from: 60,
    to: 250,
    value: ({ lineCount }) => lineCount,
    words: ({ lineCount }) => `${lineCount} lines`,
  },
  {
    name: 'cells',
    kind: 'structure',
    points: 12,
    from: 0.3,
    to: 0.9,
    value: ({ shortLines }) => shortLines,
    words: () => 'short lines',
  },
  {
    name: 'pictures',
    kind: 'structure',
    points: 8,
    from: 0.05,
    to: 0.7,
    value: ({ imageCoverage }) => imageCoverage,
    words: () => 'pictures',
  },
  {
    // Up to what trust allows; formulas have signs that their fonts do not name.
    name: 'unmapped glyphs',
    kind: 'structure',
    points: 8,
    from: 0,
    to: 0.03,
    value: ({ unmapped }) => unmapped,
    words: () => 'glyphs without characters',
  },
];

/** Cells of tables and labels of drawings are shorter; a line of prose has some 60 characters. */
const PROSE_CHARACTERS = 15;

export function scoreTextLayer(layer: TextLayer | undefined, imageCoverage: number): Score {
  const lines = layer?.lines.filter((line) => line.text.trim() !== '') ?? [];
  return total(TEXT_LAYER_COMPONENTS, {
    lineCount: lines.length,
    shortLines: lines.filter((line) => line.text.length < PROSE_CHARACTERS).length / Math.max(1, lines.length),
    imageCoverage,
    unmapped: layer === undefined ? 0 : layer.unmappedCharacters / Math.max(1, layer.characters),
  });
}

function total<Measured>(components: readonly Component<Measured>[], page: Measured): Score {
  const complications: Complication[] = [];
  const features: ScoredFeature[] = [];
  let sum = 0;
  for (const { name, unit, kind, points: maxPoints, from, to, value: measure, words } of components) {
    const value = measure(page);
    if (value === undefined) continue;
    const points = maxPoints * ramp(value, from, to);
    sum += points;
    features.push({ name, value, ...(unit === undefined ? {} : { unit }), from, to, points, maxPoints });
    if (points >= NOTABLE_POINTS) complications.push({ name, kind, points, words: words(page) });
  }
  return {
    score: Math.round(Math.min(100, sum) * 10) / 10,
    complications: complications.sort((a, b) => b.points - a.points),
    features,
  };
}

/** 0 at `from`, 1 at `to`, straight in between; not a number counts as 0. */
function ramp(value: number, from: number, to: number): number {
  const share = (value - from) / (to - from);
  return share > 0 ? Math.min(1, share) : 0;
}
