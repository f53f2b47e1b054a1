/** The frame of one table: its own level rectangle, origin top-left, however the page lies. */
import type { Point, Quad, Rect } from '../../schema/document.js';
import { type Box, boundsOf, median, readingAngle, type StyledLine, weightedMedian } from './line-box.js';
import { sidesOf } from './quad.js';

export interface TableFrame {
  readonly width: number;
  readonly height: number;
  /** Corners on the page. */
  readonly quad: Quad;
  /** Bounds, in the frame, of points of the page. */
  readonly boundsIn: (points: readonly Point[]) => Box;
  /** Bounds, on the page, of a box of the frame. */
  readonly rectOf: (box: Box) => Rect;
}

/** White kept around the text, in letter heights: the model was trained on tables cut out closely. */
const MARGIN = 0.4;

/** The frame around the lines, turned as they are. REQUIRES: a line. */
export function tableFrame(lines: readonly StyledLine[]): TableFrame {
  const angle = weightedMedian(
    lines.map((line) => ({ value: readingAngle(line.quad), weight: sidesOf(line.quad)[0] })),
  );
  const radians = (angle * Math.PI) / 180;
  const cos = Math.cos(radians);
  const sin = Math.sin(radians);
  const level = ({ x, y }: Point): Point => ({ x: x * cos + y * sin, y: y * cos - x * sin });
  const back = ({ x, y }: Point): Point => ({ x: x * cos - y * sin, y: x * sin + y * cos });

  const margin = MARGIN * median(lines.map((line) => sidesOf(line.quad)[1]));
  const text = boundsOf(lines.flatMap((line) => line.quad.map(level)));
  const left = text.left - margin;
  const top = text.top - margin;
  const right = text.right + margin;
  const bottom = text.bottom + margin;

  const corners = (box: Box): Quad => [
    back({ x: left + box.left, y: top + box.top }),
    back({ x: left + box.right, y: top + box.top }),
    back({ x: left + box.right, y: top + box.bottom }),
    back({ x: left + box.left, y: top + box.bottom }),
  ];
  const width = Math.max(1, right - left);
  const height = Math.max(1, bottom - top);
  return {
    width,
    height,
    quad: corners({ left: 0, top: 0, right: width, bottom: height }),
    boundsIn(pagePoints) {
      const box = boundsOf(pagePoints.map(level));
      return { left: box.left - left, top: box.top - top, right: box.right - left, bottom: box.bottom - top };
    },
    rectOf(box) {
      const around = boundsOf(corners(box));
      return { x: around.left, y: around.top, width: around.right - around.left, height: around.bottom - around.top };
    },
  };
}
