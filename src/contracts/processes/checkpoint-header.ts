/** Header of a checkpoint file: the job's position in its run, its events so far and its best epoch. */
import { type Static, Type } from 'typebox';
import { RunHistoryEvent } from '../jobs/frame.js';

/** Sums over the images that an epoch has processed so far. */
export const EpochTotals = Type.Object({
  loss: Type.Number({ description: 'Sum over the steps of mean loss × images in the step.' }),
  correct: Type.Number({ minimum: 0 }),
  images: Type.Integer({ minimum: 0 }),
  seconds: Type.Number({ minimum: 0, description: 'Seconds spent on the epoch.' }),
});
export type EpochTotals = Readonly<Static<typeof EpochTotals>>;

/** Position between two steps of a run. After the last epoch this is step 0 of epoch N + 1. */
export const RunPosition = Type.Object({
  epoch: Type.Integer({ minimum: 1 }),
  step: Type.Integer({ minimum: 0, description: 'Steps done in this epoch.' }),
  totals: EpochTotals,
  seconds: Type.Number({
    description:
      'Seconds spent on earlier epochs, evaluation included. Negative at first if the job continues an epoch of another job: minus the seconds that the other job spent on it, which `totals` includes.',
  }),
});
export type RunPosition = Readonly<Static<typeof RunPosition>>;

/** Complete epoch with the best score on the validation images, and the step count of its checkpoint. Of equal epochs, the first. */
export const BestEpoch = Type.Object({
  epoch: Type.Integer({ minimum: 1 }),
  steps: Type.Integer({ minimum: 1, description: 'Steps done in the whole run at the end of this epoch.' }),
  value: Type.Number({
    description: 'Score by the metric of early stopping. Without early stopping, the validation accuracy.',
  }),
});
export type BestEpoch = Readonly<Static<typeof BestEpoch>>;

export const CheckpointHeader = Type.Object({
  jobId: Type.String(),
  attempt: Type.Integer({ minimum: 1, description: 'Attempt that wrote the checkpoint.' }),
  steps: Type.Integer({ minimum: 0, description: 'Steps done in the whole run.' }),
  position: RunPosition,
  events: Type.Array(RunHistoryEvent, {
    description:
      'Every epoch and change so far and the latest steps, in order, with a gap event in place of the earlier steps. The next attempt adds the events that the frame stream lacks.',
  }),
  best: Type.Optional(BestEpoch),
});
export type CheckpointHeader = Readonly<Static<typeof CheckpointHeader>>;
