import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createArrivals, isTemporaryName, sight, watchArrivals } from '../../../src/cli/watch-arrivals.js';

const SETTLE_MS = 3_000;
const seen = (path: string, mark: string | undefined = 'as it is') => ({ path, mark });

describe('createArrivals', () => {
  it('gives a file once its mark has not changed for the settle time, and once only', () => {
    const arrivals = createArrivals(SETTLE_MS);
    const listings = [0, 1_000, 2_999, 3_000, 4_000, 60_000];
    expect(listings.map((now) => arrivals.listed([seen('/in/a.pdf')], now))).toEqual([
      [],
      [],
      [],
      ['/in/a.pdf'],
      [],
      [],
    ]);
  });

  it('waits anew with each change', () => {
    const arrivals = createArrivals(SETTLE_MS);
    const listings: [number, string][] = [
      [0, '10 B'],
      [2_000, '20 B'],
      [4_000, '30 B'],
      [6_999, '30 B'],
      [7_000, '30 B'],
    ];
    expect(listings.map(([now, mark]) => arrivals.listed([seen('/in/a.pdf', mark)], now).length)).toEqual([
      0, 0, 0, 0, 1,
    ]);
  });

  it('does not give a file that its writer has not begun, however long it lies there', () => {
    const arrivals = createArrivals(SETTLE_MS);
    const empty = { path: '/in/a.pdf', mark: undefined };
    expect([0, 3_000, 3_600_000].flatMap((now) => arrivals.listed([empty], now))).toEqual([]);
    expect([3_601_000, 3_604_000].map((now) => arrivals.listed([seen('/in/a.pdf')], now))).toEqual([[], ['/in/a.pdf']]);
  });

  it('counts the settle time of a file that was away from its return', () => {
    const arrivals = createArrivals(SETTLE_MS);
    arrivals.listed([seen('/in/a.pdf')], 0);
    arrivals.listed([], 1_000);
    expect([2_000, 4_999, 5_000].map((now) => arrivals.listed([seen('/in/a.pdf')], now).length)).toEqual([0, 0, 1]);
  });

  it('gives a file that is being read to nobody else, though it is written to or away meanwhile', () => {
    const arrivals = createArrivals(SETTLE_MS);
    arrivals.listed([seen('/in/a.pdf')], 0);
    expect(arrivals.listed([seen('/in/a.pdf')], 3_000)).toEqual(['/in/a.pdf']);
    arrivals.listed([], 4_000);
    const changed = seen('/in/a.pdf', 'changed');
    expect([5_000, 9_000].flatMap((now) => arrivals.listed([changed], now))).toEqual([]);
    expect(arrivals.isAsGiven(changed)).toBe(false);

    arrivals.end('/in/a.pdf');
    expect([10_000, 13_000, 14_000].map((now) => arrivals.listed([changed], now).length)).toEqual([0, 1, 0]);
  });

  it('gives a file that is to be tried again, unchanged, not before its time', () => {
    const arrivals = createArrivals(SETTLE_MS);
    arrivals.listed([seen('/in/a.pdf')], 0);
    arrivals.listed([seen('/in/a.pdf')], 3_000);
    arrivals.end('/in/a.pdf', 64_000);
    expect([7_000, 63_999, 64_000].map((now) => arrivals.listed([seen('/in/a.pdf')], now).length)).toEqual([0, 0, 1]);
  });

  it('gives nothing under the names of temporary files', () => {
    const names = ['.hidden.pdf', '~lock.pdf', 'a.pdf~', 'a.pdf.part', 'a.PART', 'a.filepart', 'a.tmp', 'a.crdownload'];
    expect(names.filter((name) => !isTemporaryName(`/in/${name}`))).toEqual([]);
    expect(
      ['a.pdf', 'part.pdf', 'a.part.pdf', 'tmp'].filter((name) => isTemporaryName(`/tmp/in.part/${name}`)),
    ).toEqual([]);

    const arrivals = createArrivals(SETTLE_MS);
    expect([0, 9_000].flatMap((now) => arrivals.listed([seen('/in/a.pdf.part')], now))).toEqual([]);
  });
});

describe('watchArrivals', () => {
  const folder = mkdtempSync(join(tmpdir(), 'omega-watch-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('gives what is written below the folder under its last name, and nothing of the folders left out', async () => {
    const settleMs = 100;
    const stopping = new AbortController();
    const arrivals = createArrivals(settleMs);
    const unreadable: (readonly string[])[] = [];
    const leaveOut = [join(folder, 'failed')];
    mkdirSync(join(folder, 'failed'));
    mkdirSync(join(folder, 'below'));
    writeFileSync(join(folder, 'failed/old.pdf'), '%PDF-');
    writeFileSync(join(folder, 'a.pdf.part'), '%PDF-');
    writeFileSync(join(folder, 'below/b.pdf'), '%PDF-');
    const { signal } = stopping;
    const onListing = (folders: readonly string[]) => unreadable.push(folders);
    const given: string[] = [];
    for await (const path of watchArrivals({ folder, leaveOut, settleMs, arrivals, signal, onListing })) {
      given.push(path);
      if (given.length === 1) {
        renameSync(join(folder, 'a.pdf.part'), join(folder, 'a.pdf'));
      } else stopping.abort();
      arrivals.end(path);
    }
    expect(given).toEqual([join(folder, 'below/b.pdf'), join(folder, 'a.pdf')]);
    expect(unreadable.flat()).toEqual([]);
  });

  it('says when the folder cannot be listed, and goes on', async () => {
    const gone = join(folder, 'gone');
    const stopping = new AbortController();
    const listings: (readonly string[])[] = [];
    const watched = watchArrivals({
      folder: gone,
      leaveOut: [],
      settleMs: 20,
      arrivals: createArrivals(20),
      signal: stopping.signal,
      onListing(unreadable) {
        listings.push(unreadable);
        if (listings.length === 1) mkdirSync(gone);
        if (listings.length === 2) writeFileSync(join(gone, 'a.pdf'), '%PDF-');
      },
    });
    expect((await watched.next()).value).toBe(join(gone, 'a.pdf'));
    await watched.return();
    expect(listings.slice(0, 2)).toEqual([[gone], []]);
  });

  it('tells sizes and times of files, and nothing of an empty one', async () => {
    writeFileSync(join(folder, 'empty.pdf'), '');
    expect(await sight(join(folder, 'empty.pdf'))).toEqual({ path: join(folder, 'empty.pdf'), mark: undefined });
    expect(await sight(join(folder, 'nowhere.pdf'))).toBeUndefined();
    const before = await sight(join(folder, 'a.pdf'));
    writeFileSync(join(folder, 'a.pdf'), '%PDF-1.7');
    expect((await sight(join(folder, 'a.pdf')))?.mark).not.toBe(before?.mark);
  });
});
