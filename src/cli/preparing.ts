/** Tells how far the preparation of a GPU's engine is. */
import type { EngineConfig } from '../engine/engine.js';

/** Nothing is said of a start that ends before one would wonder. */
const FIRST_LINE_MS = 2_000;
const LINE_INTERVAL_MS = 5_000;

/** On standard error, as a command does. */
export function tellPreparingHere(): NonNullable<EngineConfig['onPreparing']> {
  return tellPreparing((line) => process.stderr.write(`${line}\n`));
}

/** `say` is given a line now and then, for each device. `now`: milliseconds. */
export function tellPreparing(
  say: (line: string) => void,
  now: () => number = () => performance.now(),
): NonNullable<EngineConfig['onPreparing']> {
  const nextLineAt = new Map<string, number>();
  return (device, done, total) => {
    const due = nextLineAt.get(device) ?? now() + FIRST_LINE_MS;
    nextLineAt.set(device, now() < due ? due : now() + LINE_INTERVAL_MS);
    if (now() >= due) say(`${device}: models are prepared for ${done} of ${total} shapes`);
    if (done === total) nextLineAt.delete(device);
  };
}
