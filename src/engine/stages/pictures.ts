/** Figures cut out of a page, as PNG. */
import sharp from 'sharp';
import type { Rect } from '../../schema/document.js';
import type { PictureTask } from '../engine.js';
import type { PageSource } from './open.js';

/** Of pages of PDFs: fine enough for print, whatever the page was read at. */
const PICTURE_DPI = 200;

/** One for each of the task's rectangles, in their order. @throws OcrError page.unreadable */
export async function cutPictures(source: PageSource, task: PictureTask): Promise<Uint8Array[]> {
  const image = await source.pixels(source.sizePt === undefined ? undefined : PICTURE_DPI);
  const { data, info } = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .rotate(task.rotation)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const scale = { x: info.width / task.widthPx, y: info.height / task.heightPx };
  const pictures: Uint8Array[] = [];
  for (const rect of task.rects) {
    const area = pixelArea(rect, scale, info);
    pictures.push(
      await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
        .extract(area)
        .png()
        .toBuffer(),
    );
  }
  return pictures;
}

/** In whole pixels within the image, at least one each way. */
function pixelArea(
  rect: Rect,
  scale: { readonly x: number; readonly y: number },
  image: { readonly width: number; readonly height: number },
) {
  const left = Math.min(Math.max(Math.floor(rect.x * scale.x), 0), image.width - 1);
  const top = Math.min(Math.max(Math.floor(rect.y * scale.y), 0), image.height - 1);
  const right = Math.min(Math.ceil((rect.x + rect.width) * scale.x), image.width);
  const bottom = Math.min(Math.ceil((rect.y + rect.height) * scale.y), image.height);
  return { left, top, width: Math.max(right - left, 1), height: Math.max(bottom - top, 1) };
}
