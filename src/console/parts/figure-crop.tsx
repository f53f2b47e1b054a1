/** A figure among the text: cut out of the picture of its page. */
import { useEffect, useRef } from 'preact/hooks';
import type { Geometry } from '../../schema/job.js';

export interface FigureCropProps {
  readonly geometry: Geometry;
  /** Of the whole page, upright. */
  readonly picture: HTMLCanvasElement;
}

export function FigureCrop({ geometry, picture }: FigureCropProps) {
  const crop = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = crop.current;
    if (canvas === null) return;
    const [left, top] = [geometry.x * picture.width, geometry.y * picture.height];
    canvas.width = Math.max(1, Math.round(geometry.width * picture.width));
    canvas.height = Math.max(1, Math.round(geometry.height * picture.height));
    canvas.getContext('2d')?.drawImage(picture, -left, -top);
  }, [geometry, picture]);
  return <canvas ref={crop} class="figure-crop" role="img" aria-label="Figure" />;
}
