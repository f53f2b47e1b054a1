/** Asks for the key, and tries it. */
import { useSignal } from '@preact/signals';
import type { Problem } from '../../schema/problem.js';
import { account } from '../account.js';
import { api, asProblem } from '../api.js';
import { Notice } from '../parts/notice.js';
import { signedOutBecause, signIn } from '../session.js';

export function SignInView() {
  const key = useSignal('');
  const problem = useSignal<Problem | undefined>(signedOutBecause.value);
  const isTrying = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    const candidate = key.value.trim();
    if (candidate === '') return;
    isTrying.value = true;
    try {
      account.value = await api.usage(candidate);
      signIn(candidate);
    } catch (error) {
      problem.value = asProblem(error);
    } finally {
      isTrying.value = false;
    }
  };
  return (
    <section class="sign-in">
      <h1>Documents in, text out.</h1>
      <p class="lead">
        PDFs, scans and photos become Markdown, text and tables, on your own machine. Nothing is sent anywhere else.
      </p>
      <form onSubmit={submit}>
        <label for="key">API key</label>
        <div class="joined">
          <input
            id="key"
            type="password"
            autocomplete="off"
            spellcheck={false}
            placeholder="sk_live_…"
            aria-describedby="key-hint"
            value={key.value}
            onInput={({ currentTarget }) => {
              key.value = currentTarget.value;
            }}
          />
          <button type="submit" class="primary" disabled={isTrying.value}>
            Open
          </button>
        </div>
        {problem.value !== undefined && <Notice problem={problem.value} />}
        <p id="key-hint" class="hint">
          The first start printed one; <code>omega keys create</code> makes more. It stays in this tab until you close
          it.
        </p>
      </form>
    </section>
  );
}
