import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { createTurnstile, openTurnstile } from '../../../src/engine/turnstile.js';

describe('a turnstile', () => {
  it('lets as many in as its limit, and the next one when one is out', async () => {
    const turnstile = openTurnstile(createTurnstile(2));
    const ends: (() => void)[] = [];
    let entered = 0;
    const visit = () =>
      turnstile.pass(() => {
        entered += 1;
        return new Promise<void>((end) => ends.push(end));
      });
    const visits = [visit(), visit(), visit()];
    await new Promise(setImmediate);
    expect(entered).toBe(2);
    ends[0]?.();
    await visits[0];
    await expect.poll(() => entered).toBe(3);
    ends[1]?.();
    ends[2]?.();
    await Promise.all(visits);
  });

  it('gives what the work gives', async () => {
    expect(await openTurnstile(createTurnstile(1)).pass(async () => 7)).toBe(7);
  });

  it('is free again when the work has failed', async () => {
    const turnstile = openTurnstile(createTurnstile(1));
    await expect(turnstile.pass(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await turnstile.pass(async () => 'in')).toBe('in');
  });

  it('keeps threads out of each other’s way', async () => {
    const state = createTurnstile(1);
    const counts = new SharedArrayBuffer(12);
    const code = `
      const { workerData: { state, shared, module } } = require('node:worker_threads');
      import(module).then(async ({ openTurnstile }) => {
        const turnstile = openTurnstile(state);
        const counts = new Int32Array(shared);
        for (let visit = 0; visit < 50; visit += 1) {
          await turnstile.pass(async () => {
            if (Atomics.add(counts, 0, 1) > 0) Atomics.add(counts, 1, 1);
            await new Promise(setImmediate);
            Atomics.sub(counts, 0, 1);
            Atomics.add(counts, 2, 1);
          });
        }
      });`;
    const module = new URL('../../../dist/engine/turnstile.js', import.meta.url).href;
    const threads = Array.from(
      { length: 3 },
      () => new Worker(code, { eval: true, workerData: { state, shared: counts, module } }),
    );
    const exits = threads.map((thread) => new Promise((resolve) => thread.once('exit', resolve)));
    expect(await Promise.all(exits)).toEqual([0, 0, 0]);
    const [inside, together, visits] = new Int32Array(counts);
    expect({ inside, together, visits }).toEqual({ inside: 0, together: 0, visits: 150 });
  });
});
