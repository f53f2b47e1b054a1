/** The nodes that share the store: who reads, on what, and who was not heard of. */
import type { NodeView } from '../../schema/node.js';
import { formatNumber, formatSeconds, formatTime } from '../format.js';

/** Nodes say every 5 s that they are there. */
const LATE_MS = 15_000;

export function NodeTable({ nodes, at }: { readonly nodes: readonly NodeView[]; readonly at: number }) {
  return (
    <div class="wide-table">
      <table>
        <thead>
          <tr>
            <th>Host</th>
            <th>Does</th>
            <th>Runs on</th>
            <th class="number">Threads</th>
            <th class="number">Pages being read</th>
            <th>Seen</th>
            <th>Since</th>
            <th>Version</th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <tr key={node.id}>
              <td title={node.id}>{node.host}</td>
              <td>{roleOf(node)}</td>
              <td>{node.devices.join(', ') || '–'}</td>
              <td class="number">{formatNumber(node.threads)}</td>
              <td class="number">{formatNumber(node.pages_reading)}</td>
              <td class={at - node.seen_at > LATE_MS ? 'is-bad' : undefined}>
                {formatSeconds(Math.max(0, Math.round((at - node.seen_at) / 1000)))} ago
              </td>
              <td>
                <time>{formatTime(node.started_at)}</time>
              </td>
              <td>{node.version}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function roleOf({ role, threads }: NodeView): string {
  if (role === 'worker') return 'reads';
  return threads === 0 ? 'serves' : 'serves and reads';
}
