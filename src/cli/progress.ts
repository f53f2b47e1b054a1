/** Tells on standard error how far `omega ocr` is: a bar on a terminal, now and then a line elsewhere. */
import cliProgress from 'cli-progress';

/** Nothing is said of work that ends before one would wonder. */
const FIRST_LINE_MS = 2_000;
const LINE_INTERVAL_MS = 10_000;

const SAVE_CURSOR = '\x1b7';
const CLEAR_LINE = '\r\x1b[K';

export interface Progress {
  documentOpened(pageCount: number): void;
  pageDone(failed: boolean): void;
  /** Writes a line to standard error, or runs `write`, without mixing it with the bar. */
  say(line: string): void;
  makeRoom(): void;
  stop(): void;
}

export function startProgress(stream: NodeJS.WriteStream, documentCount: number): Progress {
  const startedAt = Date.now();
  const count = { opened: 0, known: 0, done: 0, failed: 0 };
  // Documents not opened yet are taken to be as long as those that are.
  const total = () =>
    count.known + Math.round((documentCount - count.opened) * Math.max(1, count.known / count.opened));
  const rate = () => (count.done / Math.max(0.001, (Date.now() - startedAt) / 1000)).toFixed(1);
  const failures = () => (count.failed === 0 ? '' : `, ${count.failed} failed`);

  const bar = stream.isTTY
    ? new cliProgress.SingleBar({
        stream,
        format: '{bar} {value} of {total} pages, {rate} pages/s{failures}',
        barsize: 30,
        barCompleteChar: '█',
        barIncompleteChar: '░',
        clearOnComplete: true,
        // The terminal's settings stay as they are, and Ctrl-C ends the program with nothing to put back.
        hideCursor: false,
        linewrap: true,
        gracefulExit: false,
      })
    : undefined;
  bar?.start(documentCount, 0, { rate: '0.0', failures: '' });

  const line = () => stream.write(`${count.done} of ${total()} pages, ${rate()} pages/s${failures()}\n`);
  let timer = bar ? undefined : setTimeout(repeat, FIRST_LINE_MS);
  function repeat() {
    // The engine is still loading its models.
    if (count.done > 0) line();
    timer = setTimeout(repeat, LINE_INTERVAL_MS);
  }

  const refresh = () => {
    bar?.setTotal(total());
    bar?.update(count.done, { rate: rate(), failures: failures() });
  };
  const makeRoom = () => {
    if (bar) stream.write(CLEAR_LINE);
  };
  return {
    documentOpened(pageCount) {
      count.opened += 1;
      count.known += pageCount;
      refresh();
    },
    pageDone(failed) {
      count.done += 1;
      if (failed) count.failed += 1;
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
