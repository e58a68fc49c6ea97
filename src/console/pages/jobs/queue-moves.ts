/** Moves of jobs in the queue. A row moves at once, and goes back if the service refuses. */
import { signal } from '@preact/signals';
import type { Job } from 'trainyard';
import type { Side } from '../../components/reorder.js';
import { toast, toastError } from '../../components/toast.js';
import type { JobList } from '../../data/job-list.js';
import { client } from '../../data/service.js';

/** Outcome of the latest move, for screen readers. */
export const moveOutcome = signal('');

/** The moves so far: each is sent after the one before, in the order of the reader. */
let moves: Promise<void> = Promise.resolve();

let pending = 0;

/** Moves a queued job directly before or after another queued job. */
export function moveBeside(job: Job, other: Job, side: Side, list: JobList): void {
  const position = (other.position ?? 1) + (side === 'before' ? -0.5 : 0.5);
  pending += 1;
  list.expect({ ...job, position });
  moves = moves.then(() => send(job, { [side]: other.id }, list));
}

async function send(job: Job, target: { before?: string; after?: string }, list: JobList): Promise<void> {
  try {
    const { position, priority } = await client.jobs.move(job.id, target);
    const newPriority = priority === job.priority ? '' : `, with the priority ${priority}`;
    moveOutcome.value =
      position === undefined ? '' : `“${job.spec.name}” is number ${position} in the queue${newPriority}`;
  } catch (error) {
    list.expect(job);
    toastError(error);
  }
  pending -= 1;
  if (pending === 0) list.settle();
}

/** Moves a queued job by one. `jobs`: the jobs of the list. Does nothing at the ends of the queue. */
export function moveByOne(job: Job, side: Side, jobs: readonly Job[], list: JobList): void {
  const sign = side === 'before' ? -1 : 1;
  const distance = ({ position }: Job): number => sign * ((position ?? Number.NaN) - (job.position ?? Number.NaN));
  const beyond = jobs.filter((each) => isQueued(each) && distance(each) > 0);
  const [next] = beyond.sort((a, b) => distance(a) - distance(b));
  if (next !== undefined) moveBeside(job, next, side, list);
}

/** Moves a queued job before all others. */
export async function moveToTop(job: Job, list: JobList): Promise<void> {
  try {
    list.put(await client.jobs.move(job.id, { to: 'top' }));
    toast(`“${job.spec.name}” is next in the queue`);
  } catch (error) {
    toastError(error);
  }
  list.settle();
}

export const isQueued = ({ status, position }: Job): boolean => status === 'queued' && position !== undefined;
