/** Light or dark: as the system says, unless someone chose. */
import { effect, signal } from '@preact/signals';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const STORED_THEME = 'omega.theme';

export const theme = signal<Theme>(THEMES.find((name) => name === localStorage.getItem(STORED_THEME)) ?? 'system');

effect(() => {
  localStorage.setItem(STORED_THEME, theme.value);
  document.documentElement.dataset.theme = theme.value;
});
