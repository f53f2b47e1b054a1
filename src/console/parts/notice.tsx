/** A problem in the server's own words, and when it is over where that is known. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../../schema/problem.js';
import { formatNumber, formatSeconds } from '../format.js';

export interface NoticeProps {
  readonly problem: Problem;
  /** Epoch milliseconds at which it is tried again. */
  readonly until?: number | undefined;
  /** What can be done about it. */
  readonly children?: ComponentChildren;
}

export function Notice({ problem, until, children }: NoticeProps) {
  return (
    <div class="notice" role="alert">
      <p>
        <strong>{problem.title}.</strong> {problem.detail} <Shortage problem={problem} />
      </p>
      {(until !== undefined || hasChildren(children)) && (
        <div class="notice-actions">
          {until !== undefined && <Countdown until={until} />}
          {children}
        </div>
      )}
    </div>
  );
}

function hasChildren(children: ComponentChildren): boolean {
  return children !== undefined && children !== false && children !== null;
}

/** 402: by how much. */
function Shortage({ problem }: { problem: Problem }) {
  const { needed, available } = problem as Problem & { needed?: unknown; available?: unknown };
  if (typeof needed !== 'number' || typeof available !== 'number') return null;
  return (
    <span>
      Needed {formatNumber(needed)}, available {formatNumber(available)}.
    </span>
  );
}

/** Not read out at every second: the sentence before it was. */
function Countdown({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  return (
    <span class="countdown" aria-live="off">
      Tried again in {formatSeconds(seconds)}
    </span>
  );
}
