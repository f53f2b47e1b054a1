/** Where documents are given, and all of the key's documents with how far each is. */
import { useEffect } from 'preact/hooks';
import {
  type DocumentEntry,
  documents,
  hasEnded,
  holdBack,
  isMoreToList,
  listJobs,
  listMoreJobs,
  listState,
} from '../documents.js';
import { formatNumber } from '../format.js';
import { intakeNote, isDraggedOver, takeFiles, takeFolder } from '../intake.js';
import { DocumentRow } from '../parts/document-row.js';
import { Notice } from '../parts/notice.js';
import { OptionsForm } from '../parts/options-form.js';

export function DocumentsView() {
  useEffect(() => {
    void listJobs();
  }, []);
  return (
    <div class="documents">
      <h1 class="unseen">Documents</h1>
      <section class="intake" aria-label="Read documents">
        <DropZone />
        <p class="note">{intakeNote.value}</p>
        <OptionsForm />
      </section>
      {holdBack.value !== undefined && <Notice problem={holdBack.value.problem} until={holdBack.value.until} />}
      <DocumentList />
    </div>
  );
}

function DropZone() {
  return (
    <div class={isDraggedOver.value ? 'drop-zone is-over' : 'drop-zone'}>
      <p class="drop-title">
        <span class="wide-only">Drop documents here</span>
        <span class="narrow-only">Read documents</span>
      </p>
      <p class="hint">
        PDF, PNG, JPEG, TIFF or WebP; as many as you like<span class="wide-only">, folders too</span>.
      </p>
      <div class="drop-actions">
        <FileButton label="Choose files" primary onFiles={takeFiles} />
        <FileButton label="Choose a folder" folder onFiles={takeFolder} />
      </div>
    </div>
  );
}

interface FileButtonProps {
  readonly label: string;
  readonly primary?: boolean;
  readonly folder?: boolean;
  readonly onFiles: (files: readonly File[]) => void;
}

/** A file input that looks like a button and is one to the keyboard. */
function FileButton({ label, primary = false, folder = false, onFiles }: FileButtonProps) {
  return (
    <label class={`button file-button${primary ? ' primary' : ''}${folder ? ' wide-only' : ''}`}>
      {label}
      <input
        type="file"
        class="unseen"
        multiple
        {...(folder ? { webkitdirectory: true } : { accept: '.pdf,.png,.jpg,.jpeg,.tif,.tiff,.webp' })}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          // The same file may be chosen again.
          currentTarget.value = '';
        }}
      />
    </label>
  );
}

/** How far many documents are, in one line. */
function Progress({ entries }: { entries: readonly DocumentEntry[] }) {
  const counts = { waiting: 0, reading: 0, refused: 0 };
  for (const { state } of entries) {
    const current = state.value;
    if (current.phase === 'refused') counts.refused += 1;
    else if (current.phase !== 'job') counts.waiting += 1;
    else if (!hasEnded(current.job)) counts.reading += 1;
  }
  const under = counts.waiting + counts.reading;
  if (under < 2) return null;
  const parts = [
    `${formatNumber(under)} under way`,
    counts.waiting > 0 && `${formatNumber(counts.waiting)} of them to be sent`,
    counts.refused > 0 && `${formatNumber(counts.refused)} refused`,
  ];
  return <p class="list-progress">{parts.filter(Boolean).join(', ')}</p>;
}

function DocumentList() {
  const entries = documents.value;
  const state = listState.value;
  const isLoading = state === 'loading';
  return (
    <section class="list" aria-label="Your documents" aria-busy={isLoading}>
      <Progress entries={entries} />
      {entries.length > 0 && (
        <ul>
          {entries.map((entry) => (
            <DocumentRow key={entry.id} entry={entry} />
          ))}
        </ul>
      )}
      {typeof state === 'object' && (
        <Notice problem={state}>
          <button type="button" onClick={() => void listMoreJobs()}>
            Try again
          </button>
        </Notice>
      )}
      {entries.length === 0 && state === 'idle' && !isMoreToList() && (
        <p class="empty">Nothing read yet. What you drop above appears here, page by page as it is read.</p>
      )}
      {entries.length > 0 && isMoreToList() && (
        <button type="button" class="more" disabled={isLoading} onClick={() => void listMoreJobs()}>
          {isLoading ? 'Looking…' : 'Earlier documents'}
        </button>
      )}
    </section>
  );
}
