/**
 * The only loader of the addon (`native/`, built by cmake-js), and the contract of every call into it.
 *
 * Calls are synchronous, keep no state between them and may run in many threads at once. The addon checks the type
 * and length of every buffer against the sizes it is told and throws a TypeError or RangeError that names the
 * argument; it never reads or writes outside them. All pixels are interleaved 8-bit, rows without padding.
 */
import { createRequire } from 'node:module';

/** `data.length === width * height * 3`, RGB. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** `data.length === width * height`. */
export interface GrayImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface Normalization {
  /** Per channel in the order the model reads them, on values 0 to 1: (v / 255 - mean) / std. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** PaddleOCR's models were trained on OpenCV images: blue first. */
  readonly channelOrder: 'rgb' | 'bgr';
}

export interface DbOptions {
  /** Probability from which a pixel is text (PaddleOCR `thresh`). */
  readonly threshold: number;
  /** Mean probability inside its box below which a contour is dropped (PaddleOCR `box_thresh`). */
  readonly boxThreshold: number;
  /** Offset distance = area × ratio / perimeter of the minimum-area rectangle. */
  readonly unclipRatio: number;
  /** Shortest side of a box, in map pixels, before unclip; after it, + 2. */
  readonly minSize: number;
  readonly maxCandidates: number;
  /** Dilate the binary map by a 2×2 kernel first. */
  readonly dilate: boolean;
}

export interface DetectedBoxes {
  /** 8 a box: x, y of top-left, top-right, bottom-right, bottom-left, in source pixels; top to bottom, then left. */
  readonly quads: Float32Array;
  /** One a box: mean probability inside the contour's minimum-area rectangle, before unclip; of a bent line's pixels. */
  readonly scores: Float32Array;
  /** The slices of box i are those of `sliceOffsets[i]` to `sliceOffsets[i + 1]` - 1; a straight line has none. */
  readonly sliceOffsets: Uint32Array;
  /** 8 a slice of a bent line, as in `quads`, in the order of its text; as high as its letters, which `quads` are not. */
  readonly slices: Float32Array;
}

export interface CtcLines {
  /** Where each line's characters begin in the arrays below; `lines + 1` entries. */
  readonly offsets: Uint32Array;
  /** Class of each character, blank (0) excluded. Its text is `charset[class]` of the recognizer. */
  readonly classes: Uint32Array;
  /** Probability of each character: the maximum over the run of columns it was read from. */
  readonly probabilities: Float32Array;
  /** First and last column of the run each character was read from, as pairs. */
  readonly columns: Uint32Array;
}

export interface LayoutBoxes {
  /** 4 a region: x, y, width, height in source pixels, clipped to the image. Sorted by descending score. */
  readonly rects: Float32Array;
  readonly scores: Float32Array;
  /** Class index, as the model's charset of region classes has it. */
  readonly classes: Uint32Array;
}

export interface LayoutOptions {
  /** Strides of the feature levels, in the order of the heads: 8, 16, 32, 64 for PicoDet. */
  readonly strides: readonly number[];
  readonly inputWidth: number;
  readonly inputHeight: number;
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  readonly scoreThreshold: number;
  /** Same-class boxes that overlap a better one by more than this are dropped. */
  readonly iouThreshold: number;
  /** Best boxes kept a class before NMS. */
  readonly maxCandidates: number;
}

export interface SelectionMarks {
  /** 4 a mark: x, y, width, height of its box in source pixels; top to bottom. */
  readonly rects: Uint32Array;
  /** One a mark: 1 where anything is written in the box. */
  readonly checked: Uint8Array;
}

/** What a small gray picture of the page tells about how hard it is to read. All from measured pixels. */
export interface PageFeatures {
  /** Otsu's threshold, 0 to 255, and the mean levels on both of its sides. */
  readonly threshold: number;
  readonly inkLevel: number;
  readonly paperLevel: number;
  /** (paper - ink) / 255. */
  readonly contrast: number;
  /** Fraction of the pixels that are ink. A page darker than bright is inverted first. */
  readonly inkFraction: number;
  /** True where paper is darker than ink. */
  readonly inverted: boolean;
  /** Degrees the text lines are turned clockwise, -10 to 10, and how clear the answer is (0 to 1). */
  readonly skewDegrees: number;
  readonly skewConfidence: number;
  /** Mean width of the step between paper and ink in pixels of the thumbnail; larger is blurrier. */
  readonly edgeWidth: number;
  /** Mean absolute difference of paper pixels to their 3×3 median, 0 to 255. */
  readonly noise: number;
  /** Standard deviation of the paper's level over a coarse grid: shadows, gradients, photos. */
  readonly unevenness: number;
  /** Text lines found by connected components, and the median height of their letters in thumbnail pixels. */
  readonly lineCount: number;
  readonly lineHeight: number;
  /** Text columns told by vertical white gaps, 0 for a page without text. */
  readonly columnCount: number;
  /** Long straight horizontal and vertical ink runs. */
  readonly horizontalRulings: number;
  readonly verticalRulings: number;
  /** Places where a horizontal and a vertical ruling meet; a ruled table has many. */
  readonly rulingCrossings: number;
  /** Fraction of the page in large connected dark or textured areas that are no text: pictures, stamps. */
  readonly pictureFraction: number;
  /** Nothing stands out from the paper but specks: no model would read anything. */
  readonly blank: boolean;
}

export interface Native {
  /** Which instruction set the fast paths run on: 'avx2', 'sse2', 'neon' or 'scalar'. */
  readonly simd: string;

  /** Whether the processor multiplies bytes and adds the products up in one instruction (AVX-512 VNNI). */
  readonly multipliesBytes: boolean;

  /**
   * Resizes (bilinear, pixel centres aligned as OpenCV's INTER_LINEAR), normalizes and packs an image as planar
   * floats into `out`, `[1, 3, outHeight, outWidth]`. Pixels right of `scaledWidth` or below `scaledHeight` are 0.
   */
  imageToTensor(
    image: RgbImage,
    scaledWidth: number,
    scaledHeight: number,
    outWidth: number,
    outHeight: number,
    normalization: Normalization,
    out: Float32Array,
  ): void;

  /**
   * DB post-processing: binarize, contours, minimum-area rectangle, score, unclip; scaled to source pixels.
   * `map` is `[mapHeight, mapWidth]`; only its top-left `scaledWidth` × `scaledHeight` hold the page.
   */
  detectBoxes(
    map: Float32Array,
    mapWidth: number,
    mapHeight: number,
    scaledWidth: number,
    scaledHeight: number,
    sourceWidth: number,
    sourceHeight: number,
    options: DbOptions,
  ): DetectedBoxes;

  /**
   * Cuts `quads` (8 floats each) out of the image by perspective, scales each to `height` × its width of `widths`
   * (bilinear), normalizes and packs it into row i of `out`, `[quads, 3, height, batchWidth]`; columns right of its
   * width are 0. `quarterTurns[i]` turns the crop that many times 90° counter-clockwise before scaling: 1 for a tall
   * line, 2 for one upside down, 3 for both.
   */
  packCrops(
    image: RgbImage,
    quads: Float32Array,
    widths: Uint32Array,
    quarterTurns: Uint8Array,
    height: number,
    batchWidth: number,
    normalization: Normalization,
    out: Float32Array,
  ): void;

  /**
   * Greedy CTC decode of `probabilities`, `[lines, steps, classes]`, softmax already applied, blank = class 0.
   * Repeats collapse; a blank separates them. Only the first `steps_i = validSteps[i]` columns of a line count.
   * A space (the last class) that is second to the blank in a gap between two characters is read from
   * `minSpaceProbability` on. `allowed`, when given (one byte a class), keeps other classes from being chosen.
   */
  ctcDecode(
    probabilities: Float32Array,
    lines: number,
    steps: number,
    classes: number,
    validSteps: Uint32Array,
    minSpaceProbability: number,
    allowed?: Uint8Array,
  ): CtcLines;

  /**
   * PicoDet: `scores[k]` is `[cells, classCount]` (sigmoid applied), `distributions[k]` `[cells, 4 × 8]` of level k;
   * distances are the expectation of the softmax over 8 bins, times the stride. Then NMS by class.
   */
  decodeLayout(
    scores: readonly Float32Array[],
    distributions: readonly Float32Array[],
    classCount: number,
    options: LayoutOptions,
  ): LayoutBoxes;

  /**
   * Small square boxes of forms, from half to one and a half times as high as the page's lines, whatever is written in
   * or across them. `lineHeight`: of the lines' boxes, 1 to 10,000 pixels.
   */
  findSelectionMarks(image: RgbImage, lineHeight: number): SelectionMarks;

  /**
   * Rings and ovals in strong red or blue that are mostly paper inside: 4 numbers a stamp, x, y, width, height of its
   * ring in source pixels.
   */
  findStamps(image: RgbImage): Uint32Array;

  pageFeatures(image: GrayImage): PageFeatures;

  /**
   * Long straight ruling lines of a page image: 4 a stroke, x and y of its ends in pixels, horizontal ones first.
   * `letterHeight` (that of small letters, pixels, above 0) and `skewDegrees` (clockwise, -45 to 45) are those of the
   * page's text.
   */
  findStrokes(image: RgbImage, letterHeight: number, skewDegrees: number): Float32Array;

  /**
   * Gives the system back what is free in the heap of the process, between pieces in use as well, where the C library is
   * the GNU one; elsewhere nothing happens. Threads that allocate wait meanwhile, some milliseconds.
   */
  releaseFreeMemory(): void;
}

const require = createRequire(import.meta.url);

let loaded: Native | undefined;

/** Loads the addon once a thread. */
export function loadNative(): Native {
  if (loaded === undefined) {
    try {
      loaded = require('../../build/Release/omega.node') as Native;
    } catch (cause) {
      throw new Error(
        `The native addon for ${process.platform}-${process.arch} (Node ${process.versions.node}) could not be loaded from build/Release/omega.node: run "npm run setup"`,
        { cause },
      );
    }
  }
  return loaded;
}
