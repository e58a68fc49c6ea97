/** What a checkpoint says beside its numbers: where in its run a job was, and what it had told. */
import { type Static, Type } from 'typebox';
import { RunHistoryEvent } from '../jobs/frame.js';

/** Sums over the images that an epoch has seen so far. */
export const EpochTotals = Type.Object({
  loss: Type.Number({ description: 'Sum of the losses, each times the images of its step.' }),
  correct: Type.Number({ minimum: 0 }),
  images: Type.Integer({ minimum: 0 }),
  seconds: Type.Number({ minimum: 0, description: 'Time spent on the epoch.' }),
});
export type EpochTotals = Readonly<Static<typeof EpochTotals>>;

/** A place between two steps of a run. After the last epoch it is step 0 of one that there is not. */
export const Position = Type.Object({
  epoch: Type.Integer({ minimum: 1 }),
  step: Type.Integer({ minimum: 0, description: 'Steps done in this epoch.' }),
  totals: EpochTotals,
  seconds: Type.Number({
    description:
      'Time spent on the epochs before, evaluation included, less that which another job has spent on this one, of which the run continues.',
  }),
});
export type Position = Readonly<Static<typeof Position>>;

/** The whole epoch that did best by the images set aside, the first of several, and where its checkpoint is. */
export const BestEpoch = Type.Object({
  epoch: Type.Integer({ minimum: 1 }),
  steps: Type.Integer({ minimum: 1, description: 'Steps of the run at its end.' }),
  value: Type.Number({ description: 'The score that early stopping watches; without it, the validation accuracy.' }),
});
export type BestEpoch = Readonly<Static<typeof BestEpoch>>;

export const CheckpointHeader = Type.Object({
  jobId: Type.String(),
  attempt: Type.Integer({ minimum: 1, description: 'The one that wrote it.' }),
  steps: Type.Integer({ minimum: 0, description: 'Steps done in the whole run.' }),
  position: Position,
  events: Type.Array(RunHistoryEvent, {
    description:
      'In order: every epoch and change so far, and the last steps, with a gap for the steps before. Whatever of it the stream lacks is written there.',
  }),
  best: Type.Optional(BestEpoch),
});
export type CheckpointHeader = Readonly<Static<typeof CheckpointHeader>>;
