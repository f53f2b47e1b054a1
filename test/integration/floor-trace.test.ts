import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a script of the benchmark with something on its standard input; gives what it wrote, parsed. */
async function run(script: string, args: readonly string[], input: string): Promise<unknown> {
  const running = promisify(execFile)(process.execPath, [`${ROOT}scripts/bench/${script}`, ...args]);
  running.child.stdin?.end(input);
  return JSON.parse((await running).stdout);
}

test('the trace of a page holds one detection and the lines that were recognized, and can be run bare', async () => {
  const trace = (await run(
    'floor-trace.mjs',
    ['fast'],
    JSON.stringify([`${ROOT}test/fixtures/documents/alpha.png`]),
  )) as {
    file: string;
    input: string;
    dims: number[];
  }[][];
  const calls = trace.flat();
  const files = calls.map(({ file }) => file);
  expect(trace).toHaveLength(1);
  expect(files.filter((file) => file === 'pp-ocrv6-tiny-det.onnx')).toHaveLength(1);
  const recognized = calls.filter(({ file }) => file === 'pp-ocrv6-tiny-rec.onnx');
  expect(recognized.length).toBeGreaterThan(0);
  expect(recognized.every(({ dims }) => dims[1] === 3 && dims[2] === 48)).toBe(true);
  const { readMs } = (await run('floor-replay.mjs', [`${ROOT}models`, '1'], JSON.stringify(trace))) as {
    readMs: number;
  };
  expect(readMs).toBeGreaterThan(0);
});
