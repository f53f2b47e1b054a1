/**
 * Faults for the engine, preloaded into its process and threads (`NODE_OPTIONS=--import=…/engine-faults.mjs?log=FILE`).
 * A PDF page asks for one in its dictionary: `/Fault /SIGSEGV /At /inference`. Without that nothing is changed.
 *
 * What happens is told in lines of JSON in the log: `start` of a process, `fault`, and the first page that a process
 * `begun` and `answered`.
 */
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const log = new URL(import.meta.url).searchParams.get('log');
const record = (event, more = {}) =>
  appendFileSync(log, `${JSON.stringify({ event, pid: process.pid, at: Date.now(), ...more })}\n`);

/** Native memory is taken up to here; the engine must have been ended before. */
const MOST_BYTES = 4 * 1024 ** 3;
const STEP_BYTES = 32 * 1024 ** 2;

const FAULTS = {
  SIGSEGV: () => process.kill(process.pid, 'SIGSEGV'),
  SIGABRT: () => process.kill(process.pid, 'SIGABRT'),
  /** Of the thread's JavaScript heap. */
  heap() {
    const hoard = [];
    for (;;) hoard.push(new Array(10_000).fill(hoard.length));
  },
  /** Outside of any heap, as pixels and tensors are. */
  memory() {
    const hoard = [];
    for (let bytes = 0; bytes < MOST_BYTES; bytes += STEP_BYTES) hoard.push(Buffer.alloc(STEP_BYTES, 1));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
  endless() {
    for (;;);
  },
};

function happen(fault, place) {
  record('fault', { fault, place });
  FAULTS[fault]();
}

async function faultPages() {
  // As the engine does before its own import, which then finds both.
  globalThis.$libmupdf_wasm_Module ??= { print() {}, printErr() {} };
  const { DisplayList, PDFDocument } = await import('mupdf');
  const require = createRequire(import.meta.url);
  const { loadPage } = PDFDocument.prototype;
  const { destroy } = DisplayList.prototype;
  let begun = false;
  let answered = false;
  let atInference;

  PDFDocument.prototype.loadPage = function (index) {
    if (!begun) record('begun');
    begun = true;
    const page = this.findPage(index);
    const fault = nameIn(page, 'Fault');
    const place = nameIn(page, 'At');
    if (fault !== undefined && place === 'opening') happen(fault, place);
    if (fault !== undefined && place === 'inference') faultInference();
    atInference = place === 'inference' ? fault : undefined;
    return loadPage.call(this, index);
  };
  DisplayList.prototype.destroy = function () {
    destroy.call(this);
    if (!answered) record('answered');
    answered = true;
  };

  let inferenceIsFaulty = false;
  const faultInference = () => {
    if (inferenceIsFaulty) return;
    inferenceIsFaulty = true;
    const { InferenceSession } = require('onnxruntime-node');
    const { run } = InferenceSession.prototype;
    InferenceSession.prototype.run = function (...args) {
      if (atInference !== undefined) happen(atInference, 'inference');
      return run.apply(this, args);
    };
  };
}

function nameIn(page, key) {
  const value = page.get(key);
  return value.isName() ? value.asName() : undefined;
}

const isEngine = process.argv[1]?.endsWith('/engine/host.js');
if (isMainThread && isEngine) record('start');
if (!isMainThread) await faultPages();
