/** Makes a key, and shows it the one time that it can be seen. */
import { useSignal } from '@preact/signals';
import type { Plan } from '../../schema/plans.js';
import type { Problem } from '../../schema/problem.js';
import { admin, PLAN_NAMES, PLANS, type Role } from '../admin.js';
import { asProblem } from '../api.js';
import { Dialog } from './dialog.js';
import { Notice } from './notice.js';

export function NewKeyForm({ onCreated }: { onCreated: () => Promise<void> }) {
  const name = useSignal('');
  const role = useSignal<Role>('client');
  const plan = useSignal<Plan>('unlimited');
  const credits = useSignal('');
  const made = useSignal<string | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const create = async (event: Event) => {
    event.preventDefault();
    problem.value = undefined;
    try {
      const { key } = await admin.createKey({
        name: name.value.trim(),
        role: role.value,
        plan: plan.value,
        ...(credits.value === '' ? {} : { credits: Number(credits.value) }),
      });
      made.value = key;
      name.value = '';
      credits.value = '';
    } catch (error) {
      problem.value = asProblem(error);
    }
    await onCreated();
  };
  return (
    <form class="new-key" aria-label="New key" onSubmit={(event) => void create(event)}>
      <label>
        <span class="option-name">Name</span>
        <input
          required
          maxLength={100}
          placeholder="whose key it is"
          value={name.value}
          onInput={({ currentTarget }) => {
            name.value = currentTarget.value;
          }}
        />
      </label>
      <label>
        <span class="option-name">Role</span>
        <select
          value={role.value}
          onChange={({ currentTarget }) => {
            role.value = currentTarget.value as Role;
          }}
        >
          <option value="client">Client</option>
          <option value="admin">Administrator</option>
        </select>
      </label>
      <label>
        <span class="option-name">Plan</span>
        <select
          value={plan.value}
          onChange={({ currentTarget }) => {
            plan.value = currentTarget.value as Plan;
          }}
        >
          {PLAN_NAMES.map((option) => (
            <option key={option} value={option}>
              {PLANS[option]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="option-name">Credits</span>
        <input
          type="number"
          min={0}
          step={1}
          placeholder="no end"
          value={credits.value}
          onInput={({ currentTarget }) => {
            credits.value = currentTarget.value;
          }}
        />
      </label>
      <button type="submit">Make a key</button>
      {problem.value !== undefined && <Notice problem={problem.value} />}
      {made.value !== undefined && (
        <Dialog
          title="The new key"
          onClose={() => {
            made.value = undefined;
          }}
        >
          <p>Copy it now: the server keeps no more than its fingerprint, and it is shown this once.</p>
          <output class="secret">{made.value}</output>
          <div class="dialog-actions">
            <button
              type="button"
              class="primary"
              onClick={() => {
                made.value = undefined;
              }}
            >
              I have it
            </button>
          </div>
        </Dialog>
      )}
    </form>
  );
}
