import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startProgress } from '../../../src/cli/progress.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A stream that is no terminal, and the lines that were written to it. */
function listen() {
  const stream = new PassThrough();
  const progress = startProgress(stream as unknown as NodeJS.WriteStream);
  return { progress, said: () => (stream.read() as Buffer | null)?.toString().trim().split('\n') ?? [] };
}

describe('startProgress', () => {
  it('tells of documents alone, though what is none was counted with them', () => {
    const { progress, said } = listen();
    progress.filesCounted(8, true);
    for (const failed of [false, true]) {
      const document = {};
      progress.documentOpened(document, 1);
      progress.pageDone(document, failed);
      progress.fileDone(document, { failed, resumed: false });
      progress.fileLeftOut();
      progress.fileLeftOut();
    }
    vi.advanceTimersByTime(4_000);
    // After two seconds the time left would be a guess.
    expect(said()).toEqual(['2 of 4 files, 1.0 pages/s, 1 failed']);
    vi.advanceTimersByTime(8_000);
    expect(said()).toEqual(['2 of 4 files, 0.2 pages/s, 12 s left, 1 failed']);
    progress.stop();
  });
});
