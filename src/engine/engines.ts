/** Engines of several devices as one: each has a process of its own, and a task goes where most threads are free. */
import type { Device } from './devices.js';
import { type Engine, type EngineConfig, openEngine } from './engine.js';

export interface EnginesConfig extends Omit<EngineConfig, 'device'> {
  /** One engine process each, of `threads` threads. */
  readonly devices: readonly [Device, ...Device[]];
}

/** @throws OcrError as `openEngine`, where the engine of any device does not start */
export async function openEngines({ devices, ...config }: EnginesConfig): Promise<Engine> {
  const starts = await Promise.allSettled(devices.map((device) => openEngine({ ...config, device })));
  const engines = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(engines.map((engine) => engine.close()));
    throw failed.reason;
  }
  return joinEngines(engines as [Engine, ...Engine[]]);
}

/** Pure but for what the engines do. */
export function joinEngines(engines: readonly [Engine, ...Engine[]]): Engine {
  const [first, ...others] = engines;
  if (others.length === 0) return first;

  /** One that is being replaced is given work only where all are. */
  const freest = (): Engine => {
    const ready = engines.filter((engine) => engine.status().ready);
    const free = (engine: Engine) => engine.status().threads - engine.status().inFlight;
    return (ready.length === 0 ? engines : ready).reduce((best, engine) => (free(engine) > free(best) ? engine : best));
  };
  return {
    inspect: (path, password) => freest().inspect(path, password),
    checkLanguages: (languages) => first.checkLanguages(languages),
    analyze: (task, signal) => freest().analyze(task, signal),
    read: (task, signal) => freest().read(task, signal),
    cutPictures: (task) => freest().cutPictures(task),
    makePdf: (task, signal) => freest().makePdf(task, signal),
    async measureModels() {
      return (await Promise.all(engines.map((engine) => engine.measureModels()))).flat();
    },
    status() {
      const all = engines.map((engine) => engine.status());
      const sum = (of: (status: (typeof all)[number]) => number) =>
        all.reduce((total, status) => total + of(status), 0);
      return {
        ready: all.some(({ ready }) => ready),
        restarts: sum(({ restarts }) => restarts),
        inFlight: sum(({ inFlight }) => inFlight),
        threads: sum(({ threads }) => threads),
        rssBytes: sum(({ rssBytes }) => rssBytes),
        processes: all.flatMap(({ processes }) => processes),
      };
    },
    async close() {
      await Promise.all(engines.map((engine) => engine.close()));
    },
  };
}
