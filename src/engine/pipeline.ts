/** One page from its source to its result: the stages in their order, each timed and named in what it throws. */
import { performance } from 'node:perf_hooks';
import { OcrError } from '../errors.js';
import type { Page, Routing, StageTimings, Tier } from '../schema/document.js';
import { canWrite, checkLanguages, type Repertoire, repertoireOf } from './charset-mask.js';
import type { PageOptions } from './engine.js';
import type { Native, RgbImage } from './native.js';
import type { Models } from './session.js';
import { analyzePage, type Evidence, type PageReader } from './stages/analyze.js';
import { type Arrangement, arrangePage } from './stages/arrange.js';
import { assemblePage, type PageFrame } from './stages/assemble.js';
import { withBullets } from './stages/bullets.js';
import { type DetectedLine, detectLines, detectorScale } from './stages/detect.js';
import { findEquations } from './stages/equations.js';
import { withDrawnFigures } from './stages/figures.js';
import { readImageRegions } from './stages/image-regions.js';
import { addLargePrint, mayHaveLargePrint } from './stages/large-print.js';
import { findRegions, type Region } from './stages/layout.js';
import { type StyledLine, skewOf } from './stages/line-box.js';
import { readUpended } from './stages/line-direction.js';
import { linesFromTextLayer } from './stages/lines-from-text-layer.js';
import { cutLongLines } from './stages/long-lines.js';
import { withSelectionMarks } from './stages/marks.js';
import type { PageSource } from './stages/open.js';
import { rotationOf, turnImage } from './stages/orient.js';
import { type DirectedPage, turnByLayer, turnByText } from './stages/page-direction.js';
import { readLines } from './stages/read-lines.js';
import { renderPage } from './stages/render.js';
import { briefRoutingOf, type Route, routePage } from './stages/route.js';
import { readSeals } from './stages/seals.js';
import { readRuledTable, readTables } from './stages/table.js';
import { findTableAreas, mayHaveTables } from './stages/table-areas.js';
import { type RuledTable, ruledTables } from './stages/table-ruled.js';
import { scaledStrokes, strokesOfImage } from './stages/table-rulings.js';

const POINTS_PER_INCH = 72;

/** What a thread reads pages with. */
export interface PipelineParts {
  readonly native: Native;
  readonly models: Models;
  readonly maxPagePixels: number;
}

type Timings = { -readonly [stage in keyof StageTimings]: StageTimings[stage] };

/** What a page will be read by, and cost, from the same evidence that `readPage` goes by. */
export async function routeOf(source: PageSource, options: PageOptions, parts: PipelineParts): Promise<Routing> {
  const { route } = await analyzeAndRoute(source, options, parts, {});
  return briefRoutingOf(route);
}

export async function readPage(opened: PageSource, options: PageOptions, parts: PipelineParts): Promise<Page> {
  const { native, models } = parts;
  const timings: Timings = {};
  const { source, evidence, route } = await analyzeAndRoute(opened, options, parts, timings);

  if (evidence.features?.blank) {
    const frame = frameOf(source, route);
    return finish(frame, route, arrangePage([], [], frame), options, timings);
  }
  if (!route.needsImage || route.tier === undefined || route.detectorTier === undefined) {
    return evidence.scan === undefined
      ? readTextLayerPage(source, evidence, route, options, parts, timings)
      : finishImage(source, { ...evidence.scan, rotation: 0 }, route, options, parts, timings);
  }

  const { tier, detectorTier } = route;
  const rendered = await stage('render', timings, () => renderPage(source, route));
  const { rotation } = evidence;
  const turned = { image: await stage('orient', timings, () => turnImage(rendered, rotation)), rotation };
  const { pieces, join } = await stage('detect', timings, async () => {
    const detector = await models.detector(detectorTier);
    const scale = detectorScale(turned.image, route.letterHeightPx);
    const found = await detectLines(turned.image, detector, native, scale);
    const all = mayHaveLargePrint(evidence.features)
      ? await addLargePrint(found, turned.image, detector, native, scale)
      : found;
    return cutLongLines(turned.image, all, native);
  });
  const read = (wanted: readonly DetectedLine[]) =>
    readLines(turned.image, wanted, { ...route, tier }, options.languages, models, native);
  const readings = await stage('recognize', timings, () => read(pieces));
  const directed = await stage('direct', timings, async () => {
    const loadModel = () => models.load('line-orientation');
    return turnByText(turned, join(await readUpended(turned.image, pieces, readings, read, loadModel, native)));
  });
  return finishImage(source, directed, route, options, parts, timings);
}

/** What is on the picture of a page beside its lines, and the page of both. */
async function finishImage(
  source: PageSource,
  { image, rotation, lines: plain }: DirectedPage,
  route: Route,
  options: PageOptions,
  parts: PipelineParts,
  timings: Timings,
): Promise<Page> {
  const { native, models } = parts;
  const marked = await stage('marks', timings, async () =>
    withBullets(image, withSelectionMarks(image, plain, native)),
  );
  const { lines, seals } = await stage('seals', timings, () =>
    readSeals(image, marked, native, async () => ({
      detector: await models.load('seal'),
      recognizer: await models.recognizer(route.tier ?? models.installedTiers[0]),
    })),
  );
  const regions = await stage('layout', timings, async () =>
    findRegions(image, await models.load('layout'), native, skewOf(lines)),
  );
  const widthPx = rotation % 180 === 0 ? image.width : image.height;
  const dpi = source.sizePt === undefined ? source.nativeDpi() : (widthPx / source.sizePt.width) * POINTS_PER_INCH;
  const frame = {
    pageIndex: source.pageIndex,
    widthPx: image.width,
    heightPx: image.height,
    dpi,
    rotation: (source.rotation + rotation) % 360,
  };
  const tables = options.tables
    ? await stage('table', timings, () => tablesOfImage(image, lines, regions, frame, parts))
    : regions;
  const arranged = await stage('arrange', timings, async () => arrangePage(lines, [...seals, ...tables], frame));
  return finish(frame, route, arranged, options, timings);
}

async function tablesOfImage(
  image: RgbImage,
  lines: readonly StyledLine[],
  regions: readonly Region[],
  frame: PageFrame,
  { native, models }: PipelineParts,
): Promise<readonly Region[]> {
  const ruled = ruledTables(lines, strokesOfImage(image, lines, native));
  return readTables(image, findTableAreas(lines, regions, ruled, frame), regions, models, native);
}

/** Of a page that is not rendered. */
function frameOf(
  { pageIndex, sizePt, sizePx, nativeDpi, rotation }: PageSource,
  { dpi = POINTS_PER_INCH }: Route,
): PageFrame {
  const turned = { pageIndex, rotation };
  if (sizePt === undefined) {
    return { ...turned, widthPx: sizePx?.width ?? 0, heightPx: sizePx?.height ?? 0, dpi: nativeDpi() };
  }
  const scale = dpi / POINTS_PER_INCH;
  return { ...turned, widthPx: Math.round(sizePt.width * scale), heightPx: Math.round(sizePt.height * scale), dpi };
}

/** The text layer, and what the images on the page say beside it. */
async function readTextLayerPage(
  source: PageSource,
  { textLayer, imageRegions }: Evidence,
  route: Route,
  options: PageOptions,
  parts: PipelineParts,
  timings: Timings,
): Promise<Page> {
  const scale = (route.dpi ?? POINTS_PER_INCH) / POINTS_PER_INCH;
  const layer = textLayer === undefined ? [] : linesFromTextLayer(textLayer, scale);
  const { tier, detectorTier } = route;
  const { native, models } = parts;
  const ofImages =
    tier === undefined || detectorTier === undefined
      ? []
      : await stage('recognize', timings, () =>
          readImageRegions(source, imageRegions, layer, scale, async (image, letterHeightPx) => {
            const detector = await models.detector(detectorTier);
            const boxes = await detectLines(image, detector, native, detectorScale(image, letterHeightPx));
            const read = await readLines(image, boxes, { ...route, tier }, options.languages, models, native);
            return read.filter((line) => line !== undefined);
          }),
        );
  const lines = [...layer, ...ofImages];
  const frame = frameOf(source, route);
  const ruled = options.tables
    ? await stage('table', timings, async () => ruledTables(lines, scaledStrokes(source.strokes() ?? [], scale)))
    : [];
  const equations = findEquations(lines, frame);
  const arrange = (tables: readonly Region[]) => {
    const drawn = withDrawnFigures(tables, source.imageRects() ?? [], source.shapes() ?? [], frame, scale);
    return arrangePage(lines, [...drawn, ...equations], frame);
  };
  const arranged = await stage('arrange', timings, async () => arrange(ruled.map(readRuledTable)));
  if (!options.tables || !mayHaveTables(arranged, ruled)) return finish(frame, route, arranged, options, timings);
  const tables = await tablesOfTextLayer(source, route, frame, lines, ruled, parts, timings);
  return finish(frame, route, await stage('arrange', timings, async () => arrange(tables)), options, timings);
}

/** A page of the text layer is rendered only where its lines stand as those of a table do that no ruling lines part. */
async function tablesOfTextLayer(
  source: PageSource,
  route: Route,
  frame: PageFrame,
  lines: readonly StyledLine[],
  ruled: readonly RuledTable[],
  { native, models }: PipelineParts,
  timings: Timings,
): Promise<readonly Region[]> {
  const image = await stage('render', timings, () => renderPage(source, route));
  const regions = await stage('layout', timings, async () => findRegions(image, await models.load('layout'), native));
  const areas = findTableAreas(lines, regions, ruled, frame);
  const read = await stage('table', timings, () => readTables(image, areas, regions, models, native));
  return read.filter((region) => region.table !== undefined);
}

/** `source` comes back upright, as far as its text layer tells. */
async function analyzeAndRoute(opened: PageSource, options: PageOptions, parts: PipelineParts, timings: Timings) {
  const { native, models, maxPagePixels } = parts;
  const tiers = await readableBy(models, options.languages);
  return stage('analyze', timings, async () => {
    const source = options.text_layer === 'ignore' ? opened : turnByLayer(opened);
    const evidence = await analyzePage(source, native, options, pageReader(tiers, options, parts));
    return { source, evidence, route: routePage(evidence, source, options, { tiers, maxPagePixels }) };
  });
}

/** Reads by the smallest tier, and what that doubts by the next. */
function pageReader(tiers: readonly Tier[], { languages }: PageOptions, { native, models }: PipelineParts): PageReader {
  const [first, second] = tiers as [Tier, Tier | undefined];
  return {
    rotationOf: async (thumbnail) => rotationOf(thumbnail, await models.load('page-orientation'), native),
    detect: async (image, scale) => detectLines(image, await models.detector(first), native, scale),
    read: (image, boxes) => readLines(image, boxes, { tier: first, escalationTier: second }, languages, models, native),
  };
}

/** The tiers whose recognizers can write the languages. */
async function readableBy(models: Models, languages: readonly string[] | undefined): Promise<readonly Tier[]> {
  if (languages === undefined) return models.installedTiers;
  const charsets = await Promise.all(models.installedTiers.map((tier) => models.charset(tier)));
  const writable = charsets.map(repertoireOf);
  checkLanguages(languages, writable);
  return models.installedTiers.filter((_, index) => canWrite(writable[index] as Repertoire, languages));
}

async function finish(
  frame: PageFrame,
  route: Route,
  arranged: Arrangement,
  options: PageOptions,
  timings: Timings,
): Promise<Page> {
  // The page holds `timings` itself, and so the time of this stage as well.
  return stage('assemble', timings, async () =>
    assemblePage(frame, route, arranged, { words: options.word_boxes }, timings),
  );
}

async function stage<T>(name: string, timings: Timings, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OcrError) || error.stage !== undefined) throw error;
    const { code, message, details, cause } = error;
    throw new OcrError(code, message, { stage: name, cause, ...(details === undefined ? {} : { details }) });
  } finally {
    timings[name] = (timings[name] ?? 0) + performance.now() - startedAt;
  }
}
