/** The dashboard and the alerts ask for nothing that the server does not expose. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Harness, scripted, startHarness } from './server-harness.js';

const text = (path: string) => readFileSync(new URL(`../../deploy/${path}`, import.meta.url), 'utf8');

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(text('grafana/ocr-omega.json')) as { readonly panels: readonly Panel[] };
const QUERIES = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ name: title, expr })));
const ALERTS = [...text('prometheus/ocr-omega.rules.yml').matchAll(/- alert: (\w+)\n +expr: (.+)\n/g)].map(
  ([, name = '', expr = '']) => ({ name, expr }),
);

/** Labels that Prometheus adds to what it scrapes. */
const ADDED = ['job', 'instance'];
/** Made by Prometheus itself. */
const UP = new Map([['up', new Set(ADDED)]]);

/** Names of the samples of an answer, with the labels they have. */
function exposed(metrics: string): Map<string, Set<string>> {
  const names = new Map(UP);
  for (const line of metrics.split('\n')) {
    const [, name, labels = ''] = /^([a-z]\w*)(?:\{(.*)\})? /.exec(line) ?? [];
    if (name === undefined) continue;
    const known = names.get(name) ?? new Set(ADDED);
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    names.set(name, known);
  }
  return names;
}

/** Metrics of an expression with the labels that it selects by or groups by. */
function asked(expr: string): readonly { readonly metric: string; readonly labels: readonly string[] }[] {
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(/, */));
  return [...expr.matchAll(/\b(omega_\w+|up)\b(?:\{([^}]*)\})?/g)].map(([, metric = '', selected = '']) => ({
    metric,
    labels: [...grouped, ...[...selected.matchAll(/(\w+)=/g)].map(([, label = '']) => label)],
  }));
}

let server: Harness;
let names: Map<string, Set<string>>;
beforeAll(async () => {
  server = await startHarness();
  const { key } = await server.createKey();
  const form = new FormData();
  form.append('file', new Blob([scripted({ pages: 1 })]), 'page.pdf');
  await fetch(`${server.url}/v1/ocr?wait=30`, { method: 'POST', headers: { 'x-api-key': key }, body: form });
  // The figures of a page follow its result.
  const metrics = await vi.waitFor(async () => {
    const answer = await (await fetch(`${server.url}/metrics`)).text();
    expect(answer).toMatch(/omega_stage_seconds_count\{.*omega_http_request_seconds_count\{/s);
    return answer;
  });
  names = exposed(metrics);
});
afterAll(() => server.close());

describe('what is asked for', () => {
  test('every panel and every alert was found', () => {
    expect(QUERIES.length).toBeGreaterThanOrEqual(dashboard.panels.length);
    expect(ALERTS.length).toBe(text('prometheus/ocr-omega.rules.yml').match(/- alert:/g)?.length);
    expect([...QUERIES, ...ALERTS].filter(({ expr }) => asked(expr).length === 0)).toEqual([]);
  });

  test.each([...QUERIES, ...ALERTS])('$name: $expr', ({ expr }) => {
    const missing = asked(expr).flatMap(({ metric, labels }) => {
      const known = names.get(metric);
      return known === undefined ? [metric] : labels.filter((label) => !known.has(label)).map((l) => `${metric}{${l}}`);
    });
    expect(missing).toEqual([]);
  });
});
