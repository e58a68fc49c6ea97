/** Live changes of a job that has not ended: the body of `PATCH /jobs/{id}`, and the record of each change. */
import { type Static, Type } from 'typebox';
import { Epochs, LearningRate, MaxSeconds, Patience } from '../training/training-options.js';
import { JobTexts } from './job-texts.js';

const closed = { additionalProperties: false };

/** Maximum number of changes of one job. The job's record contains all of them. */
export const MAX_CHANGES = 1_000;

export const DEFAULT_PRIORITY = 0;

/** Order of the queued jobs. */
export const Priority = Type.Integer({
  title: 'Priority',
  minimum: -100,
  maximum: 100,
  description:
    'Queued jobs of a higher priority start first. Jobs of the same priority start in the order of submission.',
  examples: [10],
});

/** Options that can change during a run. */
const liveFields = { learningRate: LearningRate, epochs: Epochs, patience: Patience, maxSeconds: MaxSeconds };

/** Values of the changeable options that are in force at a step. `patience` is null if nothing stops the run early. */
export type LiveValues = Readonly<{
  learningRate: number;
  epochs: number;
  patience: number | null;
  maxSeconds: number | null;
}>;

/** Body of `PATCH /jobs/{id}`. */
export const JobChange = Type.Partial(Type.Object({ priority: Priority, ...liveFields, ...JobTexts }), {
  ...closed,
  minProperties: 1,
});
export type JobChange = Readonly<Static<typeof JobChange>>;
/** The part of a change that concerns the queue and the run. */
export type RunChange = Omit<JobChange, keyof typeof JobTexts>;

const values = Type.Partial(Type.Object({ priority: Priority, ...liveFields }), closed);
const liveValues = Type.Partial(Type.Object(liveFields), { ...closed, minProperties: 1 });

const number = Type.Integer({ minimum: 1, description: 'Number of the change within its job, from 1.' });
const STEP = 'Steps of the whole run that were done when the change took effect. It applies from the next step on.';
const step = Type.Integer({ title: 'Step', minimum: 0, description: STEP, 'x-unit': 'steps', examples: [1_000] });

/** A change of the run that has taken effect. The spec and its changes train the same weights again. */
export const AppliedChange = Type.Object({ number, step, from: liveValues, to: liveValues }, closed);
export type AppliedChange = Readonly<Static<typeof AppliedChange>>;

/** A change that a job is submitted with. `number` and `from` are accepted so that the `changes` of a model can be sent as they are. */
export const PlannedChange = Type.Object(
  {
    number: Type.Optional({ ...number, description: 'Number of the change in the model it is copied from. Ignored.' }),
    step: { ...step, description: 'Steps of the whole run after which the change takes effect.' },
    from: Type.Optional({ ...liveValues, description: 'Values before the change. Ignored.' }),
    to: { ...liveValues, description: 'New values.' },
  },
  closed,
);
export type PlannedChange = Readonly<Static<typeof PlannedChange>>;

/** Fields of a `change` frame. The change may also be one of the priority, or take effect later. */
export const changeFrameFields = {
  number,
  step: Type.Optional({
    ...step,
    description: `${STEP} Absent for a change of the priority, which takes effect at once.`,
  }),
  from: values,
  to: values,
};

/** A change in the job's list of changes. */
export const RecordedChange = Type.Object(
  {
    number,
    requestedAt: Type.String({ format: 'date-time', description: 'Time of the request.' }),
    due: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'Step of a planned change. Absent for changes that were requested later.',
      }),
    ),
    step: Type.Optional({ ...step, description: `${STEP} Absent until then.` }),
    from: Type.Optional({ ...values, description: 'Values before the change. Absent until it takes effect.' }),
    to: {
      ...values,
      description: 'New values: the requested ones, and once the change has taken effect those in force.',
    },
  },
  closed,
);
export type RecordedChange = Readonly<Static<typeof RecordedChange>>;

/** A change as the worker sends it to the trainer. Applied at `step`, or at once if that step has passed or is absent. */
export type LiveChange = Readonly<{ number: number; step?: number; to: Partial<LiveValues> }>;

/** Returns the values of a change that concern the run; undefined if it only sets the priority. */
export function liveValuesIn({ priority: _, ...rest }: RunChange): Partial<LiveValues> | undefined {
  return Object.keys(rest).length === 0 ? undefined : rest;
}
