import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedModels, loadManifest } from '../../src/engine/models.js';
import { loadNative, type RgbImage } from '../../src/engine/native.js';
import { type Models, openModels } from '../../src/engine/session.js';
import { openDocument } from '../../src/engine/stages/open.js';
import { readSeals } from '../../src/engine/stages/seals.js';
import type { Quad, TextLine } from '../../src/schema/document.js';
import { makePdf } from '../fixtures/make-pdf.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const MODELS_DIR = new URL('../../models', import.meta.url).pathname;
const SIZE = 800;
const CENTRE = { x: 500, y: 300 };
const RADIUS = 150;
const PAGE = `/MediaBox [0 0 ${SIZE / 2} ${SIZE / 2}]`;
const write = temporaryFolder();
const native = loadNative();
let models: Models;
/** Whether the models of seals were asked for. */
let asked = false;

beforeAll(async () => {
  const installed = await installedModels(MODELS_DIR, await loadManifest(MODELS_DIR));
  models = openModels(MODELS_DIR, installed, { threads: 1, device: 'cpu' });
});

afterAll(() => models.close());

/** Drawn in points, two pixels each, from the top. */
async function picture(content: string): Promise<RgbImage> {
  const document = await openDocument(write('page.pdf', makePdf([{ content, entries: PAGE }])), { maxPagePixels: 5e7 });
  try {
    const source = await document.openPage(0);
    return await source.pixels(144);
  } finally {
    document.close();
  }
}

/** A ring with text along its upper part, clockwise from the left, as it is stamped. */
function stamp(text: string, colour: string): string {
  const step = 250 / (text.length - 1);
  const letters = [...text].map((letter, i) => {
    const turn = ((-125 + i * step) * Math.PI) / 180;
    const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
    const at = (across: number, up: number) =>
      `${(CENTRE.x / 2 + across * cos + up * sin).toFixed(2)} ${((SIZE - CENTRE.y) / 2 - across * sin + up * cos).toFixed(2)}`;
    return `BT /B 18 Tf ${cos.toFixed(4)} ${(-sin).toFixed(4)} ${sin.toFixed(4)} ${cos.toFixed(4)} ${at(-6, RADIUS / 2 - 26)} Tm (${letter}) Tj ET`;
  });
  return [
    `${colour} rg ${colour} RG 4 w`,
    circle(CENTRE.x / 2, (SIZE - CENTRE.y) / 2, RADIUS / 2 - 2),
    ...letters,
  ].join('\n');
}

/** Of four Bézier curves. */
function circle(x: number, y: number, r: number): string {
  const k = 0.5523 * r;
  return `${x + r} ${y} m ${x + r} ${y + k} ${x + k} ${y + r} ${x} ${y + r} c ${x - k} ${y + r} ${x - r} ${y + k} ${x - r} ${y} c ${x - r} ${y - k} ${x - k} ${y - r} ${x} ${y - r} c ${x + k} ${y - r} ${x + r} ${y - k} ${x + r} ${y} c S`;
}

function lineAt(text: string, x: number, y: number, width: number, height: number): TextLine {
  const quad: Quad = [
    { x, y },
    { x: x + width, y },
    { x: x + width, y: y + height },
    { x, y: y + height },
  ];
  return { text, quad, confidence: 0.9, source: 'test' };
}

function sealsOf(image: RgbImage, lines: readonly TextLine[]) {
  asked = false;
  return readSeals(image, lines, native, async () => {
    asked = true;
    return { detector: await models.load('seal'), recognizer: await models.recognizer('small') };
  });
}

describe('seals', () => {
  it('a red stamp is a seal whose ring is read as one line, in place of its pieces', async () => {
    const image = await picture(stamp('NORTH HARBOUR OFFICE', '0.78 0.16 0.24'));
    const piece = lineAt('HARB', 440, 160, 120, 40);
    const inside = lineAt('2024', 460, 290, 80, 24);
    const outside = lineAt('Signed', 100, 600, 120, 24);
    const { lines, seals } = await sealsOf(image, [piece, inside, outside]);
    expect(seals).toHaveLength(1);
    const [seal] = seals;
    expect(seal?.type).toBe('seal');
    expect(Math.abs((seal?.rect.x ?? 0) - (CENTRE.x - RADIUS))).toBeLessThan(6);
    expect(Math.abs((seal?.rect.width ?? 0) - 2 * RADIUS)).toBeLessThan(10);
    expect(lines.map(({ text }) => text.replaceAll(' ', ''))).toEqual(['2024', 'Signed', 'NORTHHARBOUROFFICE']);
  });

  it('a ring without text is none', async () => {
    const { seals } = await sealsOf(await picture(stamp('  ', '0.14 0.22 0.7')), []);
    expect(asked).toBe(true);
    expect(seals).toEqual([]);
  });

  it('a page without a coloured ring costs no model', async () => {
    const lines = [lineAt('Signed', 100, 600, 120, 24)];
    expect(await sealsOf(await picture(stamp('NORTH HARBOUR OFFICE', '0.13 0.13 0.13')), lines)).toEqual({
      lines,
      seals: [],
    });
    expect(asked).toBe(false);
  });
});
