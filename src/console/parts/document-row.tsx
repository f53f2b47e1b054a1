/** One document of the list: its name, how far it is, and what can be done with it. */
import { useSignal } from '@preact/signals';
import type { Job } from '../../schema/job.js';
import type { Problem } from '../../schema/problem.js';
import {
  type DocumentEntry,
  deleteJob,
  discard,
  hasEnded,
  hurry,
  jobOf,
  nameOf,
  progressOf,
  sendAgain,
} from '../documents.js';
import { formatBytes, formatNumber, formatTime, plural } from '../format.js';
import { readingOptions } from '../options.js';
import { documentPath } from '../route.js';
import { DeleteButton } from './delete-button.js';
import { Notice } from './notice.js';

export function DocumentRow({ entry }: { entry: DocumentEntry }) {
  const state = entry.state.value;
  const job = jobOf(entry);
  const name = nameOf(entry);
  const bytes = entry.source.value?.file.size;
  return (
    <li class="row" data-phase={job?.status ?? state.phase}>
      <div class="row-name">
        {job === undefined ? <span>{name}</span> : <a href={documentPath(job.id)}>{name}</a>}
        <span class="hint">
          {job !== undefined && job.created_at > 0 && <time>{formatTime(job.created_at)}</time>}
          {job !== undefined && bytes !== undefined && ' · '}
          {bytes !== undefined && formatBytes(bytes)}
        </span>
      </div>
      <RowStatus entry={entry} />
      <div class="row-actions">
        {state.phase === 'refused' && !NOT_SENT_AGAIN.has(state.problem.code) && (
          <button type="button" onClick={() => sendAgain(entry, readingOptions.value)}>
            Send again
          </button>
        )}
        {job === undefined ? (
          <button type="button" class="quiet" aria-label={`Remove ${name}`} onClick={() => discard(entry)}>
            Remove
          </button>
        ) : (
          <DeleteButton name={name} job={job} onDelete={() => deleteJob(entry, job)} />
        )}
      </div>
      {state.phase === 'refused' && (
        <Notice problem={state.problem}>
          {state.problem.code === 'file.encrypted' && <PasswordForm entry={entry} />}
        </Notice>
      )}
      {job?.error !== undefined && <p class="row-problem">{job.error.detail}</p>}
    </li>
  );
}

/** What no other options change; a file that is encrypted has a form of its own. */
const NOT_SENT_AGAIN: ReadonlySet<Problem['code']> = new Set([
  'file.encrypted',
  'file.empty',
  'file.too-large',
  'file.unsupported-type',
  'file.unreadable',
  'file.no-pages',
]);

function PasswordForm({ entry }: { entry: DocumentEntry }) {
  const password = useSignal('');
  return (
    <form
      class="joined"
      onSubmit={(event) => {
        event.preventDefault();
        const options = entry.source.value?.options ?? readingOptions.value;
        if (password.value !== '') sendAgain(entry, { ...options, password: password.value });
      }}
    >
      <input
        type="password"
        autocomplete="off"
        aria-label={`Password of ${nameOf(entry)}`}
        placeholder="Its password"
        value={password.value}
        onInput={({ currentTarget }) => {
          password.value = currentTarget.value;
        }}
      />
      <button type="submit">Send again</button>
    </form>
  );
}

function RowStatus({ entry }: { entry: DocumentEntry }) {
  const state = entry.state.value;
  if (state.phase === 'waiting') return <p class="row-status">Waiting to be sent</p>;
  if (state.phase === 'refused') return <p class="row-status is-bad">Refused</p>;
  if (state.phase === 'sending') {
    return (
      <p class="row-status">
        Sending <progress aria-label="Sent" value={state.sent} />
      </p>
    );
  }
  const { job } = state;
  const link = entry.link.value;
  if (link?.kind === 'waiting') {
    return (
      <p class="row-status is-bad">
        {link.problem.title}{' '}
        <button type="button" class="quiet" onClick={() => hurry(entry)}>
          Try now
        </button>
      </p>
    );
  }
  if (!hasEnded(job)) {
    const done = Math.max(entry.pages.value.length, job.pages_processed);
    return (
      <p class="row-status">
        {progressOf(job, done)}
        <progress aria-label="Pages read" value={done} max={job.page_count} />
      </p>
    );
  }
  const failed = job.page_count - job.pages_processed;
  return (
    <p class={job.status === 'completed' ? 'row-status' : 'row-status is-bad'}>
      {job.status === 'completed' ? plural(job.pages_processed, 'page') : STATUS_NAMES[job.status]}
      {job.status === 'completed' && failed > 0 && <span class="is-bad">, {formatNumber(failed)} failed</span>}
      <span class="hint"> {plural(job.credits_used, 'credit')}</span>
    </p>
  );
}

const STATUS_NAMES: Record<Job['status'], string> = {
  pending: 'In the queue',
  processing: 'Being read',
  completed: 'Read',
  failed: 'Failed',
  cancelled: 'Cancelled',
};
