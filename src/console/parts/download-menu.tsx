/** The whole document as a file, in each form that the server makes. */
import { useSignal } from '@preact/signals';
import type { Job } from '../../schema/job.js';
import type { Problem } from '../../schema/problem.js';
import { api, asProblem } from '../api.js';
import { save } from '../download.js';
import { Menu } from './menu.js';
import { Notice } from './notice.js';

/** `?format=`, which is the ending of the file's name too, but where a third says otherwise. */
const FORMATS = [
  ['md', 'Markdown'],
  ['txt', 'Plain text'],
  ['html', 'HTML'],
  ['json', 'JSON'],
  ['hocr', 'hOCR', 'hocr.html'],
  ['alto', 'ALTO', 'alto.xml'],
] as const;

export function DownloadMenu({ name, job }: { name: string; job: Job }) {
  const problem = useSignal<Problem | undefined>(undefined);
  if (job.status !== 'completed' || job.results_erased === true) return null;
  const base = name.replace(/\.(pdf|png|jpe?g|tiff?|webp)$/i, '');
  const download = async (format: string, ending: string) => {
    problem.value = undefined;
    try {
      save(await api.result(job.id, format), `${base}.${ending}`);
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  return (
    <>
      <Menu label="Download">
        {FORMATS.map(([format, label, ending = format]) => (
          <button key={format} type="button" onClick={() => void download(format, ending)}>
            {label}
            <span class="hint">.{ending}</span>
          </button>
        ))}
      </Menu>
      {problem.value !== undefined && <Notice problem={problem.value} />}
    </>
  );
}
