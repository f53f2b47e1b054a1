/** Why a page was read as it was, and how sure the reading is. */
import type { ReadPageResult } from '../../schema/job.js';
import { doubtfulRefs } from '../doubt.js';
import { formatNumber, formatPercent, formatShort, plural } from '../format.js';
import type { Reading } from '../reading.js';

const PROVIDER_NAMES: Record<ReadPageResult['pipeline_metadata']['provider_used'], string> = {
  'text-layer': 'The PDF’s own text',
  paddle: 'paddle',
  'paddle-plus': 'paddle-plus',
  'paddle-structure': 'paddle-structure',
};

/** Where the next dearer way begins; see docs/api.md. */
const STEPS = [30, 60];

export function RoutingPanel({ page, reading }: { page: ReadPageResult; reading: Reading }) {
  const { complexity_score: score, provider_used, provider_reason, model_tier, features } = page.pipeline_metadata;
  const { rotation, global_confidence } = page.document_metadata;
  const doubtful = reading.units.flatMap(doubtfulRefs).length;
  return (
    <details class="routing">
      <summary>
        <span class="routing-name">
          {PROVIDER_NAMES[provider_used]}
          {model_tier !== undefined && <span class="hint"> {model_tier} models</span>}
        </span>
        <span>
          {formatPercent(global_confidence)} <span class="hint">sure</span>
        </span>
        <span>
          {doubtful === 0 ? <span class="hint">nothing doubtful</span> : `${formatNumber(doubtful)} doubtful`}
        </span>
      </summary>
      <div class="score">
        <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
          <rect class="score-track" width="100" height="6" />
          <rect class="score-value" width={score} height="6" />
          {STEPS.map((step) => (
            <rect key={step} class="score-step" x={step} width="0.4" height="6" />
          ))}
        </svg>
        <p>
          Complexity <strong>{formatNumber(score)}</strong> of 100: {complexityName(score)}.
        </p>
      </div>
      <p>{provider_reason}</p>
      <Features features={features ?? []} />
      <p class="hint">
        {plural(reading.blocks.length, 'block')},{' '}
        {plural(page.content_blocks.flatMap(({ lines }) => lines).length, 'line')}
        {rotation === undefined ? '' : `; turned by ${rotation}° to stand upright`}
      </p>
    </details>
  );
}

type Feature = NonNullable<ReadPageResult['pipeline_metadata']['features']>[number];

/** What added to the score, most first; what added nothing is only counted. */
function Features({ features }: { features: readonly Feature[] }) {
  const added = features.filter(({ points }) => points > 0).sort((a, b) => b.points - a.points);
  if (features.length === 0) return null;
  return (
    <dl class="features">
      {added.map(({ name, value, points }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="hint">{formatShort(value)}</dd>
          <dd>+{formatShort(points)}</dd>
        </div>
      ))}
      <div>
        <dt class="hint">{plural(features.length - added.length, 'other measurement')} added nothing</dt>
      </div>
    </dl>
  );
}

function complexityName(score: number): string {
  if (score < 30) return 'simple';
  return score < 60 ? 'medium' : 'complex';
}
