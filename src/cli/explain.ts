/** A page that was read → why it was read as it was: what `omega ocr --explain` says. */
import { complexityOf } from '../schema/complexity.js';
import type { Page, ScoredFeature, TextLayerCheck } from '../schema/document.js';
import { formatColumns } from './columns.js';

/** Several lines, the first one naming the page, without a line end behind the last. */
export function explainPage(document: string, page: Page): string {
  const { features = [], textLayerChecks = [], ...routing } = page.routing;
  const table = formatColumns([
    ['feature', 'value', 'range', 'points'],
    ...features.map(featureRow),
    ['score', '', complexityOf(routing.complexityScore), `${routing.complexityScore.toFixed(1)} of 100`],
    ...(textLayerChecks.length === 0 ? [] : [['text layer', 'value', 'trusted', '']]),
    ...textLayerChecks.map(checkRow),
  ]);
  return [
    `${document}, page ${page.pageIndex + 1}: ${routing.reason}`,
    ...table.split('\n'),
    `decision: ${decision(page)}`,
    `lines: ${linesBySource(page)}`,
  ].join('\n  ');
}

function featureRow({ name, value, unit, from, to, points, maxPoints }: ScoredFeature): string[] {
  const measured = unit === undefined ? number(value) : `${number(value)} ${unit}`;
  return [name, measured, `${number(from)} to ${number(to)}`, `${points.toFixed(1)} of ${maxPoints}`];
}

function checkRow({ name, value, atLeast, atMost, passed }: TextLayerCheck): string[] {
  const bounds = [
    ...(atLeast === undefined ? [] : [`from ${number(atLeast)} on`]),
    ...(atMost === undefined ? [] : [`up to ${number(atMost)}`]),
  ];
  return [name, number(value), bounds.join(', '), passed ? '' : 'failed'];
}

function decision({
  dpi,
  routing: { provider, tier, detectorTier, escalationTier, screeningTier, letterHeightPx },
}: Page): string {
  return [
    `provider ${provider}`,
    ...(tier === undefined ? [] : [`tier ${tier}`]),
    ...(detectorTier === undefined ? [] : [`lines found by ${detectorTier}`]),
    ...(escalationTier === undefined ? [] : [`doubtful lines again by ${escalationTier}`]),
    ...(screeningTier === undefined ? [] : [`clear lines read by ${screeningTier}`]),
    ...(dpi === undefined ? [] : [`${Math.round(dpi)} dpi`]),
    ...(letterHeightPx === undefined ? [] : [`letters ${letterHeightPx.toFixed(1)} px high`]),
  ].join(', ');
}

function linesBySource({ blocks }: Page): string {
  const counts = new Map<string, number>();
  for (const { source } of blocks.flatMap(({ lines }) => lines)) counts.set(source, (counts.get(source) ?? 0) + 1);
  const most = [...counts].sort(([, a], [, b]) => b - a).map(([source, count]) => `${count} by ${source}`);
  return most.length === 0 ? 'none' : most.join(', ');
}

/** Three digits, whole numbers in full. */
function number(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(3)));
}
