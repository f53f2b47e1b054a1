/** How long the machine lets a thread wait that has next to nothing to do: what no server on it can be faster than. */
import { Worker } from 'node:worker_threads';

const PROBE = `
  const { monitorEventLoopDelay } = require('node:perf_hooks');
  const { parentPort } = require('node:worker_threads');
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  parentPort.once('message', () => parentPort.postMessage(delays.percentile(99) / 1e6));
`;

/** Starts to measure. `stop` resolves with the 99th percentile of the waits, in milliseconds. */
export function watchStalls() {
  const probe = new Worker(PROBE, { eval: true });
  return {
    async stop() {
      const answer = new Promise((resolve) => probe.once('message', resolve));
      probe.postMessage('stop');
      const milliseconds = await answer;
      await probe.terminate();
      return milliseconds;
    },
  };
}
