/** Pages as images: every reader on the same files in the same run, each time in a fresh process, in turns. */
import { runReader } from '../peers/readers.mjs';

/** Seconds of reading after which a reader is not asked once more for a kind of page: the slow ones vary less. */
const ENOUGH_SECONDS = 9;

/**
 * Throughput, with the memory that it took and how well the pages were read.
 *
 * Records `[kind, reader, 'pages/s']`, `[kind, reader, 'peak MB']` and `[kind, reader, 'accuracy']`.
 *
 * @param {object} callbacks
 * @param {(kind: object, readings: readonly object[]) => number | undefined} callbacks.accuracyOf
 * @param {(what: string, error: Error) => void} callbacks.fail told of a reader that could not read a kind of page
 */
export async function compareThroughput(kinds, readers, rounds, measures, { accuracyOf, fail }) {
  for (const kind of kinds) {
    const spent = new Map(readers.map(({ id }) => [id, 0]));
    for (let round = 0; round < rounds; round++) {
      for (const reader of readers.filter(({ id }) => round === 0 || spent.get(id) < ENOUGH_SECONDS)) {
        try {
          const { readings, readMs, peakBytes } = await runReader(reader, kind.paths, 'all');
          const seconds = readMs / 1000;
          spent.set(reader.id, spent.get(reader.id) + seconds);
          measures.record([kind.id, reader.id, 'pages/s'], kind.paths.length / seconds);
          measures.record([kind.id, reader.id, 'peak MB'], peakBytes / 1e6);
          const accuracy = round === 0 ? accuracyOf(kind, readings) : undefined;
          if (accuracy !== undefined) measures.record([kind.id, reader.id, 'accuracy'], accuracy);
          console.error(`${kind.id}, ${reader.id}: ${(kind.paths.length / seconds).toFixed(2)} pages/s`);
        } catch (error) {
          spent.set(reader.id, Number.POSITIVE_INFINITY);
          fail(`${kind.id}, ${reader.label}`, error);
        }
      }
    }
  }
}

/** Of single pages, one after the other in a warm process: `[kind, reader, 'ms']`, once a page. */
export async function compareLatency(kinds, readers, pages, measures) {
  for (const kind of kinds) {
    for (const reader of readers) {
      const { readings } = await runReader(reader, kind.paths.slice(0, pages), 'each');
      for (const { ms } of readings) measures.record([kind.id, reader.id, 'ms'], ms);
      console.error(`${kind.id}, ${reader.id}: ${readings.map(({ ms }) => ms.toFixed(0)).join(', ')} ms`);
    }
  }
}
