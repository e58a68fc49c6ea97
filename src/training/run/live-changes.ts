/** Live changes of a run: values that change between two steps while the job trains. */

import type { ChangeEvent } from '../../contracts/jobs/frame.js';
import type { JobSpec } from '../../contracts/jobs/job.js';
import type { AppliedChange, LiveChange, LiveValues } from '../../contracts/jobs/live-change.js';

/** The part of a spec that a live change can alter. */
type ChangeableSpec = Pick<JobSpec, 'epochs' | 'maxSeconds' | 'earlyStopping' | 'optimizer'>;

export type LiveChanges = ReturnType<typeof createLiveChanges>;

/** Returns the values that the spec sets, before any change. */
export const initialLiveValues = ({ epochs, maxSeconds, earlyStopping, optimizer }: ChangeableSpec): LiveValues => ({
  learningRate: optimizer.learningRate,
  epochs,
  patience: earlyStopping?.patience ?? null,
  maxSeconds,
});

/**
 * Tracks the live values of a run and the changes that wait to be applied.
 *
 * - `applied`: changes that the restored state already contains, in the order in which they took effect.
 * - `requested`: all known changes, in the order of their numbers. A change with a `step` waits for that step, and later changes
 *   do not wait for it.
 */
export function createLiveChanges(
  spec: ChangeableSpec,
  {
    requested = [],
    applied = [],
  }: Readonly<{ requested?: readonly LiveChange[]; applied?: readonly AppliedChange[] }> = {},
) {
  let values = applied.reduce((before, { to }) => withChange(before, to), initialLiveValues(spec));
  const known = new Set(applied.map(({ number }) => number));
  let waiting: LiveChange[] = [];

  function add(change: LiveChange): void {
    if (known.has(change.number)) return;
    known.add(change.number);
    waiting.push(change);
  }
  for (const change of requested) add(change);

  function apply({ number, to: { epochs, ...others } }: LiveChange, step: number, begunEpochs: number): ChangeEvent {
    const to = { ...others, ...(epochs !== undefined && { epochs: Math.max(epochs, begunEpochs) }) };
    const from = Object.fromEntries(Object.keys(to).map((name) => [name, values[name as keyof LiveValues]]));
    values = withChange(values, to);
    return { type: 'change', number, step, from, to } as ChangeEvent;
  }

  return {
    /** Returns the values in force. */
    current: (): LiveValues => values,

    /** Adds a change that arrived during the run. Ignores a number that is already known. */
    add,

    /**
     * Applies the changes that are due after `steps` steps of the run, in the order of their numbers, and returns their events.
     * `epochs` is raised to `begunEpochs` if it is smaller: an epoch that has begun is trained to its end.
     */
    applyDue(steps: number, begunEpochs: number): ChangeEvent[] {
      const isDue = ({ step = steps }: LiveChange): boolean => step <= steps;
      const due = waiting.filter(isDue);
      waiting = waiting.filter((change) => !isDue(change));
      return due.map((change) => apply(change, steps, begunEpochs));
    },
  };
}

const withChange = (
  values: LiveValues,
  { learningRate, epochs, patience, maxSeconds }: Partial<LiveValues>,
): LiveValues => ({
  learningRate: learningRate ?? values.learningRate,
  epochs: epochs ?? values.epochs,
  patience: patience ?? values.patience,
  maxSeconds: maxSeconds === undefined ? values.maxSeconds : maxSeconds,
});
