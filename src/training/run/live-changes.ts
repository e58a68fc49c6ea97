/** What of a run can change while it runs, and when a change takes effect: between two steps, in the order of the numbers. */

import type { ChangeEvent } from '../../contracts/jobs/frame.js';
import type { JobSpec } from '../../contracts/jobs/job.js';
import type { AppliedChange, LiveChange, LiveValues } from '../../contracts/jobs/live-change.js';

type TunedSpec = Pick<JobSpec, 'epochs' | 'maxSeconds' | 'earlyStopping' | 'optimizer'>;

export type TuningSource = ReturnType<typeof createTuning>;

/** What the spec says, before any change. */
export const initialTuning = ({ epochs, maxSeconds, earlyStopping, optimizer }: TunedSpec): LiveValues => ({
  learningRate: optimizer.learningRate,
  epochs,
  patience: earlyStopping?.patience ?? null,
  maxSeconds,
});

/**
 * The values in force. `applied`: what the state that the run goes on from has behind it already, in the order in which it took
 * effect. `asked`: every change that is known, by number; one with a step waits for it, and holds up none that comes after it.
 */
export function createTuning(
  spec: TunedSpec,
  { asked = [], applied = [] }: Readonly<{ asked?: readonly LiveChange[]; applied?: readonly AppliedChange[] }> = {},
) {
  let now = applied.reduce((values, { to }) => withChange(values, to), initialTuning(spec));
  const known = new Set(applied.map(({ number }) => number));
  let waiting: LiveChange[] = [];

  function add(change: LiveChange): void {
    if (known.has(change.number)) return;
    known.add(change.number);
    waiting.push(change);
  }
  for (const change of asked) add(change);

  return {
    now: (): LiveValues => now,

    /** A change that has come meanwhile. One that is known already is passed over. */
    add,

    /**
     * The changes that take effect when `steps` steps of the run are done and `begun` epochs have begun: no epoch that has
     * begun is taken back.
     */
    take(steps: number, begun: number): ChangeEvent[] {
      const isDue = ({ step = steps }: LiveChange): boolean => step <= steps;
      const due = waiting.filter(isDue);
      waiting = waiting.filter((change) => !isDue(change));
      return due.map(({ number, to: { epochs, ...others } }) => {
        const to = { ...others, ...(epochs !== undefined && { epochs: Math.max(epochs, begun) }) };
        const from = Object.fromEntries(Object.keys(to).map((name) => [name, now[name as keyof LiveValues]]));
        now = withChange(now, to);
        return { type: 'change', number, step: steps, from, to } as ChangeEvent;
      });
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
