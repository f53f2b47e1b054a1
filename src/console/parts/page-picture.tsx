/** The picture of a page at the width there is for it, and over it what was found. */
import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { PictureSource } from '../picture.js';

export interface PagePictureProps {
  readonly pictures: PictureSource | undefined;
  readonly pageNumber: number;
  /** Pixels of the upright page, once it was read. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /** Degrees clockwise by which the file's page is turned to stand upright. */
  readonly rotation: number;
  /** 1 fits the width. */
  readonly zoom: number;
  /** The picture, upright, once it is there. */
  readonly drawn: Signal<HTMLCanvasElement | undefined>;
  readonly onFailure: (message: string) => void;
  readonly children: ComponentChildren;
}

/** Widths are rounded up to these steps, so that a pane that is being resized is not drawn at every pixel. */
const WIDTH_STEP = 160;
const MAX_WIDTH = 3_200;

export function PagePicture(props: PagePictureProps) {
  const { pictures, pageNumber, size, rotation, zoom, drawn, onFailure, children } = props;
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawnSize = useSignal<{ width: number; height: number } | undefined>(undefined);
  const paneWidth = useSignal(0);

  useEffect(() => {
    if (frame.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      paneWidth.value = entry?.contentRect.width ?? 0;
    });
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);

  const wanted = paneWidth.value * zoom * devicePixelRatio;
  const widthPx = Math.min(MAX_WIDTH, Math.ceil(wanted / WIDTH_STEP) * WIDTH_STEP);
  useEffect(() => {
    drawn.value = undefined;
    drawnSize.value = undefined;
  }, [pictures, pageNumber]);
  useEffect(() => {
    if (pictures === undefined || widthPx === 0) return;
    let isWanted = true;
    const isOnSide = rotation % 180 !== 0;
    const rawWidth = isOnSide && size !== undefined ? Math.round((widthPx * size.height) / size.width) : widthPx;
    pictures.draw(pageNumber - 1, rawWidth).then(
      (bitmap) => {
        if (isWanted && canvas.current !== null) {
          drawnSize.value = paint(canvas.current, bitmap, rotation);
          drawn.value = canvas.current;
        }
        bitmap.close();
      },
      (error: unknown) => isWanted && onFailure(error instanceof Error ? error.message : String(error)),
    );
    return () => {
      isWanted = false;
    };
  }, [pictures, pageNumber, rotation, widthPx]);

  const { width, height } = size ?? drawnSize.value ?? { width: 210, height: 297 };
  return (
    <div class="paper-frame" ref={frame}>
      <div class="paper" style={{ width: `${zoom * 100}%`, aspectRatio: `${width} / ${height}` }}>
        <canvas
          ref={canvas}
          class={drawn.value === undefined ? 'is-empty' : ''}
          role="img"
          aria-label={`Picture of page ${pageNumber}`}
        />
        {children}
      </div>
    </div>
  );
}

/** Turned as the page was turned; gives the size it then has. */
function paint(canvas: HTMLCanvasElement, bitmap: ImageBitmap, rotation: number): { width: number; height: number } {
  const isOnSide = rotation % 180 !== 0;
  const [width, height] = isOnSide ? [bitmap.height, bitmap.width] : [bitmap.width, bitmap.height];
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  context?.translate(width / 2, height / 2);
  context?.rotate((rotation * Math.PI) / 180);
  context?.drawImage(bitmap, -bitmap.width / 2, -bitmap.height / 2);
  return { width, height };
}
