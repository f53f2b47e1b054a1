/** The engine process on its own: what it says when it cannot serve. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const HOST = fileURLToPath(new URL('../../dist/engine/host.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'omega-host-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A pipe that takes no more. */
function fullPipe(path: string): number {
  execFileSync('mkfifo', [path]);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const block = Buffer.alloc(4096, '.');
  for (const size of [4096, 1]) {
    try {
      for (;;) writeSync(pipe, block, 0, size);
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
    }
  }
  return pipe;
}

/** What is in the pipe now. */
function drain(pipe: number): string {
  const chunks: string[] = [];
  const chunk = Buffer.alloc(65_536);
  try {
    for (;;) chunks.push(chunk.toString('utf8', 0, readSync(pipe, chunk)));
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
  }
  return chunks.join('');
}

describe('an engine process that cannot start', () => {
  it.each([
    ['waits', 0],
    ['refuses', constants.O_NONBLOCK],
  ])('says why before it ends, also where standard error is full and %s', async (behaviour, flag) => {
    const path = join(folder, behaviour);
    const pipe = fullPipe(path);
    const stderr = openSync(path, constants.O_WRONLY | flag);
    const child = spawn(process.execPath, [HOST, '{no settings'], { stdio: ['ignore', 'ignore', stderr] });
    closeSync(stderr);
    const ended = once(child, 'exit');
    await delay(500);
    const untilThen = drain(pipe);
    expect(await ended).toEqual([null, 'SIGKILL']);
    const [lastWords] = (untilThen + drain(pipe)).replace(/^\.+/, '').split('\n');
    expect(lastWords).toMatch(/^engine process: SyntaxError: /);
    closeSync(pipe);
  });
});
