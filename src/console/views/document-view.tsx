/** A document: its pages as they come, each with its picture, what was found on it, and its text. */
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Job, PageResult, ReadPageResult } from '../../schema/job.js';
import { announce } from '../announce.js';
import {
  closeDocument,
  type DocumentEntry,
  deleteJob,
  hasEnded,
  hurry,
  jobOf,
  nameOf,
  openDocument,
  progressOf,
} from '../documents.js';
import { doubtfulRefs } from '../doubt.js';
import { formatNumber, plural } from '../format.js';
import { USUAL_OPTIONS } from '../options.js';
import { DeleteButton } from '../parts/delete-button.js';
import { DownloadMenu } from '../parts/download-menu.js';
import { Notice } from '../parts/notice.js';
import type { Layers } from '../parts/page-overlay.js';
import { PageOverlay } from '../parts/page-overlay.js';
import { PagePicture } from '../parts/page-picture.js';
import { PageRail } from '../parts/page-rail.js';
import { type Marks, PageText } from '../parts/page-text.js';
import { RoutingPanel } from '../parts/routing-panel.js';
import { SearchBox } from '../parts/search-box.js';
import { openPictures, type PictureSource } from '../picture.js';
import { linkPointing, type Pointing } from '../pointing.js';
import { readingOf } from '../reading.js';
import { route, showPage } from '../route.js';
import { findHits } from '../search.js';
import { useShortcuts } from '../shortcuts.js';

type Side = 'text' | 'markdown' | 'json';
const SIDES: readonly (readonly [Side, string])[] = [
  ['text', 'Text'],
  ['markdown', 'Markdown'],
  ['json', 'JSON'],
];
const LAYERS = [
  ['blocks', 'Blocks'],
  ['lines', 'Lines'],
  ['words', 'Words'],
] as const;
const ZOOM_STEP = 1.25;
const MAX_ZOOM = 6;

export function DocumentView({ jobId }: { jobId: string }) {
  const entry = useMemo(() => openDocument(jobId), [jobId]);
  useEffect(() => closeDocument, [jobId]);
  const job = jobOf(entry);
  if (job === undefined) return null;
  return <OpenDocument entry={entry} job={job} />;
}

function OpenDocument({ entry, job }: { entry: DocumentEntry; job: Job }) {
  const pages = entry.pages.value;
  const name = nameOf(entry);
  const asked = route.value.view === 'document' ? route.value.pageNumber : undefined;
  const found = pages.findIndex((page) => page.page_number === asked);
  const index = Math.max(0, found);
  const page = pages[index];
  const show = (wanted: number) => {
    const target = pages[wanted];
    if (target !== undefined) showPage(job.id, target.page_number);
  };

  const query = useSignal('');
  const hitIndex = useSignal(0);
  const hits = useComputed(() => findHits(entry.pages.value, query.value));
  const hitsOfPages = useComputed(() => {
    const counts = new Map<number, number>();
    for (const { pageNumber } of hits.value) counts.set(pageNumber, (counts.get(pageNumber) ?? 0) + 1);
    return counts;
  });
  const goToHit = (wanted: number) => {
    const count = hits.value.length;
    if (count === 0) return;
    hitIndex.value = ((wanted % count) + count) % count;
    const hit = hits.value[hitIndex.value];
    if (hit !== undefined) showPage(job.id, hit.pageNumber);
  };

  useSignalEffect(() => {
    const latest = jobOf(entry);
    if (latest === undefined) return;
    const read = entry.pages.value.length;
    announce(
      hasEnded(latest)
        ? `${nameOf(entry)}: ${latest.status}, ${plural(read, 'page')}.`
        : `${nameOf(entry)}: ${read} of ${plural(latest.page_count, 'page')} read.`,
    );
  });
  useEffect(() => {
    document.title = `${name} · OCR Omega`;
    return () => {
      document.title = 'OCR Omega';
    };
  }, [name]);

  const link = entry.link.value;
  return (
    <div class="document">
      <div class="document-bar">
        <a class="back" href="#/" aria-label="All documents">
          ←
        </a>
        <h1 title={name}>{name}</h1>
        <JobStatus job={job} read={pages.length} />
        <SearchBox query={query} count={hits.value.length} index={hitIndex.value} onGo={goToHit} />
        <DownloadMenu entry={entry} job={job} />
        <DeleteButton
          name={name}
          job={job}
          onDelete={async () => {
            await deleteJob(entry, job);
            location.hash = '#/';
          }}
        />
      </div>
      {link?.kind === 'waiting' && (
        <Notice problem={link.problem} until={link.retryAt}>
          <button type="button" onClick={() => hurry(entry)}>
            Try now
          </button>
        </Notice>
      )}
      {link?.kind === 'refused' && <Notice problem={link.problem} />}
      {job.error !== undefined && <Notice problem={{ ...job.error, type: 'about:blank', status: 0 }} />}
      <div class="panes">
        <PageRail
          pages={pages}
          pageCount={link?.kind === 'refused' || job.results_erased === true ? 0 : job.page_count}
          current={page === undefined ? undefined : index}
          hitsOfPages={hitsOfPages.value}
          onChoose={show}
        />
        <PagePanes
          entry={entry}
          job={job}
          page={page}
          index={index}
          show={show}
          marks={marksOf(page, hits.value, hitIndex.value)}
          currentHit={hits.value[hitIndex.value]?.spans[0]?.ref}
        />
      </div>
    </div>
  );
}

function JobStatus({ job, read }: { job: Job; read: number }) {
  if (!hasEnded(job)) {
    return (
      <p class="job-status">
        {progressOf(job, read)}
        <progress aria-label="Pages read" value={read} max={job.page_count} />
      </p>
    );
  }
  return (
    <p class="job-status">
      {job.status === 'completed' ? plural(job.page_count, 'page') : job.status}
      <span class="hint"> {plural(job.credits_used, 'credit')}</span>
    </p>
  );
}

function marksOf(page: PageResult | undefined, hits: ReturnType<typeof findHits>, current: number): Marks {
  const spans = new Map<
    string,
    Marks['spans'] extends ReadonlyMap<string, infer S> ? (S extends readonly (infer M)[] ? M[] : never) : never
  >();
  hits.forEach((hit, index) => {
    if (hit.pageNumber !== page?.page_number) return;
    for (const span of hit.spans) {
      const marked = { ...span, isCurrent: index === current };
      const others = spans.get(span.ref);
      if (others === undefined) spans.set(span.ref, [marked]);
      else others.push(marked);
    }
  });
  return { spans };
}

interface PagePanesProps {
  readonly entry: DocumentEntry;
  readonly job: Job;
  readonly page: PageResult | undefined;
  /** Of the page among those that came. */
  readonly index: number;
  readonly show: (index: number) => void;
  readonly marks: Marks;
  readonly currentHit: string | undefined;
}

function PagePanes({ entry, job, page, index, show, marks, currentHit }: PagePanesProps) {
  const root = useRef<HTMLDivElement>(null);
  const pointing = useRef<Pointing | undefined>(undefined);
  const layers = useSignal<Layers>({ blocks: true, lines: true, words: false });
  const side = useSignal<Side>('text');
  const zoom = useSignal(1);
  const narrowPane = useSignal<'picture' | 'side'>('picture');
  const drawn = useSignal<HTMLCanvasElement | undefined>(undefined);
  const { pictures, failure, onFailure } = usePictures(entry);

  const read = page !== undefined && !('error' in page) ? page : undefined;
  const reading = read === undefined ? undefined : readingOf(read);
  const pageNumber = page?.page_number ?? 1;

  useEffect(() => {
    if (root.current === null) return;
    pointing.current = linkPointing(root.current);
    return () => pointing.current?.close();
  }, []);
  useEffect(() => pointing.current?.choose(undefined), [page]);
  useEffect(() => {
    if (currentHit !== undefined) pointing.current?.reveal(currentHit);
  }, [currentHit, page, marks]);

  const toggle = (layer: keyof Layers) => () => {
    layers.value = { ...layers.value, [layer]: !layers.value[layer] };
  };
  const setSide = (wanted: Side) => () => {
    side.value = wanted;
    narrowPane.value = 'side';
  };
  const setZoom = (wanted: number) => {
    zoom.value = Math.min(MAX_ZOOM, Math.max(1, wanted));
  };
  const nextDoubtful = () => {
    const refs = reading?.units.flatMap(doubtfulRefs) ?? [];
    const chosen = pointing.current?.chosen();
    side.value = 'text';
    pointing.current?.choose(refs[(refs.indexOf(chosen ?? '') + 1) % refs.length]);
  };
  const moveLine = (step: number) => {
    const refs = reading?.units.filter(({ text }) => text !== '').map(({ ref }) => ref) ?? [];
    const at = refs.indexOf(pointing.current?.chosen()?.split('.').slice(0, 2).join('.') ?? '');
    pointing.current?.choose(refs[Math.min(refs.length - 1, Math.max(0, at + step))]);
  };
  useShortcuts({
    ArrowLeft: () => show(index - 1),
    ArrowRight: () => show(index + 1),
    b: toggle('blocks'),
    l: toggle('lines'),
    w: toggle('words'),
    t: setSide('text'),
    m: setSide('markdown'),
    j: setSide('json'),
    d: nextDoubtful,
    '+': () => setZoom(zoom.value * ZOOM_STEP),
    '-': () => setZoom(zoom.value / ZOOM_STEP),
    '0': () => setZoom(1),
  });

  return (
    <div class="page-panes" ref={root} data-narrow={narrowPane.value}>
      <div class="pane picture-pane">
        <div class="pane-bar">
          <div class="pager">
            <button type="button" aria-label="Page before" disabled={index === 0} onClick={() => show(index - 1)}>
              ‹
            </button>
            <span>
              {formatNumber(pageNumber)} <span class="hint">of {formatNumber(job.page_count)}</span>
            </span>
            <button
              type="button"
              aria-label="Page after"
              disabled={index >= entry.pages.value.length - 1}
              onClick={() => show(index + 1)}
            >
              ›
            </button>
          </div>
          <fieldset class="layers">
            <legend class="unseen">Shown on the page</legend>
            {LAYERS.map(([layer, label]) => (
              <button key={layer} type="button" aria-pressed={layers.value[layer]} onClick={toggle(layer)}>
                {label}
              </button>
            ))}
          </fieldset>
          <div class="zoom wide-only">
            <button type="button" aria-label="Zoom out" onClick={() => setZoom(zoom.value / ZOOM_STEP)}>
              −
            </button>
            <button type="button" aria-label="Zoom in" onClick={() => setZoom(zoom.value * ZOOM_STEP)}>
              +
            </button>
          </div>
          <button type="button" class="narrow-only" onClick={() => (narrowPane.value = 'side')}>
            Text
          </button>
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within the keyboard's reach */}
        <section class="pane-body" tabIndex={0} aria-label="Picture of the page">
          <PagePicture
            pictures={pictures}
            pageNumber={pageNumber}
            size={read?.document_metadata.page_dimensions}
            rotation={read?.document_metadata.rotation ?? 0}
            zoom={zoom.value}
            drawn={drawn}
            onFailure={onFailure}
          >
            {read !== undefined && reading !== undefined && (
              <PageOverlay
                page={read}
                reading={reading}
                layers={layers.value}
                marks={marks}
                isWritten={drawn.value === undefined}
              />
            )}
          </PagePicture>
          <PictureNote entry={entry} failure={failure} />
        </section>
      </div>
      <div class="pane side-pane">
        <div class="pane-bar">
          <div class="tabs" role="tablist" aria-label="Result of the page">
            {SIDES.map(([name, label]) => (
              <button
                key={name}
                type="button"
                role="tab"
                aria-selected={side.value === name}
                onClick={() => {
                  side.value = name;
                }}
              >
                {label}
              </button>
            ))}
          </div>
          <button type="button" class="narrow-only" onClick={() => (narrowPane.value = 'picture')}>
            Page
          </button>
        </div>
        <div
          class="pane-body"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within the keyboard's reach
          tabIndex={0}
          role="tabpanel"
          aria-label={SIDES.find(([name]) => name === side.value)?.[1]}
          onKeyDown={(event) => {
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (step === undefined || side.value !== 'text') return;
            event.preventDefault();
            moveLine(step);
          }}
        >
          <SideContent job={job} page={page} side={side.value} marks={marks} picture={drawn.value} />
        </div>
      </div>
    </div>
  );
}

interface SideContentProps {
  readonly job: Job;
  readonly page: PageResult | undefined;
  readonly side: Side;
  readonly marks: Marks;
  readonly picture: HTMLCanvasElement | undefined;
}

function SideContent({ job, page, side, marks, picture }: SideContentProps) {
  if (page === undefined) return <NoPage job={job} />;
  if ('error' in page) {
    return side === 'json' ? (
      <Source text={JSON.stringify(page, null, 2)} />
    ) : (
      <Notice problem={{ ...page.error, type: 'about:blank', status: 0 }}>
        <span class="hint">Page {page.page_number} cost nothing.</span>
      </Notice>
    );
  }
  return <ReadPage page={page} side={side} marks={marks} picture={picture} />;
}

function ReadPage({ page, side, marks, picture }: Omit<SideContentProps, 'job' | 'page'> & { page: ReadPageResult }) {
  const reading = readingOf(page);
  if (side === 'markdown') return <Source text={page.raw_markdown} />;
  if (side === 'json') return <Source text={JSON.stringify(page, null, 2)} />;
  return (
    <>
      <RoutingPanel page={page} reading={reading} />
      <PageText reading={reading} marks={marks} picture={picture} />
    </>
  );
}

function NoPage({ job }: { job: Job }) {
  if (job.results_erased === true) return <p class="empty">Its results were erased.</p>;
  if (hasEnded(job)) return <p class="empty">There is nothing to show.</p>;
  return <p class="empty">The first page appears here as soon as it is read.</p>;
}

function Source({ text }: { text: string }) {
  const isCopied = useSignal(false);
  return (
    <div class="source">
      {/* Only there over HTTPS and on this machine itself. */}
      {navigator.clipboard !== undefined && (
        <button
          type="button"
          class="copy"
          onClick={() => {
            void navigator.clipboard.writeText(text).then(() => {
              isCopied.value = true;
              announce('Copied.');
            });
          }}
        >
          {isCopied.value ? 'Copied' : 'Copy'}
        </button>
      )}
      <pre>{text}</pre>
    </div>
  );
}

function usePictures(entry: DocumentEntry) {
  const pictures = useSignal<PictureSource | undefined>(undefined);
  const failure = useSignal<string | undefined>(undefined);
  const source = entry.source.value;
  const onFailure = (message: string) => {
    failure.value = message;
  };
  useEffect(() => {
    failure.value = undefined;
    if (source === undefined) return;
    let isWanted = true;
    let opened: PictureSource | undefined;
    openPictures(source.file, source.options.password).then(
      (ready) => {
        if (!isWanted) return ready.close();
        opened = ready;
        pictures.value = ready;
      },
      (error: unknown) => isWanted && onFailure(error instanceof Error ? error.message : String(error)),
    );
    return () => {
      isWanted = false;
      opened?.close();
      pictures.value = undefined;
    };
  }, [source]);
  return { pictures: pictures.value, failure: failure.value, onFailure };
}

/** Where there is no picture: why, and how to get it. */
function PictureNote({ entry, failure }: { entry: DocumentEntry; failure: string | undefined }) {
  if (entry.source.value !== undefined && failure === undefined) return null;
  return (
    <p class="picture-note hint">
      {failure === undefined
        ? 'The server does not keep your file, so this is its text alone. '
        : `The picture cannot be shown: ${failure}. `}
      <label class="link">
        Choose the file to see it
        <input
          type="file"
          class="unseen"
          onChange={({ currentTarget }) => {
            const file = currentTarget.files?.[0];
            const options = entry.source.value?.options;
            if (file !== undefined) entry.source.value = { file, options: options ?? USUAL_OPTIONS };
          }}
        />
      </label>
    </p>
  );
}
