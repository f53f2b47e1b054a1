/** How documents are to be read. It holds for what is given after it was set. */
import { type ReadingOptions, readingOptions } from '../options.js';

const MODES = [
  ['auto', 'Auto', 'Models by the complexity of each page'],
  ['fast', 'Fast', 'The smallest models everywhere'],
  ['quality', 'Quality', 'The largest installed models everywhere'],
] as const;

const TEXT_LAYERS = [
  ['auto', 'Where it can be trusted'],
  ['ignore', 'Never: read the picture'],
  ['only', 'Always'],
] as const;

export function OptionsForm() {
  const options = readingOptions.value;
  const set = (change: Partial<ReadingOptions>) => {
    readingOptions.value = { ...readingOptions.value, ...change };
  };
  return (
    <form class="options" onSubmit={(event) => event.preventDefault()}>
      <fieldset class="segments">
        <legend class="unseen">Mode</legend>
        {MODES.map(([mode, label, meaning]) => (
          <label key={mode} title={meaning}>
            <input
              type="radio"
              name="mode"
              class="unseen"
              checked={options.mode === mode}
              onChange={() => set({ mode })}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <details>
        <summary>
          Options
          <Changed options={options} />
        </summary>
        <div class="option-grid">
          <label>
            <span class="option-name">A PDF’s own text</span>
            <select
              value={options.textLayer}
              onChange={({ currentTarget }) => set({ textLayer: currentTarget.value as ReadingOptions['textLayer'] })}
            >
              {TEXT_LAYERS.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <TextOption label="Pages" hint="all, or 1-3, 7" value={options.pages} onValue={(pages) => set({ pages })} />
          <TextOption
            label="Languages"
            hint="any, or en, ja"
            value={options.languages}
            onValue={(languages) => set({ languages })}
          />
          <TextOption
            label="Password of a PDF"
            hint="none"
            type="password"
            value={options.password}
            onValue={(password) => set({ password })}
          />
          <label class="check">
            <input
              type="checkbox"
              checked={options.wordBoxes}
              onChange={({ currentTarget }) => set({ wordBoxes: currentTarget.checked })}
            />
            Where each word stands
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={options.tables}
              onChange={({ currentTarget }) => set({ tables: currentTarget.checked })}
            />
            Rows and columns of tables
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={options.searchablePdf}
              onChange={({ currentTarget }) => set({ searchablePdf: currentTarget.checked })}
            />
            A searchable PDF too
          </label>
        </div>
      </details>
    </form>
  );
}

interface TextOptionProps {
  readonly label: string;
  readonly hint: string;
  readonly type?: 'text' | 'password';
  readonly value: string;
  readonly onValue: (value: string) => void;
}

function TextOption({ label, hint, type = 'text', value, onValue }: TextOptionProps) {
  return (
    <label>
      <span class="option-name">{label}</span>
      <input
        type={type as 'text'}
        placeholder={hint}
        autocomplete="off"
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => onValue(currentTarget.value)}
      />
    </label>
  );
}

/** What differs from the usual, so that a closed form hides nothing. */
function Changed({ options }: { options: ReadingOptions }) {
  const changes = [
    options.textLayer === 'auto' ? '' : `own text: ${options.textLayer}`,
    options.pages && `pages ${options.pages}`,
    options.languages && `languages ${options.languages}`,
    options.password && 'password',
    options.wordBoxes ? '' : 'no words',
    options.tables ? '' : 'no tables',
    options.searchablePdf && 'searchable PDF',
  ].filter(Boolean);
  return changes.length === 0 ? null : <span class="changed">{changes.join(' · ')}</span>;
}
