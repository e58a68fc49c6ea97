/** Changes of a job that has not ended: what `PATCH /jobs/{id}` takes, and what is kept and told of each. */
import { type Static, Type } from 'typebox';
import { Epochs, LearningRate, MaxSeconds, Patience } from '../training/training-options.js';

const closed = { additionalProperties: false };

/** Most changes of one job: each is a part of its record. */
export const MOST_CHANGES = 1_000;

/** Which of the queued jobs is next. */
export const Priority = Type.Integer({
  minimum: -100,
  maximum: 100,
  description:
    'Queued jobs of a higher priority are trained first, those of one priority in the order they came. Default 0.',
});

/** What of a run can be changed while it runs. */
const tunable = { learningRate: LearningRate, epochs: Epochs, patience: Patience, maxSeconds: MaxSeconds };

/** The values in force at a step. `patience` is null where there is no early stopping. */
export type Tuning = Readonly<{
  learningRate: number;
  epochs: number;
  patience: number | null;
  maxSeconds: number | null;
}>;

/** What `PATCH /jobs/{id}` takes. */
export const JobChange = Type.Partial(Type.Object({ priority: Priority, ...tunable }), {
  ...closed,
  minProperties: 1,
});
export type JobChange = Readonly<Static<typeof JobChange>>;

const values = Type.Partial(Type.Object({ priority: Priority, ...tunable }), closed);
const tuned = Type.Partial(Type.Object(tunable), { ...closed, minProperties: 1 });

const number = Type.Integer({ minimum: 1, description: 'Counts the changes of a job from 1.' });
const EFFECT =
  'Steps of the whole run that were done when it took effect: the next step is the first that it holds for.';
const step = Type.Integer({ minimum: 0, description: EFFECT });

/** A change of the run that has taken effect. With the spec, these give the same weights again. */
export const AppliedChange = Type.Object({ number, step, from: tuned, to: tuned }, closed);
export type AppliedChange = Readonly<Static<typeof AppliedChange>>;

/** A change that a job is submitted with. Number and old values may be there: they are what the changes of a model have. */
export const PlannedChange = Type.Object(
  { number: Type.Optional(number), step, from: Type.Optional(tuned), to: tuned },
  closed,
);
export type PlannedChange = Readonly<Static<typeof PlannedChange>>;

/** What a `change` frame and the job itself tell of a change: also of one that is still to come, or of the queue. */
export const toldOfChange = {
  number,
  step: Type.Optional({ ...step, description: `${EFFECT} Absent of a priority, which holds at once.` }),
  from: values,
  to: values,
};

/** A change as the job lists it. */
export const RecordedChange = Type.Object(
  {
    number,
    requestedAt: Type.String({ format: 'date-time' }),
    due: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Of a change that the job was submitted with: the step it is for.' }),
    ),
    step: Type.Optional({ ...step, description: `${EFFECT} Absent before that.` }),
    from: Type.Optional({ ...values, description: 'The values before; absent until it takes effect.' }),
    to: {
      ...values,
      description: 'The new values: those that were asked for and, once it has taken effect, those that hold.',
    },
  },
  closed,
);
export type RecordedChange = Readonly<Static<typeof RecordedChange>>;

/** What a trainer is told. It takes effect at `step`, or later where that is past; without one at once. */
export type AskedChange = Readonly<{ number: number; step?: number; to: Partial<Tuning> }>;

/** The part of a change that concerns the run; undefined where it has none. */
export function tuningIn({ priority: _, ...tuning }: JobChange): Partial<Tuning> | undefined {
  return Object.keys(tuning).length === 0 ? undefined : tuning;
}
