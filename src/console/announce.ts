/** What a screen reader is told without being asked. */
import { signal } from '@preact/signals';

/** At most one sentence in this time: pages come faster than they can be read out. */
const PAUSE_MS = 2_500;

export const announcement = signal('');

let next: string | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** The latest sentence wins over those that wait. */
export function announce(sentence: string): void {
  next = sentence;
  if (timer === undefined) timer = setTimeout(flush, 0);
}

function flush(): void {
  if (next !== undefined) announcement.value = next;
  timer = next === undefined ? undefined : setTimeout(flush, PAUSE_MS);
  next = undefined;
}
