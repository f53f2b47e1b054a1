/** One engine process as seen from outside: started, asked, listened to, killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { deserialize } from 'node:v8';
import { OcrError } from '../errors.js';
import type { Tier } from '../schema/document.js';
import type { ModelFloor } from './model-floor.js';
import {
  type Answer,
  HEARTBEAT_MS,
  type ProcessMessage,
  type ProcessSettings,
  type Request,
  type RequestMessage,
} from './protocol.js';

/** The built entry, whether this file runs from `src/` or from `dist/`. */
const HOST = fileURLToPath(new URL('../../dist/engine/host.js', import.meta.url));

/** A start loads models, about half a second; a machine this much slower could not read a page in time either. */
const START_TIMEOUT_MS = 30_000;

/**
 * Longest time from one report of preparing to the next. The first one has the CUDA libraries to load as well, some GB,
 * and on a GPU newer than they are its kernels to compile.
 */
const PREPARE_TIMEOUT_MS = 5 * 60_000;

/**
 * Silence after which a process counts as hung. Its main thread only passes messages on, so anything near this is no
 * load; yet a stopped machine or a swapped-out process must not look like one.
 */
const SILENCE_MS = 15_000;

const MIB = 1024 * 1024;

/**
 * Over whatever the caller gives.
 *
 * ONNX Runtime's builds report what they run to its makers, from 1.29 on also on Linux and macOS, unless they find the
 * first when they are loaded; with it nothing is collected, kept or sent (onnxruntime/core/platform/posix/telemetry.cc).
 *
 * The rest is for the GNU allocator. Few arenas, since each keeps what its threads once needed. Tensors from 8 MiB on are
 * maps of their own, which go back when they are done with, in huge pages: small pages made anew for every tensor would
 * cost more than what is computed on them. What is free at the top of an arena is kept up to 64 MiB. A scan read by
 * both tiers, a page of dense print and a receipt on one thread: 5.2 s of CPU and 635 MB at most; with tensors kept in
 * the arenas in small pages 5.6 s and 1,035 MB.
 */
const PROCESS_ENVIRONMENT = {
  ORT_DISABLE_TELEMETRY: '1',
  GLIBC_TUNABLES: [
    'glibc.malloc.hugetlb=1',
    'glibc.malloc.arena_max=2',
    `glibc.malloc.mmap_threshold=${8 * MIB}`,
    `glibc.malloc.trim_threshold=${64 * MIB}`,
  ].join(':'),
};

/** JavaScript heap of the process's main thread, which holds answers in transit. */
const MAIN_HEAP_MB = 512;

/** The process ended before it answered. */
export class ProcessLost extends Error {
  override readonly name = 'ProcessLost';
}

export interface EngineProcess {
  readonly pid: number;
  /** As of the last heartbeat. */
  readonly rssBytes: number;
  /** Of the tiers that the process has read pages by. */
  readonly modelFloors: ReadonlyMap<Tier, ModelFloor>;
  /** Rejects with `ProcessLost`. */
  ask(request: Request): Promise<Answer>;
  /** At once; whatever it holds is lost. */
  kill(): void;
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<void>;
  /** Called after every heartbeat. */
  onHeartbeat: (() => void) | undefined;
}

/**
 * Resolves when the process can read pages.
 * @throws OcrError what the process reported, such as model.missing, or engine.unavailable
 */
export async function startProcess(
  settings: ProcessSettings,
  environment: Readonly<Record<string, string>>,
  onPreparing?: (done: number, total: number) => void,
): Promise<EngineProcess> {
  const child = fork(HOST, [JSON.stringify(settings)], {
    env: { ...environment, ...PROCESS_ENVIRONMENT },
    execArgv: [`--max-old-space-size=${MAIN_HEAP_MB}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  let gone = false;
  const exited = new Promise<void>((resolve) => {
    const end = () => {
      gone = true;
      for (const { reject } of waiting.values()) reject(new ProcessLost('the engine process ended'));
      waiting.clear();
      resolve();
    };
    // 'error' comes alone where the process could not be started.
    child.once('exit', end).once('error', end);
  });
  await whenReady(child, exited, settings.fixedShapes ? PREPARE_TIMEOUT_MS : START_TIMEOUT_MS, onPreparing);

  const modelFloors = new Map<Tier, ModelFloor>();
  let lastId = 0;
  let lastHeard = performance.now();
  const engineProcess = {
    pid: child.pid as number,
    rssBytes: 0,
    modelFloors,
    exited,
    onHeartbeat: undefined as (() => void) | undefined,
    ask(request: Request): Promise<Answer> {
      return new Promise((resolve, reject) => {
        if (gone) return reject(new ProcessLost('the engine process ended'));
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        // A failure to send is a process that is going; its exit rejects the request.
        child.send({ id: lastId, request } satisfies RequestMessage, () => {});
      });
    },
    kill() {
      child.kill('SIGKILL');
    },
  };
  child.on('message', (message: ProcessMessage) => {
    lastHeard = performance.now();
    if (message.type === 'answer') {
      waiting.get(message.id)?.resolve(deserialize(message.sealed) as Answer);
      waiting.delete(message.id);
    } else if (message.type === 'floor') {
      modelFloors.set(message.tier, message.floor);
    } else if (message.type === 'heartbeat') {
      engineProcess.rssBytes = message.rssBytes;
      engineProcess.onHeartbeat?.();
    }
  });
  const stopWatching = watchSilence(() => lastHeard, engineProcess.kill);
  void exited.then(stopWatching);
  return engineProcess;
}

/** `timeoutMs`: of silence. */
async function whenReady(
  child: ChildProcess,
  exited: Promise<void>,
  timeoutMs: number,
  onPreparing: ((done: number, total: number) => void) | undefined,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const answer = new Promise<ProcessMessage>((resolve) => {
    const waitAnew = () => {
      clearTimeout(timer);
      const message = `The engine process was not ready within ${timeoutMs / 1000} s.`;
      timer = setTimeout(() => resolve(failure(message)), timeoutMs);
    };
    waitAnew();
    child.on('message', function listen(message: ProcessMessage) {
      if (message.type === 'preparing') {
        waitAnew();
        onPreparing?.(message.done, message.total);
        return;
      }
      child.off('message', listen);
      resolve(message);
    });
  });
  const ended = exited.then(() => {
    const how = child.signalCode ?? `exit code ${child.exitCode}`;
    return failure(`The engine process ended while it started (${how}).`);
  });
  try {
    const first = await Promise.race([answer, ended]);
    if (first.type === 'ready') return;
    child.kill('SIGKILL');
    await exited;
    if (first.type === 'failed') throw OcrError.deserialize(first.error);
    throw new Error(`expected the engine process to be ready first, got ${first.type}`);
  } finally {
    clearTimeout(timer);
  }
}

function failure(message: string): ProcessMessage {
  return { type: 'failed', error: { code: 'engine.unavailable', message } };
}

/** Calls `onSilent` once `lastHeard` is too long ago. Returns how to stop. */
function watchSilence(lastHeard: () => number, onSilent: () => void): () => void {
  let lastTick = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    // When this process itself stood still, messages are waiting unread.
    const stalled = now - lastTick > 4 * HEARTBEAT_MS;
    lastTick = now;
    if (!stalled && now - lastHeard() > SILENCE_MS) onSilent();
  }, HEARTBEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}
