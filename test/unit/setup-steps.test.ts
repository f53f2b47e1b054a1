import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { SetupError, type Step, setUp } from '../../scripts/setup.mjs';
import { temporaryFolders } from '../fixtures/models-folder.js';

const folder = temporaryFolders();

function capture() {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text.replaceAll(/\(\d+ s\)/g, '(n s)') };
}

/** A step that copies its input file to its output file. */
function copying(id: string, input: string, output: string, more: Partial<Step> = {}): Step & { runs: () => number } {
  let runs = 0;
  return {
    id,
    title: `step ${id}`,
    after: [],
    inputs: [input],
    outputs: () => [output],
    tools: [],
    diskMb: 1,
    run: async ({ root }) => {
      runs += 1;
      writeFileSync(join(root, output), `${id}: ${readFileSync(join(root, input), 'utf8')}`);
    },
    ...more,
    runs: () => runs,
  };
}

test('what is missing is done with a line each, and the second time nothing is done or said', async () => {
  const root = folder({ a: '1' });
  const steps = [copying('one', 'a', 'b'), copying('two', 'b', 'c', { after: ['one'] })];
  const first = capture();
  await setUp({ root, steps, stream: first.stream });
  expect(first.text()).toBe('setup: to do: step one, step two\nsetup: step one (n s)\nsetup: step two (n s)\n');
  expect(readFileSync(join(root, 'c'), 'utf8')).toBe('two: one: 1');

  const second = capture();
  await setUp({ root, steps, stream: second.stream });
  expect(second.text()).toBe('');
  expect(steps.map(({ runs }) => runs())).toEqual([1, 1]);
});

test('a changed input runs its step and those whose inputs it makes, no other', async () => {
  const root = folder({ a: '1', x: '1' });
  const steps = [
    copying('one', 'a', 'b'),
    copying('two', 'b', 'c', { after: ['one'] }),
    copying('other', 'x', 'y'),
    copying('later', 'x', 'z', { after: ['one'] }),
  ];
  await setUp({ root, steps, stream: capture().stream });
  writeFileSync(join(root, 'a'), '2');
  await setUp({ root, steps, stream: capture().stream });
  expect(steps.map(({ runs }) => runs())).toEqual([2, 2, 1, 1]);
});

test('a step that failed is run again the next time, and what succeeded beside it is not', async () => {
  const root = folder({ a: '1', x: '1' });
  let fails = true;
  const failing = copying('failing', 'a', 'b');
  const step: Step = {
    ...failing,
    run: async (context) => {
      if (fails) throw new SetupError('the network is down.');
      await failing.run(context);
    },
  };
  const beside = copying('beside', 'x', 'y');
  await expect(setUp({ root, steps: [step, beside], stream: capture().stream })).rejects.toThrow(
    'the network is down.',
  );
  fails = false;
  await setUp({ root, steps: [step, beside], stream: capture().stream });
  expect([failing.runs(), beside.runs()]).toEqual([1, 1]);
});

test('a step that does not make what it should is not believed', async () => {
  const step: Step = { ...copying('idle', 'a', 'b'), run: async () => {} };
  await expect(setUp({ root: folder({ a: '1' }), steps: [step], stream: capture().stream })).rejects.toThrow(
    'step idle: b was not made; run this again.',
  );
});

test('what someone else has done is accepted without running the step', async () => {
  const root = folder({ a: '1', b: 'done by hand' });
  const step = copying('one', 'a', 'b', { isDone: () => true });
  const { stream, text } = capture();
  await setUp({ root, steps: [step], stream });
  expect(step.runs()).toBe(0);
  expect(text()).toBe('');
});

test('two set-ups at once run each step once', async () => {
  const root = folder({ a: '1' });
  const step = copying('one', 'a', 'b');
  await Promise.all([1, 2].map(() => setUp({ root, steps: [step], stream: capture().stream })));
  expect(step.runs()).toBe(1);
});

test('too little disk is told before anything is done', async () => {
  const step = copying('huge', 'a', 'b', { diskMb: 1e9 });
  await expect(setUp({ root: folder({ a: '1' }), steps: [step], stream: capture().stream })).rejects.toThrow(
    /^the disk has \d+ MB free where 1000000000 MB are needed: free some and run this again\.$/,
  );
  expect(step.runs()).toBe(0);
});

test.each([
  ['write EPIPE: ENOSPC: no space left', 'the disk is full; free 2 GB and run this again'],
  ['npm error code ENOTFOUND', 'a download failed; check the network and run this again'],
  ['No CMAKE_CXX_COMPILER could be found.', 'there is no C++ compiler; install g++ 12 or later and run this again'],
  ['something odd', 'the end of its output tells why'],
])('a tool that fails with "%s" gives the sentence to act on', async (output, advice) => {
  const root = folder({ a: '1' });
  mkdirSync(join(root, 'build'));
  const step: Step = {
    ...copying('one', 'a', 'b'),
    run: ({ command }) => command(process.execPath, ['-e', `console.log(${JSON.stringify(output)}); process.exit(3)`]),
  };
  const failure = setUp({ root, steps: [step], stream: capture().stream });
  await expect(failure).rejects.toMatchObject({
    message: `step one: ${advice} (all of it: build/setup/one.log).`,
    log: join(root, 'build/setup/one.log'),
  });
  expect(readFileSync(join(root, 'build/setup/one.log'), 'utf8')).toBe(`${output}\n`);
});

test('an interruption ends the tool at work, starts nothing more, and the next run goes on', async () => {
  const root = folder({ a: '1' });
  const interruption = new AbortController();
  const slow: Step = {
    ...copying('slow', 'a', 'b'),
    run: async ({ root, command }) => {
      if (interruption.signal.aborted) return writeFileSync(join(root, 'b'), 'done');
      setTimeout(() => interruption.abort(), 100);
      await command(process.execPath, ['-e', 'setTimeout(() => {}, 600_000)']);
    },
  };
  const after = copying('after', 'b', 'c', { after: ['slow'] });
  await expect(
    setUp({ root, steps: [slow, after], stream: capture().stream, signal: interruption.signal }),
  ).rejects.toThrow('interrupted; the next run goes on from here.');
  expect(after.runs()).toBe(0);
  await setUp({ root, steps: [slow, after], stream: capture().stream });
  expect(readFileSync(join(root, 'c'), 'utf8')).toBe('after: done');
});
