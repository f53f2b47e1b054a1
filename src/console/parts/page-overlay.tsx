/** What was found on a page, drawn over its picture; without a picture, the text at its places on blank paper. */
import type { ReadPageResult } from '../../schema/job.js';
import { isDoubtful } from '../doubt.js';
import { corners, type Polygon, placesOf, type Reading, type Unit } from '../reading.js';
import type { Marks } from './page-text.js';

export interface Layers {
  readonly blocks: boolean;
  readonly lines: boolean;
  readonly words: boolean;
}

export interface PageOverlayProps {
  readonly page: ReadPageResult;
  readonly reading: Reading;
  readonly layers: Layers;
  readonly marks: Marks;
  /** Whether to write the text: where no picture lies under it. */
  readonly isWritten: boolean;
}

export function PageOverlay({ page, reading, layers, marks, isWritten }: PageOverlayProps) {
  const { width, height } = page.document_metadata.page_dimensions;
  const points = (polygon: Polygon) => polygon.map(([x, y]) => `${round(x * width)},${round(y * height)}`).join(' ');
  return (
    // Hidden from screen readers: the text beside it says the same in order.
    <svg class="overlay" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {layers.blocks &&
        reading.blocks.map(({ ref, type, geometry }) => (
          <polygon key={ref} class={`area type-${type}`} points={points(corners(geometry))} data-ref={ref} />
        ))}
      {isWritten &&
        reading.units.map((unit) => <WrittenUnit key={unit.ref} unit={unit} width={width} height={height} />)}
      {reading.units.map(({ ref, polygon, confidence, words }) => {
        const doubtful = words.length === 0 && isDoubtful(confidence);
        const classes = ['unit-area', layers.lines && 'line-shown', doubtful && 'is-doubtful'];
        return <polygon key={ref} class={classes.filter(Boolean).join(' ')} points={points(polygon)} data-ref={ref} />;
      })}
      {reading.units.map(({ words }) =>
        words.map(({ ref, polygon, confidence }) => {
          const classes = ['word-area', layers.words && 'word-shown', isDoubtful(confidence) && 'is-doubtful'];
          return (
            <polygon key={ref} class={classes.filter(Boolean).join(' ')} points={points(polygon)} data-ref={ref} />
          );
        }),
      )}
      {reading.units.map((unit) =>
        (marks.spans.get(unit.ref) ?? []).flatMap((span) =>
          placesOf(unit, span.from, span.to).map((polygon, index) => (
            <polygon
              key={`${unit.ref} ${span.from} ${index}`}
              class={span.isCurrent ? 'hit is-current' : 'hit'}
              points={points(polygon)}
            />
          )),
        ),
      )}
    </svg>
  );
}

/** Of the line's height, what its letters fill. */
const FONT_SHARE = 0.78;
const BASELINE_SHARE = 0.76;

/** A line of text, set as wide as it stood, along its upper edge. */
function WrittenUnit({ unit, width, height }: { unit: Unit; width: number; height: number }) {
  const [topLeft, topRight, , bottomLeft] = unit.polygon.map(([x, y]) => [x * width, y * height] as const);
  if (topLeft === undefined || topRight === undefined || bottomLeft === undefined || unit.text === '') return null;
  const along = [topRight[0] - topLeft[0], topRight[1] - topLeft[1]] as const;
  const length = Math.hypot(...along);
  const lineHeight = Math.hypot(bottomLeft[0] - topLeft[0], bottomLeft[1] - topLeft[1]);
  const degrees = (Math.atan2(along[1], along[0]) * 180) / Math.PI;
  const turn = `translate(${round(topLeft[0])} ${round(topLeft[1])}) rotate(${round(degrees)})`;
  return (
    <text
      class="written"
      transform={turn}
      y={round(lineHeight * BASELINE_SHARE)}
      font-size={round(lineHeight * FONT_SHARE)}
      textLength={round(length)}
      lengthAdjust="spacingAndGlyphs"
    >
      {unit.text}
    </text>
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
