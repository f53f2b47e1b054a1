/** Administration: how the server is, who has keys, and what was changed. */
import { signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { NodeList } from '../../schema/node.js';
import type { Problem } from '../../schema/problem.js';
import { type AuditEntry, admin, type KeyEntry, type Queue } from '../admin.js';
import { asProblem, rateLimit } from '../api.js';
import { formatBytes, formatNumber, formatSeconds, formatTime, plural } from '../format.js';
import { KeyTable } from '../parts/key-table.js';
import { NewKeyForm } from '../parts/new-key-form.js';
import { NodeTable } from '../parts/node-table.js';
import { Notice } from '../parts/notice.js';
import { signOut } from '../session.js';

const QUEUE_REFRESH_MS = 3_000;

const keys = signal<readonly KeyEntry[] | undefined>(undefined);
const audit = signal<readonly AuditEntry[]>([]);

export function AdminView() {
  const problem = useSignal<Problem | undefined>(undefined);
  const refresh = async () => {
    try {
      keys.value = await admin.keys();
      audit.value = await admin.audit();
      problem.value = undefined;
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  useEffect(() => {
    void refresh();
    return () => {
      keys.value = undefined;
      audit.value = [];
    };
  }, []);
  const isForbidden = problem.value?.status === 403;
  return (
    <div class="sheet">
      <h1>Administration</h1>
      {problem.value !== undefined && (
        <Notice problem={problem.value}>
          {isForbidden ? (
            <button type="button" onClick={() => signOut()}>
              Use another key
            </button>
          ) : (
            <button type="button" onClick={() => void refresh()}>
              Try again
            </button>
          )}
        </Notice>
      )}
      {keys.value !== undefined && (
        <>
          <QueueSection />
          <section aria-labelledby="keys">
            <h2 id="keys">Keys</h2>
            <KeyTable keys={keys.value} onChange={refresh} />
            <NewKeyForm onCreated={refresh} />
          </section>
          <AuditSection entries={audit.value} keys={keys.value} />
        </>
      )}
    </div>
  );
}

function QueueSection() {
  const queue = useSignal<Queue | undefined>(undefined);
  const nodes = useSignal<(NodeList & { readonly at: number }) | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  useEffect(() => {
    const look = async () => {
      // A key with a limit is not spent on looking.
      if (document.hidden || (queue.value !== undefined && rateLimit.value !== undefined)) return;
      try {
        queue.value = await admin.queue();
        nodes.value = { ...(await admin.nodes()), at: Date.now() };
        problem.value = undefined;
      } catch (error) {
        problem.value = asProblem(error);
      }
    };
    void look();
    const timer = setInterval(() => void look(), QUEUE_REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const state = queue.value;
  return (
    <>
      <section aria-labelledby="queue">
        <h2 id="queue">Queue and engine</h2>
        {problem.value !== undefined && <Notice problem={problem.value} />}
        {state !== undefined && (
          <dl class="figures">
            <Figure name="Pages waiting" value={formatNumber(state.pending_pages)} note={waitingSince(state)} />
            <Figure
              name="Pages being read"
              value={formatNumber(state.processing_pages)}
              note={plural(state.engine.threads, 'thread')}
            />
            <Figure
              name="Engine"
              value={state.engine.ready ? 'Ready' : 'Starting'}
              isBad={!state.engine.ready}
              note={
                state.engine.restarts === 0 ? 'never replaced' : `replaced ${plural(state.engine.restarts, 'time')}`
              }
            />
            <Figure name="Memory" value={formatBytes(state.engine.resident_bytes)} note="of the engine" />
          </dl>
        )}
      </section>
      {nodes.value?.shared && (
        <section aria-labelledby="nodes">
          <h2 id="nodes">Nodes</h2>
          <NodeTable nodes={nodes.value.nodes} at={nodes.value.at} />
        </section>
      )}
    </>
  );
}

function waitingSince({ oldest_pending_at: oldest }: Queue): string {
  if (oldest === null) return 'none';
  return `the oldest for ${formatSeconds(Math.max(0, Math.round((Date.now() - oldest) / 1000)))}`;
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly isBad?: boolean;
}

function Figure({ name, value, note, isBad = false }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={isBad ? 'is-bad' : undefined}>{value}</dd>
      <dd class="hint">{note}</dd>
    </div>
  );
}

function AuditSection({ entries, keys: known }: { entries: readonly AuditEntry[]; keys: readonly KeyEntry[] }) {
  if (entries.length === 0) return null;
  const names = new Map(known.map(({ id, name }) => [id, name]));
  const nameOf = (id: string) => names.get(id) ?? id;
  return (
    <section aria-labelledby="audit">
      <h2 id="audit">Changes</h2>
      <div class="wide-table">
        <table>
          <thead>
            <tr>
              <th>When</th>
              <th>Who</th>
              <th>What</th>
              <th>Key</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <tr key={`${entry.at} ${entry.action} ${entry.key_id}`}>
                <td>
                  <time>{formatTime(entry.at)}</time>
                </td>
                <td>{nameOf(entry.actor)}</td>
                <td>
                  {entry.action} <span class="hint">{details(entry)}</span>
                </td>
                <td>{nameOf(entry.key_id)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function details({ detail }: AuditEntry): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
