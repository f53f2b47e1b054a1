/** Deletes a job, or cancels one that is under way, once that was confirmed. */
import { useSignal } from '@preact/signals';
import type { Job } from '../../schema/job.js';
import type { Problem } from '../../schema/problem.js';
import { announce } from '../announce.js';
import { asProblem } from '../api.js';
import { hasEnded } from '../documents.js';
import { Confirm } from './dialog.js';
import { Notice } from './notice.js';

export interface DeleteButtonProps {
  readonly name: string;
  readonly job: Job;
  readonly onDelete: () => Promise<void>;
}

export function DeleteButton({ name, job, onDelete }: DeleteButtonProps) {
  const isAsking = useSignal(false);
  const problem = useSignal<Problem | undefined>(undefined);
  const ended = hasEnded(job);
  const action = ended ? 'Delete' : 'Cancel';
  const answer = async (confirmed: boolean) => {
    isAsking.value = false;
    if (!confirmed) return;
    try {
      await onDelete();
      announce(`${name} was deleted.`);
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  return (
    <>
      <button
        type="button"
        class="quiet"
        aria-label={`${action} ${name}`}
        onClick={() => {
          isAsking.value = true;
        }}
      >
        {action}
      </button>
      {isAsking.value && (
        <Confirm
          title={`${action} ${name}?`}
          question={
            ended
              ? 'The server erases its results. They cannot be brought back, and what they cost stays paid.'
              : 'Pages that were not begun are not read and cost nothing. The server erases the file and its results.'
          }
          action={ended ? 'Delete it' : 'Cancel it'}
          onAnswer={(confirmed) => void answer(confirmed)}
        />
      )}
      {problem.value !== undefined && <Notice problem={problem.value} />}
    </>
  );
}
