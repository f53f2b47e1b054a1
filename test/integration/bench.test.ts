import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a script of the benchmark with something on its standard input; gives what it wrote, parsed by line. */
async function run(script: string, args: readonly string[], input: string): Promise<unknown[]> {
  const running = promisify(execFile)(process.execPath, [`${ROOT}scripts/bench/${script}`, ...args]);
  running.child.stdin?.end(input);
  const { stdout } = await running;
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('the trace of a page holds one detection and the lines that were recognized, and can be run bare', async () => {
  const [trace] = (await run(
    'floor-trace.mjs',
    ['fast'],
    JSON.stringify([`${ROOT}test/fixtures/documents/alpha.png`]),
  )) as {
    id: string;
    input: string;
    dims: number[];
  }[][][];
  const calls = trace?.flat() ?? [];
  expect(trace).toHaveLength(1);
  expect(calls.filter(({ id }) => id === 'pp-ocrv6-tiny-det')).toHaveLength(1);
  const recognized = calls.filter(({ id }) => id === 'pp-ocrv6-tiny-rec');
  expect(recognized.length).toBeGreaterThan(0);
  expect(recognized.every(({ dims }) => dims[1] === 3 && dims[2] === 48)).toBe(true);
  const [answer] = (await run('floor-replay.mjs', [`${ROOT}models`, '1'], JSON.stringify(trace))) as {
    readMs: number;
  }[];
  expect(answer?.readMs).toBeGreaterThan(0);
});

test('our reader gives the text of a page, and how long it took', async () => {
  const paths = JSON.stringify([`${ROOT}test/fixtures/documents/alpha.png`]);
  const [reading, end] = (await run('omega-reader.mjs', ['each', 'fast', `${ROOT}models`, '1'], paths)) as {
    text?: string;
    ms?: number;
    readMs?: number;
  }[];
  expect(reading?.text?.length).toBeGreaterThan(10);
  expect(reading?.ms).toBeGreaterThan(0);
  expect(end?.readMs).toBeGreaterThanOrEqual(reading?.ms ?? 0);
});
