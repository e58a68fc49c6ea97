/** Frames of a job's stream, and the events of training that they carry. */
import { type Static, type TOptional, type TSchema, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import { ModelReference } from '../references/model-reference.js';
import { AppliedChange, changeFrameFields } from './live-change.js';
import { EpochScores, Failure } from './outcome.js';
import { StartMode } from './starting-point.js';
import { EndReason } from './stop-reason.js';

const accuracy = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
/** Phase of a run that has phases. */
const phase = Type.Optional(
  Type.Integer({ minimum: 1, description: 'Phase, from 1. Absent if the job has no `phases`.' }),
);

/** A training step, sent every `stepInterval` steps. Loss and accuracy are those of the step's batch, in training mode. */
export const StepEvent = Type.Object({
  type: Type.Literal('step'),
  phase,
  epoch: Type.Integer({ minimum: 1 }),
  step: Type.Integer({ minimum: 1, description: 'Step within the epoch, from 1.' }),
  steps: Type.Integer({ minimum: 1, description: 'Steps of one epoch.' }),
  loss: Type.Number({ description: 'Mean cross entropy of the batch.' }),
  accuracy: accuracy('Share of the batch classified correctly.'),
  learningRate: Type.Number(),
  imagesPerSecond: Type.Number({ description: 'Training rate since the previous `step` frame.' }),
});
export type StepEvent = Static<typeof StepEvent>;

/** End of an epoch, with the scores that the tutorial's `train_ch5` prints. */
export const EpochEvent = Type.Object({
  type: Type.Literal('epoch'),
  phase,
  ...EpochScores.properties,
  epochs: Type.Integer({ minimum: 1 }),
  seconds: Type.Number({ description: 'Duration of the epoch, including its evaluation, in seconds.' }),
  imagesPerSecond: Type.Number({ description: 'Training images divided by the training time, without evaluation.' }),
});
export type EpochEvent = Static<typeof EpochEvent>;

/** What the process of a trainer uses. */
export const Usage = Type.Object(
  {
    cpu: Type.Number({
      minimum: 0,
      description: 'Cores in use, on average since the previous sample: 1.5 is one and a half cores.',
    }),
    memoryBytes: Type.Integer({ minimum: 0, description: 'Resident memory.' }),
    gpu: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: 'Share of time in which the GPU computed.' }),
    ),
    gpuMemoryBytes: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Used memory of the GPU, by all processes on it together.' }),
    ),
  },
  {
    additionalProperties: false,
    description:
      'CPU and memory of the trainer, with those of its GPU if it has one. In the first `step` frame of an attempt, and then at most every 2 seconds.',
  },
);
export type Usage = Readonly<Static<typeof Usage>>;

/** Returns the scores of an epoch event, without its progress fields. */
export function scoresOf({
  type: _type,
  phase: _phase,
  epochs: _epochs,
  seconds: _seconds,
  imagesPerSecond: _rate,
  ...scores
}: EpochEvent) {
  return scores satisfies EpochScores;
}

/** A live change that took effect between two steps. */
export const ChangeEvent = Type.Object({ type: Type.Literal('change'), ...AppliedChange.properties });
export type ChangeEvent = Static<typeof ChangeEvent>;

/** Event of the training loop. */
export type TrainingEvent = StepEvent | EpochEvent | ChangeEvent;

/** Takes the place of `step` events that were dropped before they reached the stream. Precedes the first step event that was kept. */
export const GapEvent = Type.Object({
  type: Type.Literal('gap'),
  epoch: Type.Integer({ minimum: 1, description: 'Epoch of the last missing `step` frame.' }),
  step: Type.Integer({ minimum: 1, description: 'Step of the last missing `step` frame.' }),
  steps: StepEvent.properties.steps,
});
export type GapEvent = Static<typeof GapEvent>;

/** Returns the gap that takes the place of `step` events up to this one. */
export const gapUntil = ({ epoch, step, steps }: StepEvent): GapEvent => ({ type: 'gap', epoch, step, steps });

/** Event of a run history, as checkpoints and models store it. */
export const RunHistoryEvent = Type.Union([StepEvent, EpochEvent, ChangeEvent, GapEvent]);
export type RunHistoryEvent = TrainingEvent | GapEvent;

/** An attempt continues from the job's own checkpoint. */
export const ResumeEvent = Type.Object({
  type: Type.Literal('resume'),
  attempt: Type.Integer({ minimum: 1 }),
  epoch: Type.Integer({
    minimum: 1,
    description:
      'Epoch in which this attempt continues. `epochs` + 1 if all epochs are done and only the model must be saved.',
  }),
  step: Type.Integer({ minimum: 0, description: 'Steps done in this epoch.' }),
  faults: Type.Optional(
    Type.Array(Type.String(), { description: 'Newer checkpoints that could not be used, with the reason for each.' }),
  ),
});
export type ResumeEvent = Static<typeof ResumeEvent>;

/** An attempt starts from a checkpoint of another job, or from a model. Random weights have no such event. */
export const StartEvent = Type.Object({
  type: Type.Literal('start'),
  attempt: Type.Integer({ minimum: 1 }),
  mode: StartMode,
  epoch: Type.Integer({ minimum: 1, description: 'First epoch of the attempt.' }),
  step: Type.Integer({ minimum: 0, description: 'Steps done in this epoch.' }),
  taken: Type.Integer({ minimum: 0, description: 'Number of variables initialized from the starting point.' }),
  fresh: Type.Array(Type.String(), { description: 'Names of the weights that were initialized from the seed.' }),
});
export type StartEvent = Static<typeof StartEvent>;

/** Event of a trainer. */
export type TrainerEvent = RunHistoryEvent | ResumeEvent | StartEvent;

/** Change of the status that does not end the job. */
export const StatusEvent = Type.Object({
  type: Type.Literal('status'),
  status: StringEnum(['queued', 'running', 'paused']),
  attempt: Type.Integer({
    minimum: 0,
    description: 'Attempt that starts (`running`), or that ended without a result (`queued`, `paused`).',
  }),
  reason: Type.Optional(Failure),
  microBatchSize: Type.Optional(
    Type.Integer({ minimum: 1, description: 'New micro batch size, after the job ran out of memory.' }),
  ),
});
export type StatusEvent = Static<typeof StatusEvent>;

/** Last event of a job. */
export const EndEvent = Type.Object({
  type: Type.Literal('end'),
  status: StringEnum(['succeeded', 'failed', 'cancelled']),
  model: Type.Optional(ModelReference),
  reason: Type.Optional(EndReason),
  error: Type.Optional(Failure),
});
export type EndEvent = Static<typeof EndEvent>;

/** Change of the priority. It takes effect at once. */
export const QueueChangeEvent = Type.Object({
  type: Type.Literal('change'),
  number: changeFrameFields.number,
  from: changeFrameFields.from,
  to: changeFrameFields.to,
});
export type QueueChangeEvent = Static<typeof QueueChangeEvent>;

/** Event of a job. The worker marks the best epoch and adds the usage of the trainer to some events; run histories have neither. */
export type JobEvent =
  | StatusEvent
  | QueueChangeEvent
  | Exclude<TrainerEvent, StepEvent | EpochEvent>
  | (StepEvent & Readonly<{ usage?: Usage | undefined }>)
  | (EpochEvent & Readonly<{ usage?: Usage | undefined; best?: true | undefined }>)
  | EndEvent;

const envelope = {
  seq: Type.Integer({ minimum: 1, description: 'Number of the frame within its job: 1, 2, 3 … without gaps.' }),
  jobId: Type.String({ format: 'uuid' }),
  at: Type.String({ format: 'date-time' }),
};
const nonFinite = Type.Optional(
  Type.Array(Type.String(), {
    minItems: 1,
    description: 'Fields that are null because JSON cannot represent their value: NaN or infinite.',
  }),
);

/** Numbers of an event that become NaN or infinite if training diverges. */
const MAY_BE_NULL = ['loss', 'trainLoss', 'validationLoss', 'testLoss', 'imagesPerSecond'] as const;
type MayBeNull = (typeof MAY_BE_NULL)[number];

const orNull = (schema: TSchema) => {
  const { description = '' } = schema as { description?: string };
  return Type.Union([Type.Number(), Type.Null()], description === '' ? {} : { description });
};
type NumberOrNull = ReturnType<typeof orNull>;
type CarriedSchemas<T> = {
  [Name in keyof T]: Name extends MayBeNull
    ? T[Name] extends TOptional<TSchema>
      ? TOptional<NumberOrNull>
      : NumberOrNull
    : T[Name];
};

/** Returns the properties of a frame: the envelope, and the event's properties, nullable if they can be NaN. */
function frame<T extends Record<string, TSchema>>(properties: T) {
  const carried = Object.entries(properties).map(([name, schema]) => {
    if (!MAY_BE_NULL.some((each) => each === name)) return [name, schema];
    return [name, Type.IsOptional(schema) ? Type.Optional(orNull(schema)) : orNull(schema)];
  });
  return { ...envelope, ...(Object.fromEntries(carried) as CarriedSchemas<T>), nonFinite };
}

const closed = { additionalProperties: false };
const StatusFrame = Type.Object(frame(StatusEvent.properties), { ...closed, title: 'StatusFrame' });
const ChangeFrame = Type.Object(frame({ ...ChangeEvent.properties, ...changeFrameFields }), {
  ...closed,
  title: 'ChangeFrame',
});
const ResumeFrame = Type.Object(frame(ResumeEvent.properties), { ...closed, title: 'ResumeFrame' });
const StartFrame = Type.Object(frame(StartEvent.properties), { ...closed, title: 'StartFrame' });
const usage = Type.Optional(Usage);
const StepFrame = Type.Object({ ...frame(StepEvent.properties), usage }, { ...closed, title: 'StepFrame' });
const best = Type.Optional(
  Type.Literal(true, {
    description:
      'Present if the epoch is the best so far, by the rule of `bestScores` of the job. The last frame with `best` is that of the best epoch.',
  }),
);
const EpochFrame = Type.Object({ ...frame(EpochEvent.properties), best, usage }, { ...closed, title: 'EpochFrame' });
const milliseconds = Type.Optional(
  Type.Integer({
    minimum: 0,
    description: 'Only for cancelled jobs: milliseconds from the request to this frame, by the clock of Redis.',
  }),
);
const EndFrame = Type.Object({ ...frame(EndEvent.properties), milliseconds }, { ...closed, title: 'EndFrame' });

/**
 * Reports missing `step` frames. Without `seq`: the stream had the frames and dropped them, because there were too many; such a gap
 * is not stored. With `seq`: the frames never reached the stream; such a gap is stored, and `seq`, `from` and `to` are its own number.
 */
export const GapFrame = Type.Object(
  {
    type: Type.Literal('gap'),
    jobId: envelope.jobId,
    from: Type.Integer({ minimum: 1, description: 'First number of the gap.' }),
    to: Type.Integer({
      minimum: 1,
      description: 'Last number of the gap. The next frame has `to` + 1; `after=<to>` continues there.',
    }),
    seq: Type.Optional({
      ...envelope.seq,
      description:
        'Present if the missing `step` frames never reached the stream and so have no numbers. It is the gap’s own number, equal to `from` and `to`.',
    }),
    at: Type.Optional(envelope.at),
    epoch: Type.Optional({
      ...GapEvent.properties.epoch,
      description: 'Only with `seq`: the `step` frames between the previous one and this epoch and `step` are missing.',
    }),
    step: Type.Optional(GapEvent.properties.step),
    steps: Type.Optional(GapEvent.properties.steps),
  },
  { ...closed, title: 'GapFrame', description: 'Missing `step` frames. Frames of other types are never missing.' },
);
/** A gap that is not stored: the reader found missing numbers. */
export type GapFrame = Readonly<{ type: 'gap'; jobId: string; from: number; to: number }>;

/** Event with null in place of numbers that JSON cannot represent. */
type Carried<Event> = Event extends unknown
  ? { [Name in keyof Event]: Name extends MayBeNull ? Event[Name] | null : Event[Name] }
  : never;

type Envelope = { seq: number; jobId: string; at: string; nonFinite?: string[] };

/** A stored frame. A stored gap repeats its number as `from` and `to`, so that readers treat both kinds of gap alike. */
export type Frame = Envelope & (Carried<Exclude<JobEvent, GapEvent>> | (GapEvent & Omit<GapFrame, 'type'>));

/** A frame as a reader receives it: over WebSocket, as a server-sent event, or in a page of JSON. */
export const StreamFrame = Type.Union([
  StatusFrame,
  ChangeFrame,
  ResumeFrame,
  StartFrame,
  StepFrame,
  EpochFrame,
  EndFrame,
  GapFrame,
]);
export type StreamFrame = Frame | GapFrame;

/** Types of frames. */
export const FRAME_TYPES = ['status', 'start', 'resume', 'step', 'epoch', 'change', 'gap', 'end'] as const;
export type FrameType = (typeof FRAME_TYPES)[number];

/** Returns whether a frame is stored and has its own number. */
export const isStored = (frame: StreamFrame): frame is Frame => 'seq' in frame;

/** Returns the `after` that continues behind this frame. */
export const positionOf = (frame: StreamFrame): number => (frame.type === 'gap' ? frame.to : frame.seq);
