import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { countJpegScans } from '../../../../src/engine/stages/image-source.js';
import { openDocument, type PageSource } from '../../../../src/engine/stages/open.js';
import { temporaryFolder } from '../../../fixtures/temporary-folder.js';

const write = temporaryFolder();
let files = 0;

const open = (bytes: Uint8Array, maxPagePixels = 1e6) => {
  files += 1;
  return openDocument(write(`${files}.png`, bytes), { maxPagePixels });
};

async function onPage<T>(bytes: Uint8Array, use: (source: PageSource) => T, pageIndex = 0, cap?: number): Promise<T> {
  const document = await open(bytes, cap);
  const source = await document.openPage(pageIndex);
  try {
    return await use(source);
  } finally {
    source.close();
    document.close();
  }
}

const pixels = (bytes: Uint8Array, pageIndex?: number) =>
  onPage(bytes, (source) => source.pixels(undefined), pageIndex);

/** Two rows of pixels, as raw gray, RGB or RGBA. */
const raw = (channels: 1 | 3 | 4, width: number, samples: readonly number[]) =>
  sharp(Uint8Array.from(samples), { raw: { width, height: samples.length / channels / width, channels } });

describe('the pixels of an image', () => {
  it('are RGB of its own size', async () => {
    const image = await pixels(await raw(3, 2, [255, 0, 0, 0, 255, 0]).png().toBuffer());
    expect(image).toEqual({ width: 2, height: 1, data: Buffer.from([255, 0, 0, 0, 255, 0]) });
  });

  it('are RGB where the file is gray', async () => {
    const image = await pixels(await raw(1, 2, [0, 200]).toColourspace('b-w').png().toBuffer());
    expect([...image.data]).toEqual([0, 0, 0, 200, 200, 200]);
  });

  it('are RGB where the file has a palette', async () => {
    const image = await pixels(await raw(3, 2, [255, 0, 0, 0, 0, 255]).png({ palette: true }).toBuffer());
    expect([...image.data]).toEqual([255, 0, 0, 0, 0, 255]);
  });

  it('are 8 bits where the file has 16', async () => {
    const file = await sharp(Uint16Array.of(0, 32896, 65535), { raw: { width: 3, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect([...(await pixels(file)).data]).toEqual([0, 0, 0, 128, 128, 128, 255, 255, 255]);
  });

  it('are on white where the file is transparent', async () => {
    const image = await pixels(await raw(4, 2, [0, 0, 0, 0, 0, 0, 0, 255]).png().toBuffer());
    expect([...image.data]).toEqual([255, 255, 255, 0, 0, 0]);
  });

  it('are sRGB where the file is CMYK', async () => {
    const red = sharp({ create: { width: 8, height: 8, channels: 3, background: '#ff0000' } });
    const image = await pixels(await red.toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer());
    const [r, g, b] = image.data as unknown as [number, number, number];
    expect(image.data.length).toBe(8 * 8 * 3);
    expect(r).toBeGreaterThan(200);
    expect(Math.max(g, b)).toBeLessThan(80);
  });

  it('are upright where EXIF says how the camera was held', async () => {
    const file = await raw(1, 2, [0, 255]).png().withMetadata({ orientation: 6 }).toBuffer();
    const size = await onPage(file, ({ sizePx }) => sizePx);
    const image = await pixels(file);
    expect(size).toEqual({ width: 1, height: 2 });
    expect([image.width, image.height, image.data[0], image.data[3]]).toEqual([1, 2, 0, 255]);
  });

  it.each(['png', 'jpeg', 'tiff', 'webp'] as const)('are read from %s', async (format) => {
    const file = await sharp({ create: { width: 16, height: 8, channels: 3, background: '#ffffff' } })
      .toFormat(format)
      .toBuffer();
    const image = await pixels(file);
    expect(image).toEqual({ width: 16, height: 8, data: Buffer.alloc(16 * 8 * 3, 255) });
  });

  it('are scaled down to the cap, in the size the page has then', async () => {
    const file = await sharp({ create: { width: 200, height: 100, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    const [size, image] = await onPage(
      file,
      async (page) => [page.sizePx, await page.pixels(undefined)] as const,
      0,
      5000,
    );
    expect(size).toEqual({ width: 100, height: 50 });
    expect([image.width, image.height]).toEqual([100, 50]);
  });

  it('are refused from the header where they exceed the cap by far', async () => {
    const file = await sharp({ create: { width: 200, height: 101, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    await expect(onPage(file, () => undefined, 0, 5000)).rejects.toMatchObject({ code: 'page.too-large' });
  });

  it('are refused where the file is cut off', async () => {
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251);
    const file = await raw(3, 64, [...noise])
      .jpeg()
      .toBuffer();
    await expect(pixels(file.subarray(0, file.length / 2))).rejects.toMatchObject({ code: 'page.unreadable' });
  });

  it('are decoded once', async () => {
    const file = await raw(1, 2, [0, 255]).png().toBuffer();
    const [first, second] = await onPage(file, async (page) => [
      await page.pixels(undefined),
      await page.pixels(undefined),
    ]);
    expect(second).toBe(first);
  });
});

describe('a thumbnail', () => {
  it('is gray and has the longest side asked for', async () => {
    const file = await sharp({ create: { width: 200, height: 100, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    const image = await onPage(file, (source) => source.thumbnail(20));
    expect(image).toEqual({ width: 20, height: 10, data: Buffer.alloc(200, 255) });
  });

  it('is no larger than the image', async () => {
    const image = await onPage(await raw(1, 2, [0, 255]).png().toBuffer(), (source) => source.thumbnail(1000));
    expect([image.width, image.height]).toEqual([2, 1]);
  });
});

describe('the resolution', () => {
  const file = (density: number) => raw(1, 2, [0, 255]).jpeg().withMetadata({ density }).toBuffer();

  it('is what the file says', async () => {
    expect(await onPage(await file(300), ({ nativeDpi }) => nativeDpi())).toBe(300);
  });

  it('is unknown where the file says what encoders fill in', async () => {
    expect(await onPage(await file(72), ({ nativeDpi }) => nativeDpi())).toBeUndefined();
  });
});

describe('a TIFF', () => {
  it('has as many pages as it says, each with its own pixels', async () => {
    const page = async (value: number) => write(`${value}.png`, await raw(1, 2, [value, value]).png().toBuffer());
    const file = await sharp([await page(10), await page(200)], { join: { animated: true } })
      .tiff({ compression: 'lzw' })
      .toBuffer();
    const document = await open(file);
    expect(document.pageCount).toBe(2);
    expect((await pixels(file, 0)).data[0]).toBe(10);
    expect((await pixels(file, 1)).data[0]).toBe(200);
  });
});

describe('a file that only begins like an image', () => {
  it('is unreadable', async () => {
    await expect(open(Buffer.from('\x89PNG\r\n\x1a\nand no more', 'latin1'))).rejects.toMatchObject({
      code: 'file.unreadable',
    });
  });
});

describe('loaders that are not wanted', () => {
  it('cannot be reached', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>');
    await expect(sharp(svg).metadata()).rejects.toThrow();
  });
});

describe('the scans of a JPEG', () => {
  const scan = [0xff, 0xda, 0x00, 0x02, 0x11, 0xff, 0x00, 0xff, 0xd0, 0x22];

  it('are counted past stuffed zeros and restarts', () => {
    expect(countJpegScans(Uint8Array.of(0xff, 0xd8, ...scan, ...scan, 0xff, 0xd9))).toBe(2);
  });

  it('do not include those of a thumbnail inside a segment', () => {
    expect(countJpegScans(Uint8Array.of(0xff, 0xd8, 0xff, 0xe1, 0x00, 0x0c, ...scan, ...scan, 0xff, 0xd9))).toBe(1);
  });

  it('are refused when there are too many', async () => {
    const many = Array.from({ length: 101 }, () => scan).flat();
    await expect(open(Uint8Array.of(0xff, 0xd8, ...many, 0xff, 0xd9))).rejects.toMatchObject({
      code: 'file.unreadable',
      message: 'The JPEG has 101 scans: at most 100 were expected.',
    });
  });
});
