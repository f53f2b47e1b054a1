import { describe, expect, test } from 'vitest';
import { type GrayImage, loadNative } from '../../src/engine/native.js';

const native = loadNative();

const paper = 240;
const ink = 40;

interface Canvas extends GrayImage {
  readonly fill: (x: number, y: number, width: number, height: number, level: number) => void;
}

function blankPage(width: number, height: number, level = paper): Canvas {
  const data = new Uint8Array(width * height).fill(level);
  const fill = (x: number, y: number, w: number, h: number, value: number) => {
    for (let row = y; row < y + h; row++) data.fill(value, row * width + x, row * width + x + w);
  };
  return { data, width, height, fill };
}

/** A line of solid letters, 6 × 10 pixels, 3 apart, every seventh left out. */
function drawLine(page: Canvas, x: number, y: number, letters: number): void {
  for (let letter = 0; letter < letters; letter++) {
    if (letter % 7 !== 6) page.fill(x + letter * 9, y, 6, 10, ink);
  }
}

/** Lines of text turned clockwise about the page's middle, sampled 3 × 3 a pixel. */
function turnedPage(degrees: number): GrayImage {
  const upright = blankPage(700, 900);
  for (let line = 0; line < 28; line++) drawLine(upright, 80, 110 + line * 24, 58);
  const page = blankPage(700, 900);
  const cosine = Math.cos((degrees * Math.PI) / 180);
  const sine = Math.sin((degrees * Math.PI) / 180);
  for (let y = 0; y < 900; y++) {
    for (let x = 0; x < 700; x++) {
      let sum = 0;
      for (let sample = 0; sample < 9; sample++) {
        const px = x + ((sample % 3) + 0.5) / 3 - 350;
        const py = y + (Math.floor(sample / 3) + 0.5) / 3 - 450;
        const u = Math.floor(px * cosine + py * sine + 350);
        const v = Math.floor(py * cosine - px * sine + 450);
        sum += u >= 0 && u < 700 && v >= 0 && v < 900 ? (upright.data[v * 700 + u] as number) : paper;
      }
      page.data[y * 700 + x] = sum / 9;
    }
  }
  return page;
}

/** Normal deviates from a fixed seed (Park and Miller's generator, Box and Muller's transform). */
function normals(): () => number {
  let state = 20_231;
  const uniform = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

describe('pageFeatures', () => {
  test('a white page has levels and nothing else', () => {
    expect(native.pageFeatures(blankPage(80, 100, 255))).toEqual({
      threshold: 255,
      inkLevel: 255,
      paperLevel: 255,
      contrast: 0,
      inkFraction: 0,
      inverted: false,
      skewDegrees: 0,
      skewConfidence: 0,
      edgeWidth: 0,
      noise: 0,
      unevenness: 0,
      lineCount: 0,
      lineHeight: 0,
      columnCount: 0,
      horizontalRulings: 0,
      verticalRulings: 0,
      rulingCrossings: 0,
      pictureFraction: 0,
      blank: true,
    });
  });

  test.each([-8.5, -1.3, 0, 0.6, 4.2])('text turned by %f degrees is found so', (degrees) => {
    const features = native.pageFeatures(turnedPage(degrees));
    expect(Math.abs(features.skewDegrees - degrees)).toBeLessThanOrEqual(0.1);
    expect(features.skewConfidence).toBeGreaterThan(0.8);
    expect(features.lineCount).toBe(28);
    expect(features.columnCount).toBe(1);
  });

  test('columns are told by the white between them', () => {
    // Gutters of 30 pixels, three letter heights.
    const page = blankPage(800, 1000);
    for (let line = 0; line < 35; line++) {
      for (const left of [60, 296, 532]) drawLine(page, left, 60 + line * 24, 23);
    }
    const features = native.pageFeatures(page);
    expect(features.columnCount).toBe(3);
    expect(features.lineCount).toBe(105);
    expect(features.lineHeight).toBe(10);
  });

  test('a full-width head does not join the columns below it', () => {
    const page = blankPage(800, 1000);
    for (let line = 0; line < 10; line++) drawLine(page, 60, 60 + line * 24, 74);
    for (let line = 10; line < 36; line++) {
      for (const left of [60, 410]) drawLine(page, left, 60 + line * 24, 35);
    }
    expect(native.pageFeatures(page).columnCount).toBe(2);
  });

  test('ragged lines and their word spaces are one column', () => {
    const page = blankPage(800, 1000);
    for (let line = 0; line < 36; line++) drawLine(page, 60, 60 + line * 24, 74 - ((line * 13) % 30));
    expect(native.pageFeatures(page).columnCount).toBe(1);
  });

  test('a table of 5 rows and 4 columns has 6 and 5 rulings that meet 30 times', () => {
    const page = blankPage(700, 500);
    for (let row = 0; row <= 5; row++) page.fill(60, 60 + row * 70, 561, 1, ink);
    for (let column = 0; column <= 4; column++) page.fill(60 + column * 140, 60, 1, 351, ink);
    for (let row = 0; row < 5; row++) {
      for (let column = 0; column < 4; column++) drawLine(page, 80 + column * 140, 90 + row * 70, 6);
    }
    const features = native.pageFeatures(page);
    expect(features.horizontalRulings).toBe(6);
    expect(features.verticalRulings).toBe(5);
    expect(features.rulingCrossings).toBe(30);
    expect(features.lineCount).toBe(20);
    expect(features.lineHeight).toBe(10);
  });

  test.each([3, 6, 12])('noise of deviation %i on blank paper is measured and is no text', (deviation) => {
    const page = blankPage(500, 400, 150);
    const normal = normals();
    for (let i = 0; i < page.data.length; i++) page.data[i] = Math.round(150 + deviation * normal());
    const features = native.pageFeatures(page);
    // Mean |x - median of its 3 × 3| of normal noise is 0.725 deviations (2,000,000 samples).
    expect(features.noise / deviation).toBeCloseTo(0.725, 1);
    expect(features.lineCount).toBe(0);
    expect(features.inkFraction).toBe(0);
    expect(features.skewConfidence).toBe(0);
  });

  test('a negative measures as its positive, and says so', () => {
    const page = turnedPage(1);
    const negative = { ...page, data: page.data.map((level) => 255 - level) };
    expect(native.pageFeatures(negative)).toEqual({ ...native.pageFeatures(page), inverted: true });
  });

  test('a black area is a picture', () => {
    const page = blankPage(800, 800);
    page.fill(80, 80, 400, 320, 5);
    expect(native.pageFeatures(page).pictureFraction).toBe(0.2);
  });

  test('the smallest images are measured', () => {
    for (const [width, height] of [
      [1, 1],
      [1, 50],
      [50, 1],
      [2, 3],
    ] as const) {
      const data = Uint8Array.from({ length: width * height }, (_, i) => (i % 2) * 255);
      const features = native.pageFeatures({ data, width, height });
      expect(Object.values(features).every((value) => typeof value === 'boolean' || Number.isFinite(value))).toBe(true);
    }
  });

  test('an argument of the wrong type or length is named', () => {
    expect(() => native.pageFeatures({ data: new Uint8Array(5), width: 2, height: 3 })).toThrow(
      'image.data must have 6 elements, not 5',
    );
    expect(() => native.pageFeatures({ data: new Uint8Array(0), width: 0, height: 3 })).toThrow(RangeError);
    const floats = { data: new Float32Array(6), width: 2, height: 3 } as unknown as GrayImage;
    expect(() => native.pageFeatures(floats)).toThrow('image.data must be a Uint8Array');
  });
});
