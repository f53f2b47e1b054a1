/** Stage route: evidence -> score, provider, models, resolution. Pure. */
import { complexityOf, PROVIDER_BY_COMPLEXITY } from '../../schema/complexity.js';
import type { Complexity, Provider, Routing, TextLayerCheck } from '../../schema/document.js';
import { TIERS, type Tier } from '../../schema/tiers.js';
import type { PageOptions } from '../engine.js';
import type { Evidence } from './analyze.js';
import { type Complication, scoreImage, scoreTextLayer } from './complexity-score.js';
import type { PageSource } from './open.js';

export interface Route extends Pick<Routing, 'provider' | 'complexityScore' | 'reason' | 'features'> {
  /** False where the text layer is read instead, if together with regions of images, and for a blank page. */
  readonly needsImage: boolean;
  /** Resolution of the page image; of a text-layer page, of the coordinates only. Undefined for images. */
  readonly dpi: number | undefined;
  /** Tier of the recognizer, also of the one that reads images on a text-layer page; undefined for none. */
  readonly tier: Tier | undefined;
  /** Tier of the detector that finds the lines; undefined where `tier` is. */
  readonly detectorTier: Tier | undefined;
  /** Tier whose recognizer reads again what that of `tier` doubts; undefined where nothing is. */
  readonly escalationTier: Tier | undefined;
  /** Smaller tier whose recognizer reads the lines first, so that `tier` reads what it doubts; undefined where none does. */
  readonly screeningTier: Tier | undefined;
  /** Median height of the letters in pixels of the page image; undefined where none were measured. */
  readonly letterHeightPx: number | undefined;
  /** Empty for a source without a text layer, and where it was not to be looked at. */
  readonly textLayerChecks: readonly TextLayerCheck[];
}

/** What a page costs and why: the part of a route that is kept for a page that is yet to be read. */
export function briefRoutingOf({ provider, tier, complexityScore, reason }: Route): Routing {
  return { provider, ...(tier === undefined ? {} : { tier }), complexityScore, reason };
}

/** The part of a route that the page keeps. */
export function routingOf(route: Route): Routing {
  const { tier, detectorTier, escalationTier, screeningTier, letterHeightPx, features, textLayerChecks } = route;
  return {
    ...briefRoutingOf(route),
    ...(detectorTier === tier || detectorTier === undefined ? {} : { detectorTier }),
    ...(escalationTier === undefined ? {} : { escalationTier }),
    ...(screeningTier === undefined ? {} : { screeningTier }),
    ...(letterHeightPx === undefined ? {} : { letterHeightPx }),
    ...(features === undefined ? {} : { features }),
    ...(textLayerChecks.length === 0 ? {} : { textLayerChecks: [...textLayerChecks] }),
  };
}

export type PageSize = Pick<PageSource, 'sizePt' | 'sizePx' | 'nativeDpi'>;

export interface RouteLimits {
  /** Those that are installed and can write the languages asked for. Not empty. */
  readonly tiers: readonly Tier[];
  readonly maxPagePixels: number;
}

const POINTS_PER_INCH = 72;
/** Text of 10 points is then 28 px high, letters about 15: all the recognizers take in of a line of 48 px. */
const USUAL_DPI = 200;
/** A scan is rendered as it is; beyond the upper bound no recognizer sees more, and below the lower none sees enough. */
const SCAN_DPI = { min: 72, max: 400 } as const;
/** Letter heights in points (x-height or so) from which text is small or large: type of about 7 and 24 points. */
const SMALL_LETTER_PT = 3.6;
const LARGE_LETTER_PT = 12;
/** How far the resolution follows the letters. */
const DPI_FACTOR = { min: 0.6, max: 1.5 } as const;

export function routePage(evidence: Evidence, page: PageSize, options: PageOptions, limits: RouteLimits): Route {
  const dpi = chooseDpi(evidence, page, options, limits.maxPagePixels);
  if (evidence.textLayerTrust.trusted || evidence.features === undefined) {
    const { score, features } = scoreTextLayer(evidence.textLayer, evidence.imageCoverage);
    const hybrid = evidence.imageRegions.length > 0;
    const provider = hybrid ? providerOf(options.mode, 'simple') : 'text-layer';
    const tier = hybrid ? tierOf(provider, limits.tiers) : undefined;
    const images = evidence.imageRegions.length === 1 ? '1 image' : `${evidence.imageRegions.length} images`;
    const beside = hybrid ? `; text of ${images} read by PaddleOCR PP-OCRv6 ${tier}` : '';
    return {
      provider,
      complexityScore: score,
      reason: `Read from the PDF's text layer (score ${score.toFixed(1)}): ${evidence.textLayerTrust.reason}${beside}`,
      features: [...features],
      textLayerChecks: evidence.textLayerTrust.checks,
      needsImage: false,
      dpi,
      tier,
      detectorTier: tier,
      escalationTier: tier === undefined ? undefined : escalationOf(options.mode, provider, tier, limits.tiers),
      screeningTier: undefined,
      letterHeightPx: undefined,
    };
  }
  if (evidence.features.blank) {
    return {
      provider: PROVIDER_BY_COMPLEXITY.simple,
      complexityScore: 0,
      reason: 'Blank page: nothing stands out from the paper, so that no model was run',
      textLayerChecks: evidence.textLayerTrust.checks,
      needsImage: false,
      dpi,
      tier: undefined,
      detectorTier: undefined,
      escalationTier: undefined,
      screeningTier: undefined,
      letterHeightPx: undefined,
    };
  }
  // A scan's letters have as many pixels as were scanned, however large it is rendered.
  const measuredDpi = dpi === undefined ? undefined : Math.min(dpi, page.nativeDpi() ?? dpi);
  const { score, complications, features } = scoreImage(evidence.features, letterHeightPx(evidence, measuredDpi));
  const complexity = complexityOf(score);
  const provider = providerOf(options.mode, complexity);
  const tier = tierOf(provider, limits.tiers);
  const why = options.mode === 'auto' ? '' : `, mode ${options.mode}`;
  const reason = `${capitalized(complexity)} page (score ${score.toFixed(1)}: ${describe(complications, evidence)})${why} - read by PaddleOCR PP-OCRv6 ${tier}`;
  return {
    provider,
    complexityScore: score,
    reason,
    features: [...features],
    textLayerChecks: evidence.textLayerTrust.checks,
    needsImage: true,
    dpi,
    tier,
    detectorTier: detectorTierOf(complexity, evidence.features.lineCount, tier, limits.tiers),
    escalationTier: escalationOf(options.mode, provider, tier, limits.tiers),
    screeningTier: screeningOf(options.mode, tier, limits.tiers),
    letterHeightPx: letterHeightPx(evidence, dpi),
  };
}

/** The provider names the models that read the page, and so its price: a mode that fixes the models fixes it. */
function providerOf(mode: PageOptions['mode'], complexity: Complexity): Provider {
  if (mode === 'fast') return 'paddle';
  if (mode === 'quality') return 'paddle-structure';
  return PROVIDER_BY_COMPLEXITY[complexity];
}

/** The tier the provider stands for; where it is not installed, the next larger one, else the largest there is. */
function tierOf(provider: Provider, installed: readonly Tier[]): Tier {
  const ordered = TIERS.filter((tier) => installed.includes(tier));
  const wanted = provider === 'paddle' ? 0 : provider === 'paddle-plus' ? 1 : TIERS.length - 1;
  const tier = ordered.find((candidate) => TIERS.indexOf(candidate) >= wanted) ?? ordered[ordered.length - 1];
  if (tier === undefined) throw new RangeError('routePage: tiers is empty');
  return tier;
}

/** Harder pages are read by larger models from the start, and `fast` and `quality` by the one that they name. */
function escalationOf(
  mode: PageOptions['mode'],
  provider: Provider,
  tier: Tier,
  installed: readonly Tier[],
): Tier | undefined {
  return mode === 'auto' && provider === 'paddle' ? nextTier(tier, installed) : undefined;
}

/**
 * The tiny detector finds the lines of the small recognizer in less than half of the small one's time. Word F1 by `quality`
 * on the boxes of the tiny / the small one: forms 0.817 / 0.814, receipts 0.896 / 0.897, typed pages 0.983 / 0.983, pages of
 * several kinds 0.975 / 0.978. Photographs of pages, which are complex, lose: 0.760 / 0.797. So do cut-out tables (TEDS
 * 0.944 / 0.959), of few lines, where a cell that is missed counts and the time is short anyway.
 */
function detectorTierOf(complexity: Complexity, lineCount: number, tier: Tier, installed: readonly Tier[]): Tier {
  const tinySuffices = complexity !== 'complex' && lineCount >= MANY_LINES;
  return tier === 'small' && tinySuffices && installed.includes('tiny') ? 'tiny' : tier;
}

const MANY_LINES = 20;

/** Of a page that is read by the small recognizer because it is hard, the tiny one reads the clear lines. */
function screeningOf(mode: PageOptions['mode'], tier: Tier, installed: readonly Tier[]): Tier | undefined {
  return mode === 'auto' && tier === 'small' && installed.includes('tiny') ? 'tiny' : undefined;
}

function nextTier(tier: Tier, installed: readonly Tier[]): Tier | undefined {
  return TIERS.slice(TIERS.indexOf(tier) + 1).find((larger) => installed.includes(larger));
}

function chooseDpi(
  evidence: Evidence,
  page: PageSize,
  options: PageOptions,
  maxPagePixels: number,
): number | undefined {
  if (page.sizePt === undefined) return undefined;
  const wanted = options.dpi ?? contentDpi(evidence, page);
  const inches = Math.sqrt((page.sizePt.width / POINTS_PER_INCH) * (page.sizePt.height / POINTS_PER_INCH));
  return Math.min(wanted, Math.sqrt(maxPagePixels) / inches);
}

function contentDpi(evidence: Evidence, page: PageSize): number {
  const nativeDpi = page.nativeDpi();
  if (nativeDpi !== undefined && !evidence.textLayerTrust.trusted) {
    return Math.round(Math.min(SCAN_DPI.max, Math.max(SCAN_DPI.min, nativeDpi)));
  }
  const { features, thumbnailScale } = evidence;
  if (features === undefined || thumbnailScale === undefined || features.lineCount === 0) return USUAL_DPI;
  const letterPt = features.lineHeight / thumbnailScale;
  const factor =
    letterPt < SMALL_LETTER_PT
      ? SMALL_LETTER_PT / letterPt
      : letterPt > LARGE_LETTER_PT
        ? LARGE_LETTER_PT / letterPt
        : 1;
  return Math.round(USUAL_DPI * Math.min(DPI_FACTOR.max, Math.max(DPI_FACTOR.min, factor)));
}

/** Median height of the letters in pixels of the page at `dpi`; undefined for a page without lines. */
function letterHeightPx(evidence: Evidence, dpi: number | undefined): number | undefined {
  const { features, thumbnailScale } = evidence;
  if (features === undefined || thumbnailScale === undefined || features.lineCount === 0) return undefined;
  return (features.lineHeight / thumbnailScale) * (dpi === undefined ? 1 : dpi / POINTS_PER_INCH);
}

function describe(complications: readonly Complication[], evidence: Evidence): string {
  const words = complications.slice(0, 3).map((complication) => complication.words);
  if (!complications.some((complication) => complication.kind === 'print')) words.unshift('clean print');
  const columns = evidence.features?.columnCount ?? 0;
  if (!complications.some((complication) => complication.name === 'columns') && columns > 0) {
    words.push(columns === 1 ? '1 column' : `${columns} columns`);
  }
  return words.join(', ');
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
