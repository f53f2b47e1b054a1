/**
 * A 202 is a promise kept: shows with strace that, before the first byte of each 202 is written to its socket, the
 * upload, the folder that holds it and the journal with the job were synced to the disk, in this order.
 *
 *     node scripts/harness/fsync.mjs [--scale N] [--seed N]
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openClient } from './client.mjs';
import { pageText, textPdf } from './documents.mjs';
import { runHarness } from './options.mjs';
import { startServer, temporaryFolder } from './server.mjs';

const SUBMISSIONS = 60;
const CALLS = 'write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync';
/** More than a page of the database, in which the id of the job is looked for. */
const STRING_BYTES = 5_000;

await runHarness('fsync', async ({ count }) => {
  if (spawnSync('strace', ['-V']).status !== 0) {
    return { summary: 'SKIPPED, since strace is not installed: NOTHING WAS SHOWN', broken: [] };
  }
  const dataDir = realpathSync(temporaryFolder('fsync'));
  const traceFile = join(realpathSync(temporaryFolder('fsync-trace')), 'trace');
  const server = await startServer({ dataDir, settings: { OMEGA_THREADS: '1' } });
  const client = openClient({ url: server.url, key: await server.firstKey() });
  const options = ['-f', '-y', '-s', String(STRING_BYTES), '-e', `trace=${CALLS}`, '-o', traceFile];
  const tracer = spawn('strace', [...options, '-p', String(server.pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise((resolve) => tracer.stderr.on('data', (chunk) => String(chunk).includes('attached') && resolve()));
  await delay(200);

  const jobs = [];
  for (let number = 1; number <= count(SUBMISSIONS); number += 1) {
    const { status, body } = await client.submit(textPdf([pageText(number, 0), pageText(number, 1)]));
    if (status !== 202) throw new Error(`a submission was answered ${status}`);
    jobs.push(body.jobId);
    // One at a time: what is written to the journal before its 202 is its own.
    await client.ended(body.jobId);
  }
  tracer.kill('SIGINT');
  await new Promise((resolve) => tracer.once('exit', resolve));
  await server.stop();

  const calls = parseTrace(readFileSync(traceFile, 'latin1'));
  const broken = jobs.flatMap((id, index) => {
    const missing = firstMissing(calls, dataDir, id, jobs[index - 1]);
    return missing === undefined ? [] : [`job ${id}: no ${missing} before its 202`];
  });
  const summary = `before each of ${jobs.length} 202s: fsync of the upload, of its folder, then of the journal`;
  return { summary, broken };
});

/**
 * The calls of a trace: `{name, path, start, end, text}`, `start` and `end` being the lines where a call began and was
 * done. Lines are in the order of events, since every call stops its thread at both.
 */
function parseTrace(trace) {
  const calls = [];
  const unfinished = new Map();
  for (const [line, text] of trace.split('\n').entries()) {
    const [, thread, rest = ''] = /^(\d+)\s+(.*)$/s.exec(text) ?? [];
    const [, name, path] = /^(\w+)\(\d+<([^>]*)>/.exec(rest) ?? [];
    if (name !== undefined) {
      const call = { name, path, start: line, end: line, text: rest, failed: / = -1 /.test(rest) };
      calls.push(call);
      if (rest.endsWith('<unfinished ...>')) unfinished.set(thread, call);
    } else if (/^<\.\.\. \w+ resumed>/.test(rest)) {
      const call = unfinished.get(thread);
      unfinished.delete(thread);
      if (call !== undefined) Object.assign(call, { end: line, failed: / = -1 /.test(rest) });
    }
  }
  return calls;
}

/** The first of the steps to job `id`'s 202 that is not there in its order; undefined where all are. */
function firstMissing(calls, dataDir, id, previousId) {
  const answerTo = (jobId) => calls.find(({ text }) => text.includes('HTTP/1.1 202') && text.includes(jobId));
  const answer = answerTo(id);
  if (answer === undefined) return 'answer';
  let from = previousId === undefined ? 0 : answerTo(previousId).start;
  const steps = [
    ['sync of the upload', isSync, ({ path }) => path.startsWith(`${dataDir}/uploads/`)],
    ['sync of the folder of uploads', isSync, ({ path }) => path === `${dataDir}/uploads`],
    ['write of the job to the journal', isWrite, ({ path, text }) => isJournal(path) && text.includes(id)],
    ['sync of the journal', isSync, ({ path }) => isJournal(path)],
  ];
  for (const [step, isKind, isOne] of steps) {
    const call = calls.find((one) => one.start > from && one.end < answer.start && isKind(one) && isOne(one));
    if (call === undefined) return step;
    from = call.end;
  }
  return undefined;
}

function isJournal(path) {
  return path.endsWith('/omega.db-wal');
}

function isSync({ name, failed }) {
  return /^f(data)?sync$/.test(name) && !failed;
}

function isWrite({ name }) {
  return /write/.test(name);
}
