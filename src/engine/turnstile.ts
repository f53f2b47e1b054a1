/**
 * Lets only so many threads of a process into a stretch of work at a time, so that the memory of the work is needed
 * that many times at once and no more.
 */

/** What the threads share of a turnstile: how many may still enter. */
export type TurnstileState = SharedArrayBuffer;

export interface Turnstile {
  /** Waits until fewer than the turnstile's limit are inside. A thread that is inside already must not enter again. */
  pass<T>(work: () => Promise<T>): Promise<T>;
}

export function createTurnstile(limit: number): TurnstileState {
  const state = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(state)[0] = limit;
  return state;
}

export function openTurnstile(state: TurnstileState): Turnstile {
  const free = new Int32Array(state);

  const enter = async () => {
    for (;;) {
      const seen = Atomics.load(free, 0);
      if (seen > 0 && Atomics.compareExchange(free, 0, seen, seen - 1) === seen) return;
      if (seen > 0) continue;
      const wait = Atomics.waitAsync(free, 0, seen);
      if (wait.async) await keepingAlive(wait.value);
    }
  };
  return {
    async pass(work) {
      await enter();
      try {
        return await work();
      } finally {
        Atomics.add(free, 0, 1);
        Atomics.notify(free, 0, 1);
      }
    },
  };
}

/** Node lets a thread end that only waits for another thread's notification. */
async function keepingAlive<T>(waited: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, 2 ** 30);
  try {
    return await waited;
  } finally {
    clearInterval(timer);
  }
}
