/** Numbers by what they are of, as they come in; medians and spread as they are asked for. */

/** A key is a path of names: `record('batch', 'form', 'auto', 'pages/s')(3.2)`. */
export function openMeasures() {
  const values = new Map();
  const at = (path) => values.get(path.join(' › ')) ?? [];
  return {
    record(path, value) {
      values.set(path.join(' › '), [...at(path), value]);
    },
    /** undefined where nothing was measured. */
    median: (path) => median(at(path)),
    count: (path) => at(path).length,
    /** "3.21 (3.10–3.35, of 3)"; one value alone stands for itself; undefined where there is none. */
    text(path, decimals = 2) {
      const all = at(path);
      if (all.length < 2) return all[0]?.toFixed(decimals);
      const [low, high] = [Math.min(...all), Math.max(...all)].map((value) => value.toFixed(decimals));
      return `${median(all).toFixed(decimals)} (${low}–${high}, of ${all.length})`;
    },
    /** Median of one over the median of the other; undefined where one is missing. */
    ratio(path, other) {
      const [a, b] = [median(at(path)), median(at(other))];
      return a === undefined || b === undefined ? undefined : a / b;
    },
  };
}

function median(values) {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
