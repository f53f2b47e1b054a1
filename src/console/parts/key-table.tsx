/** All keys with their plans and credits, and what can be done with each. */
import { useSignal } from '@preact/signals';
import type { Plan } from '../../schema/plans.js';
import type { Problem } from '../../schema/problem.js';
import { admin, type KeyEntry, PLAN_NAMES, PLANS } from '../admin.js';
import { asProblem } from '../api.js';
import { formatNumber, formatTime } from '../format.js';
import { Confirm, Dialog } from './dialog.js';
import { Notice } from './notice.js';

export interface KeyTableProps {
  readonly keys: readonly KeyEntry[];
  readonly onChange: () => Promise<void>;
}

export function KeyTable({ keys, onChange }: KeyTableProps) {
  const problem = useSignal<Problem | undefined>(undefined);
  const change = async (action: () => Promise<unknown>) => {
    problem.value = undefined;
    try {
      await action();
    } catch (error) {
      problem.value = asProblem(error);
    }
    await onChange();
  };
  return (
    <>
      {problem.value !== undefined && <Notice problem={problem.value} />}
      <div class="wide-table">
        <table>
          <thead>
            <tr>
              <th>Name</th>
              <th>Plan</th>
              <th class="number">Credits left</th>
              <th class="number">Used</th>
              <th>Made</th>
              <th>
                <span class="unseen">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {keys.map((key) => (
              <KeyRow key={key.id} entry={key} onAction={change} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface KeyRowProps {
  readonly entry: KeyEntry;
  readonly onAction: (action: () => Promise<unknown>) => Promise<void>;
}

function KeyRow({ entry, onAction }: KeyRowProps) {
  const asking = useSignal<'credits' | 'revoke' | undefined>(undefined);
  const { id, name, role, plan, metered, credits, created_at, revoked_at } = entry;
  const isRevoked = revoked_at !== null;
  const done = () => {
    asking.value = undefined;
  };
  return (
    <tr class={isRevoked ? 'is-over' : undefined}>
      <td>
        {name} {role === 'admin' && <span class="hint">administrator</span>}
        <br />
        <code class="hint">{id}</code>
      </td>
      <td>
        {isRevoked ? (
          plan
        ) : (
          <select
            aria-label={`Plan of ${name}`}
            value={plan}
            onChange={({ currentTarget }) => void onAction(() => admin.setPlan(id, currentTarget.value as Plan))}
          >
            {PLAN_NAMES.map((option) => (
              <option key={option} value={option}>
                {PLANS[option]}
              </option>
            ))}
          </select>
        )}
      </td>
      <td class="number">{metered ? formatNumber(credits.available) : <span class="hint">not counted down</span>}</td>
      <td class="number">{formatNumber(credits.used)}</td>
      <td>
        <time>{formatTime(created_at)}</time>
      </td>
      <td class="actions">
        {isRevoked ? (
          <span class="hint">revoked {formatTime(revoked_at)}</span>
        ) : (
          <>
            <button
              type="button"
              class="quiet"
              aria-label={`Add credits to ${name}`}
              onClick={() => {
                asking.value = 'credits';
              }}
            >
              Add credits
            </button>
            <button
              type="button"
              class="quiet"
              aria-label={`Revoke ${name}`}
              onClick={() => {
                asking.value = 'revoke';
              }}
            >
              Revoke
            </button>
          </>
        )}
        {asking.value === 'revoke' && (
          <Confirm
            title={`Revoke ${name}?`}
            question="Whoever calls with this key is refused from now on. It cannot be made valid again."
            action="Revoke it"
            onAnswer={(confirmed) => {
              done();
              if (confirmed) void onAction(() => admin.revoke(id));
            }}
          />
        )}
        {asking.value === 'credits' && (
          <CreditsDialog
            entry={entry}
            onClose={done}
            onCredits={(amount) => {
              done();
              void onAction(() => admin.addCredits(id, amount));
            }}
          />
        )}
      </td>
    </tr>
  );
}

interface CreditsDialogProps {
  readonly entry: KeyEntry;
  readonly onClose: () => void;
  readonly onCredits: (amount: number) => void;
}

function CreditsDialog({ entry: { name, metered }, onClose, onCredits }: CreditsDialogProps) {
  const amount = useSignal('');
  return (
    <Dialog title={`Add credits to ${name}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (/^[1-9]\d*$/.test(amount.value)) onCredits(Number(amount.value));
        }}
      >
        <label>
          <span class="option-name">Credits</span>
          <input
            type="number"
            min={1}
            step={1}
            required
            autofocus
            value={amount.value}
            onInput={({ currentTarget }) => {
              amount.value = currentTarget.value;
            }}
          />
        </label>
        {!metered && (
          <p class="hint">
            This key’s credits never run out so far. From then on it reads no more than what it is given.
          </p>
        )}
        <div class="dialog-actions">
          <button type="button" onClick={onClose}>
            Leave it
          </button>
          <button type="submit" class="primary">
            Add
          </button>
        </div>
      </form>
    </Dialog>
  );
}
