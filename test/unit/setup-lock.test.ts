import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withLock } from '../../scripts/lock.mjs';
import { temporaryFolders } from '../fixtures/models-folder.js';

const folder = temporaryFolders();

test('the work of two holders never overlaps', async () => {
  const lock = join(folder(), 'lock');
  const events: string[] = [];
  const work = (name: string) => async () => {
    events.push(`${name} begins`);
    await new Promise((done) => setTimeout(done, 20));
    events.push(`${name} ends`);
  };
  await Promise.all([
    withLock(lock, work('first')),
    withLock(lock, work('second'), { onWait: () => events.push('second waits') }),
  ]);
  expect(events).toEqual(['first begins', 'second waits', 'first ends', 'second begins', 'second ends']);
});

test('it is released when the work fails', async () => {
  const lock = join(folder(), 'lock');
  await expect(withLock(lock, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(existsSync(lock)).toBe(false);
});

test('the lock of a process that died is taken over at once', async () => {
  const lock = join(folder(), 'lock');
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  writeFileSync(lock, JSON.stringify({ host: hostname(), pid: child.pid }));
  expect(await withLock(lock, async () => 'taken')).toBe('taken');
});

test('the lock of another host is taken over when its heartbeat has stopped for a minute', async () => {
  const lock = join(folder(), 'lock');
  writeFileSync(lock, JSON.stringify({ host: 'another machine', pid: process.pid }));
  let waited = false;
  const held = withLock(lock, async () => waited, {
    onWait: () => {
      waited = true;
      const longAgo = Date.now() / 1000 - 61;
      utimesSync(lock, longAgo, longAgo);
    },
  });
  expect(await held).toBe(true);
});

test('waiting ends when it is interrupted', async () => {
  const lock = join(folder(), 'lock');
  const interruption = new AbortController();
  const waiting = withLock(lock, async () => {
    await withLock(lock, async () => {}, { onWait: () => interruption.abort(), signal: interruption.signal });
  });
  await expect(waiting).rejects.toThrow('interrupted while waiting.');
});
