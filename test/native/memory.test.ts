import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ADDON = fileURLToPath(new URL('../../build/Release/omega.node', import.meta.url));

/** Prints by how many MiB the process shrinks that holds every tenth of many buffers, once what is between goes back. */
async function shrinkage(addon: string): Promise<void> {
  const native = require(addon);
  let buffers = Array.from({ length: 4_000 }, () => new Uint8Array(60_000).fill(1));
  buffers = buffers.filter((_, index) => index % 10 === 0);
  (globalThis as unknown as { gc(): void }).gc();
  // Buffers are freed by a thread of their own.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = process.memoryUsage.rss();
  native.releaseFreeMemory();
  const after = process.memoryUsage.rss();
  process.stdout.write(`${buffers.length} ${Math.round((before - after) / 1024 / 1024)}`);
}

/** The C library, as Node names it. */
const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };

test.runIf(header.glibcVersionRuntime !== undefined)(
  'what is free between pieces in use goes back to the system',
  () => {
    const code = `(${shrinkage})(${JSON.stringify(ADDON)})`;
    const output = execFileSync(process.execPath, ['--expose-gc', '-e', code], {
      encoding: 'utf8',
      env: { GLIBC_TUNABLES: 'glibc.malloc.mmap_threshold=8388608:glibc.malloc.trim_threshold=1073741824' },
    });
    const [kept, shrunkMib] = output.split(' ').map(Number);
    expect(kept).toBe(400);
    // Nine tenths of 229 MiB, less what the ends of the holes share with pages in use.
    expect(shrunkMib).toBeGreaterThan(150);
  },
);

test('what V8 takes for young objects grows with what is allocated, but not where it is kept small', () => {
  // 6 million objects, of which 50,000 at a time are alive.
  const youngMib = `
    const alive = [];
    for (let i = 0; i < 6_000_000; i += 1) alive[i % 50_000] = { i };
    const { getHeapSpaceStatistics } = await import('node:v8');
    const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
    console.log(Math.round(young.space_size / 1024 / 1024));`;
  const run = (code: string) =>
    Number(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }));
  const module = JSON.stringify(new URL('../../dist/engine/memory.js', import.meta.url));
  expect(run(youngMib)).toBeGreaterThan(8);
  expect(run(`(await import(${module})).keepYoungGenerationSmall();${youngMib}`)).toBe(2);
});
