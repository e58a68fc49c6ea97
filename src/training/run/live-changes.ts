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
  let rateChange = applied.findLast(({ to }) => to.learningRate !== undefined);
  const known = new Set(applied.map(({ number }) => number));
  let waiting: LiveChange[] = [];

  function add(change: LiveChange): void {
    if (known.has(change.number)) return;
    known.add(change.number);
    waiting.push(change);
  }
  for (const change of requested) add(change);

  /** Returns the learning rate in force in a phase: that of the last change since the phase began, or the phase's own. */
  const learningRateIn = ({ firstStep, learningRate }: ChangeablePhase): number =>
    rateChange !== undefined && rateChange.step >= firstStep
      ? (rateChange.to.learningRate ?? learningRate)
      : learningRate;

  function apply({ number, to: { epochs, ...others } }: LiveChange, at: DuePosition): ChangeEvent {
    const { step, begunEpochs, phase } = at;
    const to = { ...others, ...(epochs !== undefined && { epochs: Math.max(epochs, begunEpochs) }) };
    const before = { ...values, learningRate: learningRateIn(phase) };
    const from = Object.fromEntries(Object.keys(to).map((name) => [name, before[name as keyof LiveValues]]));
    values = withChange(values, to);
    const change = { number, step, from, to } as AppliedChange;
    if (to.learningRate !== undefined) rateChange = change;
    return { type: 'change', ...change };
  }

  return {
    /** Returns the values in force. */
    current: (): LiveValues => values,

    learningRateIn,

    /** Adds a change that arrived during the run. Ignores a number that is already known. */
    add,

    /**
     * Applies the changes that are due after `step` steps of the run, in the order of their numbers, and returns their events.
     * `epochs` is raised to `begunEpochs` if it is smaller: an epoch that has begun is trained to its end.
     */
    applyDue(
      step: number,
      begunEpochs: number,
      phase = { firstStep: 0, learningRate: values.learningRate },
    ): ChangeEvent[] {
      const isDue = ({ step: due = step }: LiveChange): boolean => due <= step;
      const due = waiting.filter(isDue);
      waiting = waiting.filter((change) => !isDue(change));
      return due.map((change) => apply(change, { step, begunEpochs, phase }));
    },
  };
}

/** The current phase: the steps of the run before it, and its learning rate unless a change has set another since. */
type ChangeablePhase = Readonly<{ firstStep: number; learningRate: number }>;

/** Steps of the run that are done, epochs that have begun, and the current phase. */
type DuePosition = Readonly<{ step: number; begunEpochs: number; phase: ChangeablePhase }>;

const withChange = (
  values: LiveValues,
  { learningRate, epochs, patience, maxSeconds }: Partial<LiveValues>,
): LiveValues => ({
  learningRate: learningRate ?? values.learningRate,
  epochs: epochs ?? values.epochs,
  patience: patience === undefined ? values.patience : patience,
  maxSeconds: maxSeconds === undefined ? values.maxSeconds : maxSeconds,
});
