/**
 * What processes that share a store tell each other, so that none has to look all the time.
 *
 * A signal may be late or lost, and nothing depends on it but how soon something happens: from time to time everybody
 * is told to look.
 */

export type Signal =
  /** Pages may be claimed. */
  | { readonly kind: 'pages' }
  /** A page of the job is done, or the job has ended. */
  | { readonly kind: 'job'; readonly jobId: string }
  | { readonly kind: 'cancelled'; readonly jobId: string }
  /** Others may have come and were not heard. */
  | { readonly kind: 'missed' };

export interface Signals {
  /** Tells the other processes, soon. */
  send(signal: Exclude<Signal, { kind: 'missed' }>): void;
  /** `listener` hears what the others send, from now on. REQUIRES: it is the only one. */
  listen(listener: (signal: Signal) => void): void;
}

/** Of a process that has its store for itself. */
export const NO_SIGNALS: Signals = { send() {}, listen() {} };
