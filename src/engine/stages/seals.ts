/**
 * Stage seals: round stamps -> regions of the type seal, and the text along their ring as a line. Only where the page
 * has a coloured ring is the seal model asked whether there is text in it.
 */
import type { Quad, TextLine } from '../../schema/document.js';
import type { Native, RgbImage } from '../native.js';
import { normalizationOf } from '../normalization.js';
import type { Model, Recognizer } from '../session.js';
import type { Region } from './layout.js';
import { boundsOf } from './line-box.js';
import { quadOf } from './quad.js';
import { recognizeLines } from './recognize.js';

export interface SealedPage {
  /** Without those that a detector of straight lines found along the ring of a seal; with the line of each ring. */
  readonly lines: readonly TextLine[];
  readonly seals: readonly Region[];
}

/** A document has a few; each costs a run of the seal model. */
const MAX_SEALS = 6;
/** The model's input is a square around the ring with this margin of its diameter. */
const MARGIN = 0.06;
/** Rays from the centre and steps along each, on which the model's map is sampled. */
const RAYS = 180;
const STEPS = 40;
/** Where text of a ring may stand, in radii: the ring itself is at 1, emblems and straight lines are further in. */
const INNERMOST = 0.45;
/** Of the rays: less is a straight line of text that reaches the ring, or none. */
const MIN_RAYS = 0.15;
/** A break in the text wider than this share of the circle divides its end from its beginning. */
const MIN_BREAK = 0.04;
/** Radii beside the text's own that its strip holds as well, in heights of the text. */
const STRIP_MARGIN = 0.25;
const STRIP_HEIGHT = 64;
/** A reading of a ring below this is guesswork: emblems, worn stamps. */
const MIN_CONFIDENCE = 0.6;

export async function readSeals(
  image: RgbImage,
  lines: readonly TextLine[],
  native: Native,
  loadModels: () => Promise<{ readonly detector: Model; readonly recognizer: Recognizer }>,
): Promise<SealedPage> {
  const rects = native.findStamps(image);
  if (rects.length === 0) return { lines, seals: [] };
  const { detector, recognizer } = await loadModels();
  const seals: Region[] = [];
  let kept = lines;
  for (let i = 0; i < Math.min(rects.length / 4, MAX_SEALS); i++) {
    const [x, y, width, height] = rects.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    const ring: Ring = { cx: x + width / 2, cy: y + height / 2, rx: width / 2, ry: height / 2 };
    const arc = arcOfText(await textMap(image, ring, detector, native), detector.entry.thresholds?.threshold ?? 0.2);
    if (arc === 'no text') continue;
    seals.push({ type: 'seal', rect: { x, y, width, height }, score: 1 });
    if (arc === 'straight text') continue;
    const strip = unroll(image, ring, arc);
    const [read] = await recognizeLines(
      strip,
      [{ quad: quadOf({ left: 0, top: 0, right: strip.width, bottom: strip.height }), score: 1 }],
      recognizer,
      native,
    );
    if (read === undefined || read.line.confidence < MIN_CONFIDENCE) continue;
    const { words: _, ...line } = read.line;
    // The text runs along the upper half first; where its letters stand cannot be said by quads.
    kept = [
      ...kept.filter((each) => !isAlongRing(each.quad, ring, arc)),
      { ...line, quad: quadOf({ left: x, top: y, right: x + width, bottom: y + height / 2 }) },
    ];
  }
  return { lines: kept, seals };
}

interface Ring {
  readonly cx: number;
  readonly cy: number;
  readonly rx: number;
  readonly ry: number;
}

/** Angles clockwise from the x axis, in radians; radii as fractions of the ring's. */
interface Arc {
  readonly from: number;
  readonly to: number;
  readonly inner: number;
  readonly outer: number;
}

/** Probabilities of text over the square around a ring. */
interface SquareMap {
  readonly data: Float32Array;
  readonly side: number;
}

/** What the model takes for text. */
async function textMap(image: RgbImage, { cx, cy, rx, ry }: Ring, model: Model, native: Native): Promise<SquareMap> {
  const [, , , side] = model.entry.input.shape as [null, number, number, number];
  const scale = 2 * (1 + 2 * MARGIN);
  const crop = sample(image, side, side, (u, v) => ({
    x: cx + (u / side - 0.5) * scale * rx,
    y: cy + (v / side - 0.5) * scale * ry,
  }));
  const tensor = new Float32Array(3 * side * side);
  native.imageToTensor(crop, side, side, side, side, normalizationOf(model.entry), tensor);
  const [map] = await model.run(tensor, [1, 3, side, side]);
  if (map === undefined) throw new Error('A detector has one output.');
  return { data: map.data, side };
}

/** The arc that text stands along, if any does. */
function arcOfText({ data, side }: SquareMap, threshold: number): Arc | 'straight text' | 'no text' {
  const angle = (ray: number) => (2 * Math.PI * ray) / RAYS;
  const radius = (step: number) => INNERMOST + ((1 - INNERMOST) * (step + 0.5)) / STEPS;
  const rays: boolean[] = [];
  const perStep = new Array<number>(STEPS).fill(0);
  for (let ray = 0; ray < RAYS; ray++) {
    let isText = false;
    for (let step = 0; step < STEPS; step++) {
      const reach = radius(step) / (2 * (1 + 2 * MARGIN));
      const u = Math.floor((0.5 + reach * Math.cos(angle(ray))) * side);
      const v = Math.floor((0.5 + reach * Math.sin(angle(ray))) * side);
      if ((data[v * side + u] ?? 0) < threshold) continue;
      isText = true;
      perStep[step] = (perStep[step] as number) + 1;
    }
    rays.push(isText);
  }
  const count = rays.filter(Boolean).length;
  if (count < MIN_RAYS * RAYS) return data.some((value) => value >= threshold) ? 'straight text' : 'no text';

  // The longest run of rays without text is where the text begins and ends.
  let longest = 0;
  let end = 0;
  for (let start = 0; start < RAYS; start++) {
    let length = 0;
    while (length < RAYS && !rays[(start + length) % RAYS]) length++;
    if (length > longest) {
      longest = length;
      end = start + length;
    }
  }
  // A ring that is full of text begins at the left, as most do.
  const from = longest < MIN_BREAK * RAYS ? Math.PI : angle(end - 1);
  const span = longest < MIN_BREAK * RAYS ? 2 * Math.PI : 2 * Math.PI - angle(longest - 2);

  const most = Math.max(...perStep);
  const steps = [...perStep.keys()].filter((step) => (perStep[step] as number) > most / 2);
  const inner = radius(steps[0] as number);
  const outer = radius(steps[steps.length - 1] as number);
  const margin = STRIP_MARGIN * (outer - inner);
  return { from, to: from + span, inner: inner - margin, outer: Math.min(1, outer + margin) };
}

/** The arc as a straight strip of text, its letters upright. */
function unroll(image: RgbImage, { cx, cy, rx, ry }: Ring, { from, to, inner, outer }: Arc): RgbImage {
  const middle = ((inner + outer) / 2) * Math.sqrt(rx * ry);
  const thickness = (outer - inner) * Math.sqrt(rx * ry);
  const width = Math.max(STRIP_HEIGHT, Math.round(((to - from) * middle * STRIP_HEIGHT) / Math.max(thickness, 1)));
  return sample(image, Math.min(width, 64 * STRIP_HEIGHT), STRIP_HEIGHT, (u, v, w, h) => {
    const angle = from + ((to - from) * u) / w;
    const reach = outer - ((outer - inner) * v) / h;
    return { x: cx + reach * rx * Math.cos(angle), y: cy + reach * ry * Math.sin(angle) };
  });
}

/** A picture whose pixels are those of `image` at the points of `at`, white beyond its edges. Bilinear. */
function sample(
  image: RgbImage,
  width: number,
  height: number,
  at: (u: number, v: number, width: number, height: number) => { readonly x: number; readonly y: number },
): RgbImage {
  const data = new Uint8Array(3 * width * height).fill(255);
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      const point = at(u + 0.5, v + 0.5, width, height);
      const x = Math.floor(point.x - 0.5);
      const y = Math.floor(point.y - 0.5);
      if (x < 0 || y < 0 || x + 1 >= image.width || y + 1 >= image.height) continue;
      const fx = point.x - 0.5 - x;
      const fy = point.y - 0.5 - y;
      const corner = 3 * (y * image.width + x);
      for (let channel = 0; channel < 3; channel++) {
        const level = (offset: number) => image.data[corner + offset + channel] as number;
        const upper = level(0) * (1 - fx) + level(3) * fx;
        const lower = level(3 * image.width) * (1 - fx) + level(3 * image.width + 3) * fx;
        data[3 * (v * width + u) + channel] = Math.round(upper * (1 - fy) + lower * fy);
      }
    }
  }
  return { data, width, height };
}

/** Whether a straight line is a piece of the ring's text: inside the ring, and outside of what it encloses. */
function isAlongRing(quad: Quad, { cx, cy, rx, ry }: Ring, { inner }: Arc): boolean {
  const { left, top, right, bottom } = boundsOf(quad);
  const reach = Math.hypot(((left + right) / 2 - cx) / rx, ((top + bottom) / 2 - cy) / ry);
  const fits = right - left < 1.2 * rx || bottom - top > right - left;
  return reach > inner - 0.1 && reach < 1.1 && fits;
}
