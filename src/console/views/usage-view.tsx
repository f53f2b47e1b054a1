/** Credits and limits of the key, and what is left of them. */
import { useEffect } from 'preact/hooks';
import { account, accountProblem, refreshAccount } from '../account.js';
import { type Credits, rateLimit, type Usage } from '../api.js';
import { formatNumber, formatSeconds, formatTime, plural } from '../format.js';
import { Notice } from '../parts/notice.js';

export function UsageView() {
  useEffect(() => {
    void refreshAccount();
  }, []);
  const usage = account.value;
  return (
    <div class="sheet">
      <h1>Usage</h1>
      {accountProblem.value !== undefined && (
        <Notice problem={accountProblem.value}>
          <button type="button" onClick={() => void refreshAccount()}>
            Try again
          </button>
        </Notice>
      )}
      {usage !== undefined && (
        <>
          <section aria-labelledby="credits">
            <h2 id="credits">Credits</h2>
            {usage.metered ? <Metered credits={usage.credits} /> : <Unmetered credits={usage.credits} />}
            <p class="hint">
              A page costs 1 to 5 by its complexity, 1 where a PDF’s own text is taken, 0 where it failed.
            </p>
          </section>
          <section aria-labelledby="limits">
            <h2 id="limits">Requests</h2>
            <Limits usage={usage} />
          </section>
          <section aria-labelledby="key-of-usage">
            <h2 id="key-of-usage">Key</h2>
            <p>
              <code>{usage.key_id}</code> <span class="hint">on the plan “{usage.plan}”</span>
            </p>
          </section>
        </>
      )}
    </div>
  );
}

function Metered({ credits: { granted, available, reserved, used } }: { credits: Credits }) {
  return (
    <>
      <p class="figure">
        {formatNumber(available)}
        <span class="hint">of {plural(granted, 'credit')} left</span>
      </p>
      <svg class="share" viewBox={`0 0 ${Math.max(1, granted)} 1`} preserveAspectRatio="none" aria-hidden="true">
        <rect class="share-used" width={used} height="1" />
        <rect class="share-reserved" x={used} width={reserved} height="1" />
      </svg>
      <p class="legend">
        <span class="share-used">{formatNumber(used)} used</span>
        <span class="share-reserved">{formatNumber(reserved)} reserved for pages not read yet</span>
      </p>
    </>
  );
}

function Unmetered({ credits: { used, reserved } }: { credits: Credits }) {
  return (
    <p class="figure">
      {formatNumber(used)}
      <span class="hint">
        used{reserved > 0 ? `, ${formatNumber(reserved)} reserved` : ''}; this key’s credits are counted but never run
        out
      </span>
    </p>
  );
}

function Limits({ usage: { limits } }: { usage: Usage }) {
  const left = rateLimit.value;
  if (limits.length === 0) return <p>As many as you like.</p>;
  return (
    <>
      <p>
        {limits
          .map(({ requests, window_seconds }) => `${formatNumber(requests)} in ${formatSeconds(window_seconds)}`)
          .join(', ')}
        .
      </p>
      {left !== undefined && (
        <p>
          {formatNumber(left.remaining)} of {formatNumber(left.limit)} left until {formatTime(left.resetAt)}.
        </p>
      )}
    </>
  );
}
