/** Single-key shortcuts. They can be turned off, as those who speak to their computer need (WCAG 2.1.4). */
import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

const STORED = 'omega.shortcuts';

export const shortcutsAreOn = signal(localStorage.getItem(STORED) !== 'off');
export const helpIsOpen = signal(false);

effect(() => localStorage.setItem(STORED, shortcutsAreOn.value ? 'on' : 'off'));

/** By `KeyboardEvent.key`. */
export type Shortcuts = Readonly<Record<string, () => void>>;

export function useShortcuts(shortcuts: Shortcuts): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const action = shortcuts[event.key];
      if (action === undefined || !shortcutsAreOn.value || isTaken(event)) return;
      event.preventDefault();
      action();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
}

/** The key means something where it was pressed. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  const target = event.target instanceof HTMLElement ? event.target : undefined;
  if (target?.closest('dialog') !== null && target !== undefined) return true;
  return target !== undefined && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

export const SHORTCUT_HELP: readonly (readonly [keys: string, meaning: string])[] = [
  ['← →', 'page before, page after'],
  ['/', 'search the document'],
  ['Enter', 'in the search: next hit; with Shift, the one before'],
  ['d', 'next doubtful word'],
  ['b l w', 'show blocks, lines, words on the page'],
  ['t m j', 'text, Markdown, JSON'],
  ['+ − 0', 'zoom in, out, to fit'],
  ['↑ ↓', 'in the text: line before, line after, shown on the page'],
  ['?', 'this list'],
  ['Esc', 'close'],
];
