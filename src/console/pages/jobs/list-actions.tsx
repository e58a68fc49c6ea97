/** Actions on jobs: pause, resume, cancel, delete, move to the top of the queue. */
import type { Job } from 'trainyard';
import { confirm } from '../../components/dialog.js';
import { plural } from '../../components/format.js';
import { toast, toastError } from '../../components/toast.js';
import { client, sentenceOf } from '../../data/service.js';

/** Requests at the same time. */
const AT_ONCE = 4;

export const hasEnded = ({ status }: Job): boolean => ['succeeded', 'failed', 'cancelled'].includes(status);
export const canPause = (job: Job): boolean => ['queued', 'running'].includes(job.status) && !job.pauseRequestedAt;
export const canCancel = (job: Job): boolean => !hasEnded(job) && !job.cancelRequestedAt;

/** Runs a request for each job, a few at a time. Says how many it did, and why one failed. */
export async function forEachJob(
  jobs: readonly Job[],
  done: string,
  request: (job: Job) => Promise<unknown>,
): Promise<void> {
  const waiting = [...jobs];
  const failures: unknown[] = [];
  let count = 0;
  const work = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      try {
        await request(job);
        count += 1;
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (count > 0) toast(`${plural(count, 'job')} ${done}`);
  if (failures.length > 0)
    toastError(
      failures.length === 1 ? failures[0] : new Error(`${plural(failures.length, 'job')}: ${sentenceOf(failures[0])}`),
    );
}

export const pauseJobs = (jobs: readonly Job[], put: (job: Job) => void): Promise<void> =>
  forEachJob(jobs.filter(canPause), 'paused', async ({ id }) => put(await client.jobs.pause(id)));

export const resumeJobs = (jobs: readonly Job[], put: (job: Job) => void): Promise<void> =>
  forEachJob(
    jobs.filter(({ status }) => status === 'paused'),
    'queued again',
    async ({ id }) => put(await client.jobs.resume(id)),
  );

export async function cancelJobs(jobs: readonly Job[], put: (job: Job) => void): Promise<void> {
  const open = jobs.filter(canCancel);
  const what = open.length === 1 ? `the job “${open[0]?.spec.name}”` : plural(open.length, 'job');
  const isSure = await confirm({
    title: `Cancel ${what}?`,
    text: 'Their weights so far are discarded. To keep the best weights as a model, cancel on the page of the job.',
    action: open.length === 1 ? 'Cancel the job' : `Cancel ${plural(open.length, 'job')}`,
    isDanger: true,
  });
  if (isSure) await forEachJob(open, 'cancelled', async ({ id }) => put(await client.jobs.cancel(id)));
}

export async function deleteJobs(jobs: readonly Job[], forget: (id: string) => void): Promise<void> {
  const ended = jobs.filter(hasEnded);
  const what = ended.length === 1 ? `the job “${ended[0]?.spec.name}”` : plural(ended.length, 'job');
  const isSure = await confirm({
    title: `Delete ${what}?`,
    text: 'Curves, checkpoints and TensorBoard files are deleted. Models stay.',
    action: `Delete ${plural(ended.length, 'job')}`,
    isDanger: true,
  });
  if (!isSure) return;
  await forEachJob(ended, 'deleted', async ({ id }) => {
    await client.jobs.delete(id);
    forget(id);
  });
}
