/** What of a run can change while it runs, and when a change takes effect: between two steps, in the order of the numbers. */
import type { AppliedChange, AskedChange, Tuning } from '../contracts/change.js';
import type { ChangeEvent } from '../contracts/event.js';
import type { JobSpec } from '../contracts/job.js';

type TunedSpec = Pick<JobSpec, 'epochs' | 'maxSeconds' | 'earlyStopping' | 'optimizer'>;

export type TuningSource = ReturnType<typeof createTuning>;

/** What the spec says, before any change. */
export const initialTuning = ({ epochs, maxSeconds, earlyStopping, optimizer }: TunedSpec): Tuning => ({
  learningRate: optimizer.learningRate,
  epochs,
  patience: earlyStopping?.patience ?? null,
  maxSeconds,
});

/**
 * The values in force. `applied`: what the state that the run goes on from has behind it already. `asked`: every change that is
 * known; one with a step took effect there in an attempt before, and does so again.
 */
export function createTuning(
  spec: TunedSpec,
  { asked = [], applied = [] }: Readonly<{ asked?: readonly AskedChange[]; applied?: readonly AppliedChange[] }> = {},
) {
  let now = applied.reduce((values, { to }) => withChange(values, to), initialTuning(spec));
  let last = applied.at(-1)?.number ?? 0;
  const waiting: AskedChange[] = [];

  function add(change: AskedChange): void {
    if (change.number <= (waiting.at(-1)?.number ?? last)) return;
    waiting.push(change);
  }
  for (const change of asked) add(change);

  return {
    now: (): Tuning => now,

    /** A change that has come meanwhile. One that is known already is passed over. */
    add,

    /**
     * The changes that take effect when `steps` steps of the run are done and `begun` epochs have begun: no epoch that has
     * begun is taken back.
     */
    take(steps: number, begun: number): ChangeEvent[] {
      const taken: ChangeEvent[] = [];
      for (let next = waiting[0]; next !== undefined && (next.step ?? steps) <= steps; next = waiting[0]) {
        waiting.shift();
        last = next.number;
        const { epochs, ...others } = next.to;
        const to = { ...others, ...(epochs !== undefined && { epochs: Math.max(epochs, begun) }) };
        const from = Object.fromEntries(Object.keys(to).map((name) => [name, now[name as keyof Tuning]]));
        now = withChange(now, to);
        taken.push({ type: 'change', number: next.number, step: steps, from, to } as ChangeEvent);
      }
      return taken;
    },
  };
}

const withChange = (values: Tuning, { learningRate, epochs, patience, maxSeconds }: Partial<Tuning>): Tuning => ({
  learningRate: learningRate ?? values.learningRate,
  epochs: epochs ?? values.epochs,
  patience: patience ?? values.patience,
  maxSeconds: maxSeconds === undefined ? values.maxSeconds : maxSeconds,
});
