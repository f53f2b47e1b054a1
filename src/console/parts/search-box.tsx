/** Searches the document that is open. */
import type { Signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { formatNumber } from '../format.js';
import { useShortcuts } from '../shortcuts.js';

export interface SearchBoxProps {
  readonly query: Signal<string>;
  readonly count: number;
  /** Of the hit that is shown. */
  readonly index: number;
  readonly onGo: (index: number) => void;
}

export function SearchBox({ query, count, index, onGo }: SearchBoxProps) {
  const input = useRef<HTMLInputElement>(null);
  useShortcuts({ '/': () => input.current?.select() });
  const isAsked = query.value.trim() !== '';
  return (
    <search class="search">
      <input
        ref={input}
        type="search"
        placeholder="Search"
        aria-label="Search the document"
        value={query.value}
        onInput={({ currentTarget }) => {
          query.value = currentTarget.value;
          onGo(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onGo(index + (event.shiftKey ? -1 : 1));
          else if (event.key === 'Escape') {
            query.value = '';
            event.currentTarget.blur();
          }
        }}
      />
      {isAsked && (
        <>
          <span class="hint" role="status">
            {count === 0 ? 'none' : `${formatNumber(index + 1)} of ${formatNumber(count)}`}
          </span>
          <button type="button" aria-label="Hit before" disabled={count === 0} onClick={() => onGo(index - 1)}>
            ‹
          </button>
          <button type="button" aria-label="Next hit" disabled={count === 0} onClick={() => onGo(index + 1)}>
            ›
          </button>
        </>
      )}
    </search>
  );
}
