/** Pictures of a document's pages, from the user's own file: the server keeps none. */
import type { RenderAnswer, RenderRequest } from './render-worker.js';

export interface PictureSource {
  /** The page as the file has it, about `widthPx` wide. @throws Error */
  draw(pageIndex: number, widthPx: number): Promise<ImageBitmap>;
  close(): void;
}

export async function openPictures(file: File, password: string): Promise<PictureSource> {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  return isShownByBrowsers(head) ? imagePictures(file) : renderedPictures(file, password);
}

/** PNG, JPEG, WebP. */
function isShownByBrowsers(head: Uint8Array): boolean {
  const signature = String.fromCharCode(...head);
  return signature === '\x89PNG' || signature.startsWith('\xff\xd8\xff') || signature === 'RIFF';
}

function imagePictures(file: File): PictureSource {
  return {
    draw: async (_, widthPx) => createImageBitmap(file, { resizeWidth: widthPx, resizeQuality: 'high' }),
    close() {},
  };
}

async function renderedPictures(file: File, password: string): Promise<PictureSource> {
  const worker = new Worker(new URL('./render-worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, { resolve(image: ImageData | undefined): void; reject(error: Error): void }>();
  const failAll = (message: string) => {
    for (const { reject } of waiting.values()) reject(new Error(message));
    waiting.clear();
  };
  worker.onmessage = ({ data }: MessageEvent<RenderAnswer>) => {
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if ('failure' in data) asked?.reject(new Error(data.failure));
    else asked?.resolve(data.image);
  };
  worker.onerror = () => failAll('the renderer could not be started');
  let lastId = 0;
  const ask = (request: DistributiveOmit<RenderRequest, 'id'>) =>
    new Promise<ImageData | undefined>((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ ...request, id });
    });
  const close = () => {
    worker.terminate();
    failAll('the document was closed');
  };
  try {
    await ask({ kind: 'open', file, password });
  } catch (error) {
    close();
    throw error;
  }
  return {
    async draw(pageIndex, widthPx) {
      const image = await ask({ kind: 'draw', pageIndex, widthPx });
      if (image === undefined) throw new Error('the renderer gave no picture');
      return createImageBitmap(image);
    },
    close,
  };
}

type DistributiveOmit<Union, Member extends PropertyKey> = Union extends unknown ? Omit<Union, Member> : never;
