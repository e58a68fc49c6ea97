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

/** Moves a queued job directly before or after another queued job. `list` shows both. */
export function moveBeside(job: Job, other: Job, side: Side, list: JobList): void {
  pending += 1;
  list.expect({ ...job, position: positionBeside(other, side, list) });
  moves = moves.then(() => send(job, { [side]: other.id }, list));
}

async function send(job: Job, target: { before?: string; after?: string }, list: JobList): Promise<void> {
  try {
    const { position, priority } = await client.jobs.move(job.id, target);
    const newPriority = priority === job.priority ? '' : `, with the priority ${priority}`;
    moveOutcome.value =
      position === undefined ? '' : `“${job.spec.name}” is number ${position} in the queue${newPriority}`;
  } catch (error) {
    list.revert(job);
    toastError(error);
  }
  settle(list);
}

/** Moves a queued job by one. Does nothing at the ends of the queue. */
export function moveByOne(job: Job, side: Side, list: JobList): void {
  const next = nextInQueue(job, side, list);
  if (next !== undefined) moveBeside(job, next, side, list);
}

/** Moves a queued job before all others. */
export async function moveToTop(job: Job, list: JobList): Promise<void> {
  const first = Math.min(...queued(list).map(({ position }) => position));
  pending += 1;
  if (job.position !== first) list.expect({ ...job, position: first - 1 });
  moves = moves.then(() => sendToTop(job, list));
  await moves;
}

async function sendToTop(job: Job, list: JobList): Promise<void> {
  try {
    list.put(await client.jobs.move(job.id, { to: 'top' }));
    toast(`“${job.spec.name}” is next in the queue`);
  } catch (error) {
    list.revert(job);
    toastError(error);
  }
  settle(list);
}

/** After the last move, the positions of the service replace the expected ones. */
function settle(list: JobList): void {
  pending -= 1;
  if (pending === 0) list.settle();
}

/** Returns a position between a job and its neighbour on one side. */
function positionBeside(other: Job, side: Side, list: JobList): number {
  const from = other.position ?? 1;
  const next = nextInQueue(other, side, list);
  return next === undefined ? from + signOf(side) : (from + next.position) / 2;
}

/** Returns the queued job of the list that comes directly before or after another one. */
function nextInQueue(job: Job, side: Side, list: JobList): QueuedJob | undefined {
  const distance = ({ position }: Job): number =>
    signOf(side) * ((position ?? Number.NaN) - (job.position ?? Number.NaN));
  const beyond = queued(list).filter((each) => distance(each) > 0);
  return beyond.sort((a, b) => distance(a) - distance(b))[0];
}

const signOf = (side: Side): 1 | -1 => (side === 'before' ? -1 : 1);

type QueuedJob = Job & Readonly<{ position: number }>;
const queued = (list: JobList): QueuedJob[] => (list.jobs.peek() ?? []).filter(isQueued);
export const isQueued = (job: Job): job is QueuedJob => job.status === 'queued' && job.position !== undefined;
