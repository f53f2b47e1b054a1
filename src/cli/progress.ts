/** Tells on standard error how far the reading of files is: a bar on a terminal, now and then a line elsewhere. */
import cliProgress from 'cli-progress';

/** Nothing is said of work that ends before one would wonder. */
const FIRST_LINE_MS = 2_000;
/** Lines come this often at first, and more seldom the longer it takes: some ten for each tenfold of the time. */
const LINE_INTERVAL_MS = 10_000;
const MAX_LINE_INTERVAL_MS = 5 * 60_000;
const INTERVAL_FRACTION = 0.2;

/** The time left is told again this often though no page was done meanwhile. */
const REFRESH_MS = 1_000;

/** As long as less was read, the time left is a guess that would only mislead. */
const MIN_ETA_MS = 3_000;

const SAVE_CURSOR = '\x1b7';
const CLEAR_LINE = '\r\x1b[K';

export interface Progress {
  /** Files known so far, whether or not they are documents. */
  filesCounted(files: number, isAll: boolean): void;
  /** One of the files that were counted is no document. */
  fileLeftOut(): void;
  documentOpened(document: object, pageCount: number): void;
  pageDone(document: object, failed: boolean): void;
  /** `resumed`: it had been read before, and says nothing of how fast reading is. */
  fileDone(document: object, end: { readonly failed: boolean; readonly resumed: boolean }): void;
  /** Writes a line to standard error without mixing it with the bar. */
  say(line: string): void;
  makeRoom(): void;
  stop(): void;
}

export function startProgress(stream: NodeJS.WriteStream): Progress {
  const startedAt = Date.now();
  const files = { counted: 0, leftOut: 0, isAll: false, done: 0, resumed: 0, failed: 0 };
  const pages = { done: 0, failed: 0 };
  /** Documents being read: pages in all and pages done. */
  const open = new Map<object, { readonly pageCount: number; done: number }>();

  const known = () => Math.max(files.done, files.counted - files.leftOut);
  /** In files; a document that is half read counts half. */
  const done = () => {
    let sum = files.done;
    for (const document of open.values()) sum += document.done / Math.max(1, document.pageCount);
    return sum;
  };
  const describe = () => {
    const elapsedMs = Date.now() - startedAt;
    const [only] = open.values();
    const isSingle = files.isAll && known() === 1;
    const where =
      isSingle && only !== undefined
        ? `${only.done} of ${only.pageCount} pages`
        : `${files.done} of ${known()}${files.isAll ? '' : '+'} files`;
    const read = done() - files.resumed;
    const eta =
      files.isAll && read > 0 && elapsedMs >= MIN_ETA_MS
        ? `, ${formatDuration((elapsedMs * (known() - done())) / read)} left`
        : '';
    const failed = files.failed > 0 ? files.failed : pages.failed;
    const failures = failed === 0 ? '' : `, ${failed} failed`;
    return `${where}, ${(pages.done / Math.max(0.001, elapsedMs / 1000)).toFixed(1)} pages/s${eta}${failures}`;
  };

  const bar = stream.isTTY
    ? new cliProgress.SingleBar({
        stream,
        format: '{bar} {percentage} % {text}',
        // With everything that can stand behind it, a line of 80 characters.
        barsize: 12,
        barCompleteChar: '█',
        barIncompleteChar: '░',
        clearOnComplete: true,
        // The terminal's settings stay as they are, and Ctrl-C ends the program with nothing to put back.
        hideCursor: false,
        linewrap: true,
        gracefulExit: false,
      })
    : undefined;
  bar?.start(1, 0, { text: 'loading the models' });

  let timer = setTimeout(repeat, bar ? REFRESH_MS : FIRST_LINE_MS);
  function repeat() {
    if (bar) refresh();
    // Before, the engine is still loading its models.
    else if (pages.done > 0) stream.write(`${describe()}\n`);
    const interval = Math.max(LINE_INTERVAL_MS, (Date.now() - startedAt) * INTERVAL_FRACTION);
    timer = setTimeout(repeat, bar ? REFRESH_MS : Math.min(interval, MAX_LINE_INTERVAL_MS));
  }
  function refresh() {
    if (files.done === 0 && open.size === 0) return;
    bar?.setTotal(Math.max(1, known()));
    bar?.update(done(), { text: describe() });
  }
  const makeRoom = () => {
    if (bar) stream.write(CLEAR_LINE);
  };
  return {
    filesCounted(counted, isAll) {
      files.counted = counted;
      files.isAll = isAll;
    },
    fileLeftOut() {
      files.leftOut += 1;
    },
    documentOpened(document, pageCount) {
      open.set(document, { pageCount, done: 0 });
      refresh();
    },
    pageDone(document, failed) {
      const opened = open.get(document);
      if (opened !== undefined) opened.done += 1;
      pages.done += 1;
      if (failed) pages.failed += 1;
      refresh();
    },
    fileDone(document, { failed, resumed }) {
      open.delete(document);
      files.done += 1;
      if (resumed) files.resumed += 1;
      if (failed) files.failed += 1;
      refresh();
    },
    say(text) {
      makeRoom();
      stream.write(`${text}\n`);
    },
    makeRoom,
    stop() {
      clearTimeout(timer);
      // The bar ends where it was begun, which may be far above by now, unless the terminal's mark is set anew.
      if (bar) stream.write(SAVE_CURSOR);
      bar?.stop();
    },
  };
}

/** "40 s", "12 min", "3 h 20 min", "2 d 5 h". */
export function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
