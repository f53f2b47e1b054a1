/** All pages of a document as a strip of small papers; only those in sight exist. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { PageResult, ReadPageResult } from '../../schema/job.js';
import { doubtfulPlaces } from '../doubt.js';
import { formatPercent } from '../format.js';
import { type Polygon, readingOf } from '../reading.js';

/** Pixels; as in document.css. */
const ITEM_HEIGHT = 112;
/** Items beyond the edges that exist already. */
const MARGIN_ITEMS = 4;

export interface PageRailProps {
  readonly pages: readonly PageResult[];
  /** Of the job; those that have not come yet are shown as blank. */
  readonly pageCount: number;
  readonly current: number | undefined;
  readonly hitsOfPages: ReadonlyMap<number, number>;
  readonly onChoose: (index: number) => void;
}

export function PageRail({ pages, pageCount, current, hitsOfPages, onChoose }: PageRailProps) {
  const rail = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(800);
  useEffect(() => {
    if (rail.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      height.value = entry?.contentRect.height ?? 0;
    });
    observer.observe(rail.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = rail.current;
    if (element === null || current === undefined) return;
    const start = current * ITEM_HEIGHT;
    if (start < element.scrollTop) element.scrollTop = start;
    else if (start + ITEM_HEIGHT > element.scrollTop + element.clientHeight) {
      element.scrollTop = start + ITEM_HEIGHT - element.clientHeight;
    }
  }, [current]);

  const count = Math.max(pageCount, pages.length);
  const first = Math.max(0, Math.floor(top.value / ITEM_HEIGHT) - MARGIN_ITEMS);
  const last = Math.min(count, Math.ceil((top.value + height.value) / ITEM_HEIGHT) + MARGIN_ITEMS);
  const move = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 10,
      PageUp: -10,
      Home: -count,
      End: count,
    };
    const step = steps[event.key];
    if (step === undefined || pages.length === 0) return;
    event.preventDefault();
    onChoose(Math.min(pages.length - 1, Math.max(0, (current ?? 0) + step)));
  };
  return (
    <div
      ref={rail}
      class="rail"
      role="listbox"
      aria-label="Pages"
      tabIndex={0}
      aria-activedescendant={current === undefined ? undefined : `page-${current}`}
      onScroll={({ currentTarget }) => {
        top.value = currentTarget.scrollTop;
      }}
      onKeyDown={move}
      onClick={({ target }) => {
        const item = target instanceof Element ? target.closest('[data-index]') : null;
        const index = Number(item?.getAttribute('data-index') ?? Number.NaN);
        if (pages[index] !== undefined) onChoose(index);
      }}
    >
      <div class="rail-length" style={{ height: `${count * ITEM_HEIGHT}px` }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, offset) => {
          const index = first + offset;
          const page = pages[index];
          return (
            <RailItem
              key={index}
              index={index}
              count={count}
              page={page}
              isCurrent={index === current}
              hits={page === undefined ? 0 : (hitsOfPages.get(page.page_number) ?? 0)}
            />
          );
        })}
      </div>
    </div>
  );
}

interface RailItemProps {
  readonly index: number;
  readonly count: number;
  readonly page: PageResult | undefined;
  readonly isCurrent: boolean;
  readonly hits: number;
}

function RailItem({ index, count, page, isCurrent, hits }: RailItemProps) {
  return (
    <div
      id={`page-${index}`}
      class={`rail-item${isCurrent ? ' is-current' : ''}`}
      role="option"
      tabIndex={-1}
      data-index={index}
      aria-selected={isCurrent}
      aria-setsize={count}
      aria-posinset={index + 1}
      aria-disabled={page === undefined}
      aria-label={label(page, index, hits)}
      style={{ transform: `translateY(${index * ITEM_HEIGHT}px)` }}
    >
      <Miniature page={page} />
      <span class="rail-number" aria-hidden="true">
        {page?.page_number ?? ''}
      </span>
      {hits > 0 && (
        <span class="rail-hits" aria-hidden="true">
          {hits}
        </span>
      )}
    </div>
  );
}

function label(page: PageResult | undefined, index: number, hits: number): string {
  if (page === undefined) return `${index + 1}. page, being read`;
  if ('error' in page) return `Page ${page.page_number}, failed`;
  const confidence = formatPercent(page.document_metadata.global_confidence);
  return `Page ${page.page_number}, confidence ${confidence}${hits > 0 ? `, ${hits} hits` : ''}`;
}

const MINIATURE = { width: 60, height: 78 };

/** The page as its lines lie on it; it needs no picture. */
function Miniature({ page }: { page: PageResult | undefined }) {
  if (page === undefined) return <span class="miniature is-waiting" />;
  if ('error' in page)
    return (
      <span class="miniature is-failed" aria-hidden="true">
        !
      </span>
    );
  const { width, height } = page.document_metadata.page_dimensions;
  const scale = Math.min(MINIATURE.width / width, MINIATURE.height / height);
  return (
    <svg
      class="miniature"
      aria-hidden="true"
      viewBox="0 0 1 1"
      preserveAspectRatio="none"
      width={width * scale}
      height={height * scale}
    >
      <path d={miniatureOf(page).lines} />
      <path class="is-doubtful" d={miniatureOf(page).doubtful} />
    </svg>
  );
}

interface MiniaturePaths {
  readonly lines: string;
  /** Lines and words to look at again. */
  readonly doubtful: string;
}

const miniatures = new WeakMap<ReadPageResult, MiniaturePaths>();

function miniatureOf(page: ReadPageResult): MiniaturePaths {
  const known = miniatures.get(page);
  if (known !== undefined) return known;
  const units = readingOf(page).units.filter(({ text }) => text !== '');
  const miniature = {
    lines: path(units.map(({ polygon }) => polygon)),
    doubtful: path(units.flatMap(doubtfulPlaces)),
  };
  miniatures.set(page, miniature);
  return miniature;
}

function path(polygons: readonly Polygon[]): string {
  return polygons
    .map((polygon) => `M${polygon.map(([x, y]) => `${x.toFixed(3)} ${y.toFixed(3)}`).join('L')}Z`)
    .join('');
}
