/** The frame: who is signed in, where one is, and what is shown there. */
import { useEffect } from 'preact/hooks';
import { account, refreshAccount } from './account.js';
import { announcement } from './announce.js';
import { forgetDocuments } from './documents.js';
import { useIntake } from './intake.js';
import { ShortcutHelp } from './parts/shortcut-help.js';
import { route } from './route.js';
import { isSignedIn, signOut } from './session.js';
import { helpIsOpen } from './shortcuts.js';
import { THEMES, type Theme, theme } from './theme.js';
import { AdminView } from './views/admin-view.js';
import { DocumentView } from './views/document-view.js';
import { DocumentsView } from './views/documents-view.js';
import { SignInView } from './views/sign-in-view.js';
import { UsageView } from './views/usage-view.js';

export function Console() {
  useIntake(() => {
    location.hash = '#/';
  });
  useEffect(() => {
    if (!isSignedIn.value) {
      forgetDocuments();
      account.value = undefined;
    } else if (account.value === undefined) void refreshAccount();
  }, [isSignedIn.value]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <Header />
      <main id="main" tabIndex={-1}>
        {isSignedIn.value ? <CurrentView /> : <SignInView />}
      </main>
      <ShortcutHelp />
      <p class="unseen" role="status" aria-live="polite">
        {announcement.value}
      </p>
    </>
  );
}

function CurrentView() {
  const current = route.value;
  switch (current.view) {
    case 'documents':
      return <DocumentsView />;
    case 'document':
      return <DocumentView key={current.jobId} jobId={current.jobId} />;
    case 'admin':
      return <AdminView />;
    case 'usage':
      return <UsageView />;
  }
}

function Header() {
  return (
    <header class="frame">
      <a class="wordmark" href="#/" aria-label="OCR Omega, all documents">
        <Mark />
        <span>OCR Omega</span>
      </a>
      {isSignedIn.value && (
        <nav aria-label="Console">
          <NavLink view="documents" href="#/" label="Documents" />
          <NavLink view="usage" href="#/usage" label="Usage" />
          {account.value?.role === 'admin' && <NavLink view="admin" href="#/admin" label="Admin" />}
        </nav>
      )}
      <div class="frame-tools">
        <a class="quiet wide-only" href="docs/" target="_blank" rel="noreferrer">
          API
        </a>
        <button
          type="button"
          class="quiet wide-only"
          onClick={() => {
            helpIsOpen.value = true;
          }}
        >
          Keyboard<kbd>?</kbd>
        </button>
        <ThemeSwitch />
        {isSignedIn.value && (
          <button type="button" class="quiet" onClick={() => signOut()}>
            Sign out
          </button>
        )}
      </div>
    </header>
  );
}

function NavLink({ view, href, label }: { view: string; href: string; label: string }) {
  const current = route.value.view === view || (view === 'documents' && route.value.view === 'document');
  return (
    <a href={href} aria-current={current ? 'page' : undefined}>
      {label}
    </a>
  );
}

const THEME_NAMES: Record<Theme, string> = { system: 'as the system has it', light: 'light', dark: 'dark' };

function ThemeSwitch() {
  const name = `Colours: ${THEME_NAMES[theme.value]}`;
  return (
    <button
      type="button"
      class="quiet"
      aria-label={name}
      title={name}
      onClick={() => {
        theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system';
      }}
    >
      <svg class={`theme-icon is-${theme.value}`} viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="7" />
        <path d="M10 3a7 7 0 0 1 0 14z" />
      </svg>
    </button>
  );
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <path d="M8.5 24h5v-2.6a8 8 0 1 1 5 0V24h5" />
    </svg>
  );
}
