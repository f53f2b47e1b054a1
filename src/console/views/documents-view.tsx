/** Where documents are given, and all of the key's documents with how far each is. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { announce } from '../announce.js';
import { addFiles, documents, holdBack, isMoreToList, listJobs, listMoreJobs, listState } from '../documents.js';
import { type DroppedFiles, documentsAmong, filesOfDrop } from '../dropped-files.js';
import { plural } from '../format.js';
import { readingOptions } from '../options.js';
import { DocumentRow } from '../parts/document-row.js';
import { Notice } from '../parts/notice.js';
import { OptionsForm } from '../parts/options-form.js';

export function DocumentsView() {
  useEffect(() => {
    void listJobs();
  }, []);
  const note = useSignal('');
  const take = ({ files, skipped }: DroppedFiles) => {
    if (files.length > 0) addFiles(files, readingOptions.value);
    note.value = skipped === 0 ? '' : `${plural(skipped, 'file')} left out: no documents by their names.`;
    announce(`${plural(files.length, 'document')} added. ${note.value}`);
  };
  return (
    <div class="documents">
      <h1 class="unseen">Documents</h1>
      <section class="intake" aria-label="Read documents">
        <DropZone onFiles={take} />
        <p class="note">{note.value}</p>
        <OptionsForm />
      </section>
      {holdBack.value !== undefined && <Notice problem={holdBack.value.problem} until={holdBack.value.until} />}
      <DocumentList />
    </div>
  );
}

function DropZone({ onFiles }: { onFiles: (dropped: DroppedFiles) => void }) {
  const isOver = useSignal(false);
  // Anywhere on the page will do: missing the zone must not make the browser leave the page for the file.
  useEffect(() => {
    const onDragOver = (event: DragEvent) => {
      event.preventDefault();
      isOver.value = true;
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) isOver.value = false;
    };
    const onDrop = (event: DragEvent) => {
      event.preventDefault();
      isOver.value = false;
      if (event.dataTransfer !== null) void filesOfDrop(event.dataTransfer).then(onFiles);
    };
    window.addEventListener('dragover', onDragOver);
    window.addEventListener('dragleave', onLeave);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragover', onDragOver);
      window.removeEventListener('dragleave', onLeave);
      window.removeEventListener('drop', onDrop);
    };
  }, []);
  return (
    <div class={isOver.value ? 'drop-zone is-over' : 'drop-zone'}>
      <p class="drop-title">Drop documents here</p>
      <p class="hint">PDF, PNG, JPEG, TIFF or WebP; as many as you like, folders too.</p>
      <div class="drop-actions">
        <FileButton label="Choose files" primary onFiles={(files) => onFiles({ files, skipped: 0 })} />
        <FileButton label="Choose a folder" folder onFiles={(files) => onFiles(documentsAmong(files))} />
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

function DocumentList() {
  const entries = documents.value;
  const state = listState.value;
  const isLoading = state === 'loading';
  return (
    <section class="list" aria-label="Your documents" aria-busy={isLoading}>
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
