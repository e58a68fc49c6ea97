/** Actions on a job: pause, resume, change, cancel, clone, delete. */
import { useState } from 'preact/hooks';
import type { Job } from 'trainyard';
import { Button, ButtonLink } from '../../components/button.js';
import { confirmDelete } from '../../components/confirm-delete.js';
import { toast, toastError } from '../../components/toast.js';
import { forget } from '../../data/resource.js';
import { client, connection } from '../../data/service.js';
import { useCommands } from '../../keyboard/shortcuts.js';
import { navigate } from '../../router/router.js';
import { to } from '../../router/routes.js';
import { CancelDialog } from './cancel-dialog.js';
import { ChangeDialog } from './change-dialog.js';

type Props = Readonly<{ job: Job; refresh: () => Promise<void> }>;

export const hasEnded = ({ status }: Job): boolean => ['succeeded', 'failed', 'cancelled'].includes(status);

export function JobActions({ job, refresh }: Props) {
  const [open, setOpen] = useState<'change' | 'cancel' | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const isOpen = !hasEnded(job);
  const isAway = connection.value === 'away';
  const canPause = (job.status === 'running' || job.status === 'queued') && !isStopping(job);
  const run = async (action: () => Promise<Job>, done: string): Promise<void> => {
    setBusy(true);
    try {
      await action();
      toast(done);
    } catch (error) {
      toastError(error);
    }
    forget('jobs');
    await refresh();
    setBusy(false);
  };
  const pause = (): void => void run(() => client.jobs.pause(job.id), pauseText(job));
  const resume = (): void => void run(() => client.jobs.resume(job.id), 'The job is in the queue again.');
  useCommands(
    () => [
      ...(canPause ? [{ id: 'job-pause', title: 'Pause this job', group: 'Job', keys: 'p', run: pause }] : []),
      ...(job.status === 'paused'
        ? [{ id: 'job-resume', title: 'Resume this job', group: 'Job', keys: 'p', run: resume }]
        : []),
      ...(isOpen
        ? [
            { id: 'job-change', title: 'Change this job', group: 'Job', keys: 'e', run: () => setOpen('change') },
            { id: 'job-cancel', title: 'Cancel this job', group: 'Job', keys: 'x', run: () => setOpen('cancel') },
          ]
        : []),
    ],
    [job.id, job.status, canPause],
  );
  return (
    <>
      {canPause && (
        <Button icon="pause" busy={isBusy} disabled={isBusy || isAway} onClick={pause}>
          Pause
        </Button>
      )}
      {job.status === 'paused' && (
        <Button kind="primary" icon="play" busy={isBusy} disabled={isBusy || isAway} onClick={resume}>
          Resume
        </Button>
      )}
      {isOpen && (
        <>
          <Button icon="edit" disabled={isAway} onClick={() => setOpen('change')}>
            Change…
          </Button>
          <Button icon="stop" disabled={isAway} onClick={() => setOpen('cancel')}>
            Cancel…
          </Button>
        </>
      )}
      <ButtonLink icon="copy" to={to('newJob', { copy: `job:${job.id}` })}>
        Clone
      </ButtonLink>
      {!isOpen && (
        <Button icon="trash" disabled={isAway} onClick={() => void deleteJob(job)}>
          Delete…
        </Button>
      )}
      {open === 'change' && <ChangeDialog job={job} onClose={() => setOpen(undefined)} refresh={refresh} />}
      {open === 'cancel' && <CancelDialog job={job} onClose={() => setOpen(undefined)} refresh={refresh} />}
    </>
  );
}

/** Asks, then deletes a job that has ended, and shows the list. */
async function deleteJob({ id, spec }: Job): Promise<void> {
  const isDeleted = await confirmDelete({
    title: `Delete the job “${spec.name}”?`,
    text: 'Its curves, checkpoints and TensorBoard files are deleted. Its model stays.',
    action: 'Delete the job',
    remove: () => client.jobs.delete(id),
    done: `Deleted the job “${spec.name}”`,
  });
  if (!isDeleted) return;
  forget('jobs');
  navigate(to('jobs'));
}

/** Returns whether a pause or cancel is under way. */
export const isStopping = (job: Job): boolean =>
  !hasEnded(job) &&
  (job.cancelRequestedAt !== undefined || (job.status === 'running' && job.pauseRequestedAt !== undefined));

const pauseText = ({ status }: Job): string =>
  status === 'running' ? 'The job pauses at its next step.' : 'The job is paused.';
