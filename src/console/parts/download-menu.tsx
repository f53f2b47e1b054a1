/** The whole document as a file, in each form that the server makes. */
import { useSignal } from '@preact/signals';
import { FILE_EXTENSIONS, FORMATS, type Format } from '../../export/formats.js';
import type { Job } from '../../schema/job.js';
import type { Problem } from '../../schema/problem.js';
import { api, asProblem } from '../api.js';
import { addFiles, type DocumentEntry, nameOf } from '../documents.js';
import { save } from '../download.js';
import { Menu } from './menu.js';
import { Notice } from './notice.js';

const FORMAT_NAMES: Readonly<Record<string, string>> = {
  md: 'Markdown',
  txt: 'Plain text',
  json: 'JSON',
  html: 'HTML',
  hocr: 'hOCR',
  alto: 'ALTO',
  pdf: 'Searchable PDF',
};

export function DownloadMenu({ entry, job }: { entry: DocumentEntry; job: Job }) {
  const problem = useSignal<Problem | undefined>(undefined);
  const wanted = useSignal<Format | undefined>(undefined);
  if (job.status !== 'completed' || job.results_erased === true) return null;
  const base = nameOf(entry).replace(/\.(pdf|png|jpe?g|tiff?|webp)$/i, '');
  const download = async (format: Format) => {
    problem.value = undefined;
    wanted.value = format;
    try {
      save(await api.result(job.id, format), `${base}.${FILE_EXTENSIONS[format]}`);
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  return (
    <>
      <Menu label="Download">
        {FORMATS.map((format) => (
          <button key={format} type="button" onClick={() => void download(format)}>
            {FORMAT_NAMES[format] ?? format}
            <span class="hint">.{FILE_EXTENSIONS[format]}</span>
          </button>
        ))}
      </Menu>
      {problem.value !== undefined && (
        <Notice problem={problem.value}>
          {wanted.value === 'pdf' && problem.value.code === 'result.not-found' && <WithPdf entry={entry} />}
        </Notice>
      )}
    </>
  );
}

/** A searchable PDF is made while a document is read: where there is none, how to have one. */
function WithPdf({ entry }: { entry: DocumentEntry }) {
  const source = entry.source.value;
  if (source === undefined) {
    return <span class="hint">Give the document again with “A searchable PDF too” among its options.</span>;
  }
  return (
    <button
      type="button"
      onClick={() => {
        addFiles([source.file], { ...source.options, searchablePdf: true });
        location.hash = '#/';
      }}
    >
      Read it again with one
    </button>
  );
}
